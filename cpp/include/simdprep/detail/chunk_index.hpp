// The index of chunks that HDF5 keeps for a dataset that grows along one axis, and whose chunks pass filters: an
// extensible array. Read, and written, without HDF5.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simdprep/detail/chunk_reader.hpp"
#include "simdprep/detail/metadata_file.hpp"

namespace simdprep::detail {

// How the blocks of an index follow from its parameters, which stand in the layout message of the dataset.
//
// The first entries lie in the index block. All others lie in data blocks, in groups whose blocks have twice as many
// entries as those of the group before, or are twice as many. The index block knows the places of the data blocks
// of the first groups, and those of super blocks, which know the data blocks of a later group each.
struct IndexShape {
    static constexpr std::size_t parameter_bytes = 5;

    // NotExpected unless HDF5 could have chosen them.
    IndexShape(std::span<const std::byte> parameters, std::uint64_t chunk_bytes);

    [[nodiscard]] std::uint64_t blocks(unsigned group) const noexcept { return std::uint64_t{1} << (group / 2); }
    [[nodiscard]] std::uint64_t entries(unsigned group) const noexcept { return least_entries << ((group + 1) / 2); }
    // Entries that lie in data blocks of the groups before, and the number of these blocks.
    [[nodiscard]] std::uint64_t entries_before(unsigned group) const noexcept;
    [[nodiscard]] std::uint64_t blocks_before(unsigned group) const noexcept;
    // What a data block says of its place: not the truth where the index block knows it, but what HDF5 writes.
    [[nodiscard]] std::uint64_t offset_of_block(unsigned group, std::uint64_t block) const noexcept {
        return entries_before(group) + (block + (group < direct_groups ? blocks_before(group) : 0)) * entries(group);
    }
    // Pages that a data block of a group is divided into; 0 for one that is not.
    [[nodiscard]] std::uint64_t pages(unsigned group) const noexcept { return entries(group) > page_entries ? entries(group) / page_entries : 0; }
    [[nodiscard]] std::uint64_t index_block_bytes() const noexcept;
    [[nodiscard]] std::uint64_t super_block_bytes(unsigned group) const noexcept;
    [[nodiscard]] std::uint64_t page_mask_bytes(unsigned group) const noexcept { return (pages(group) + 7) / 8; }
    [[nodiscard]] std::uint64_t data_block_bytes(unsigned group) const noexcept;

    // The parameters in the order in which the header of the index has them.
    [[nodiscard]] std::array<std::byte, parameter_bytes> as_in_header() const noexcept;

    std::array<std::byte, parameter_bytes> parameters;
    std::uint64_t first_entries;   // in the index block
    std::uint64_t least_entries;   // of a data block
    std::uint64_t page_entries;
    unsigned direct_groups;        // whose data blocks the index block knows
    std::uint64_t direct_blocks;   // of these
    unsigned num_groups;
    std::size_t offset_bytes;      // of the number of an entry
    std::size_t size_bytes;        // of the size of a chunk
    std::size_t entry_bytes;
};

// What each kind of block begins with, and the four bytes of its checksum.
inline constexpr std::uint64_t index_prefix_bytes = 4 + 1 + 1 + 8, index_checksum_bytes = 4;
inline constexpr std::uint64_t index_header_bytes = 4 + 8 * 1 + 6 * 8 + 8 + 4;

// The entries 0 to `count` of the index at an address. NotExpected unless it has these, and no other.
std::vector<ChunkEntry> read_chunk_index(const MetadataFile& file, std::uint64_t address, const IndexShape& shape, std::uint64_t count);

// Adds the bytes of an index that will lie at `address` to `out`; its header, which the dataset points to, is the first.
void add_chunk_index(std::span<const ChunkEntry> entries, const IndexShape& shape, std::uint64_t address, std::vector<std::byte>& out);

}  // namespace simdprep::detail
