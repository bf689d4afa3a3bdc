// Baskets: the runs of entries in which a branch of a ROOT TTree is stored, unpacked to native numbers.
//
// A basket is a key and its data, as a whole compressed or not: the numbers of its entries, big-endian, and where these
// are lists, the byte at which each begins. What is stored in any other way is refused, for somebody else to read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace simdprep::detail {

struct BasketPlace {
    std::uint64_t address;  // of the key, in the file
    std::uint64_t size;     // of key and data, as stored
    std::int64_t first;     // entry
    std::int64_t last;      // one past the last entry
};

// How a branch stores an entry.
struct BasketForm {
    std::size_t number_size;  // 1, 2, 4 or 8 bytes
    std::size_t item_size;    // numbers of one size
    bool is_list;             // any number of items, else one
    std::size_t header_size;  // bytes before the items of a list, as of a std::vector
};

// Entries of a branch.
struct BranchEntries {
    std::unique_ptr<std::int64_t[]> offsets;  // of lists: one more than there are entries, from 0
    std::unique_ptr<std::byte[]> numbers;     // native
    std::size_t size = 0;                     // bytes of these
};

// Reads the entries [first, last) of a branch, of which the baskets, in order and without gaps, hold these and perhaps
// more. DatasetError where a basket cannot be read, is damaged, or is of another kind.
[[nodiscard]] BranchEntries read_entries(int file, std::span<const BasketPlace> baskets, const BasketForm& form,
                                         std::int64_t first, std::int64_t last);

}  // namespace simdprep::detail
