// Unpadding: the valid entries of slots one after the other, and where those of each list begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "simdprep/detail/thread_pool.hpp"

namespace simdprep::detail {

// Lists of `slots` slots: entries of `size` bytes, `slot` bytes from one slot to the next and `list` bytes from one
// list to the next. The memory is the caller's.
struct SlotsView {
    const std::byte* data = nullptr;
    std::uint64_t slots = 0;
    std::size_t size = 0;
    std::ptrdiff_t list = 0;
    std::ptrdiff_t slot = 0;
};

// Writes where the entries of each list begin, from 0 on, and where the last ones end: lists + 1 offsets. `valid`
// has one byte a slot. DatasetError, for the first such list, if a valid entry stands behind an empty slot.
void unpad_offsets(ThreadPool& pool, const SlotsView& valid, std::uint64_t lists, std::int64_t* offsets);

// Writes the first entries of each list, as many as the offsets say, to `out`: offsets.back() * size bytes. The
// offsets begin with 0 and rise by no more than the slots.
void unpad_entries(ThreadPool& pool, const SlotsView& values, std::span<const std::int64_t> offsets, std::byte* out);

}  // namespace simdprep::detail
