// The elements of an unpacked chunk, and the copying of a member of some of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace simdprep::detail {

// Bytes that may be read behind the elements and written behind what is copied from them: runs are copied in whole
// vectors, because their lengths are as good as random.
inline constexpr std::size_t element_slack = 128;

// `count` elements of `size` bytes: one after the other or, `in_planes`, as HDF5's shuffle leaves them, all first
// bytes, then all second ones. The memory is the caller's, with element_slack bytes behind it.
struct Elements {
    const std::byte* data = nullptr;
    std::size_t count = 0;
    std::size_t size = 0;
    bool in_planes = false;
};

// The bytes of a member within its element.
struct Member {
    std::size_t offset = 0;
    std::size_t size = 0;
};

// Writes the member of the first elements of each list, as many as the offsets say, one after the other. Lists have
// `slots` elements each and begin with element `first`. `out` has element_slack bytes behind it.
void copy_lists(const Elements& elements, Member member, std::size_t first, std::size_t slots,
                std::span<const std::int64_t> offsets, std::byte* out);

// As copy_lists(), byte by byte: what it must be equal to.
void copy_lists_simply(const Elements& elements, Member member, std::size_t first, std::size_t slots,
                       std::span<const std::int64_t> offsets, std::byte* out);

}  // namespace simdprep::detail
