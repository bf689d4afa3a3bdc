// From decoded columns to batches: fields are packed to interleaved items, and rows gathered from these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "simdprep/detail/packed_rows.hpp"
#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/format.hpp"

namespace simdprep::detail {

// The values of a field, or a mask of one byte an entry: `list` bytes from one list of slots to the next,
// `slot` bytes between its slots. The memory is the caller's.
struct ColumnView {
    const std::byte* data = nullptr;
    DType dtype = DType::float32;
    std::ptrdiff_t list = 0;
    std::ptrdiff_t slot = 0;
};

// Writes offsets (lists + 1) of the valid entries of lists of `slots` slots. DatasetError if in a list a valid
// entry stands behind an empty slot.
void count_valid(const ColumnView& valid, std::uint64_t lists, std::uint64_t slots, std::int64_t* offsets);

// Writes items (offsets[lists], fields) of dtype `out`: the first slots of each list, as many as the offsets
// say. float16, float32 or float64; InternalError for another one.
void pack_lists(ThreadPool& pool, std::span<const ColumnView> fields, std::span<const std::int64_t> offsets, DType out,
                std::byte* items);

// Writes items (count, fields) of dtype `out` from flat columns, `slot` bytes from one value to the next.
void pack_items(ThreadPool& pool, std::span<const ColumnView> fields, std::uint64_t count, DType out, std::byte* items);

class Gather {
public:
    // A batch has outer x inner slots a row, 1 x 1 for blocks without offsets; surplus entries are left out.
    Gather(PackedRows packed, std::uint64_t outer, std::uint64_t inner);

    [[nodiscard]] const PackedRows& packed() const noexcept { return packed_; }

    // Writes items (rows.size(), outer, inner) and whether there is one, valid (rows.size(), outer, inner). Slots
    // without an item are zero, and so is all of row -1. InternalError for any other number outside of the
    // blocks. Several threads may call at once.
    void take(ThreadPool& pool, std::span<const std::int64_t> rows, std::byte* items, std::uint8_t* valid) const;

private:
    void take_row(std::int64_t row, std::byte* items, std::uint8_t* valid) const;
    void take_list(const PackedBlock& block, std::int64_t first, std::int64_t last, std::byte* items,
                   std::uint8_t* valid) const;

    PackedRows packed_;
    std::uint64_t outer_;
    std::uint64_t inner_;
};

}  // namespace simdprep::detail
