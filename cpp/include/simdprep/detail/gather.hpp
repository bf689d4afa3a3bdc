// From decoded columns to batches: fields are packed to interleaved items, and rows gathered from these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

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

// A run of rows. Without offsets a row is an item. Row i has the entries [offsets[i], offsets[i + 1]): items or,
// with inner offsets, lists of items. The memory is the caller's and outlives the block.
struct PackedBlock {
    std::uint64_t rows = 0;
    const std::byte* items = nullptr;
    const std::int64_t* offsets = nullptr;        // rows + 1
    const std::int64_t* inner_offsets = nullptr;  // offsets[rows] + 1
};

class Gather {
public:
    // Rows are numbered through the blocks in their order. A batch has outer x inner slots a row, 1 x 1 for
    // blocks without offsets; surplus entries are left out.
    Gather(std::vector<PackedBlock> blocks, std::size_t item_bytes, std::uint64_t outer, std::uint64_t inner);

    [[nodiscard]] std::uint64_t num_rows() const noexcept { return starts_.back(); }

    // Writes items (rows.size(), outer, inner) and whether there is one, valid (rows.size(), outer, inner). Slots
    // without an item are zero, and so is all of row -1. InternalError for any other number outside of the
    // blocks. Several threads may call at once.
    void take(ThreadPool& pool, std::span<const std::int64_t> rows, std::byte* items, std::uint8_t* valid) const;

private:
    [[nodiscard]] std::pair<const PackedBlock*, std::uint64_t> find(std::int64_t row) const;
    void prefetch_offsets(std::int64_t row) const;
    void prefetch_items(std::int64_t row) const;
    void take_row(std::int64_t row, std::byte* items, std::uint8_t* valid) const;
    void take_list(const PackedBlock& block, std::int64_t first, std::int64_t last, std::byte* items,
                   std::uint8_t* valid) const;

    std::vector<PackedBlock> blocks_;
    std::vector<std::uint64_t> starts_;  // number of each block's first row, and of all rows
    std::size_t item_bytes_;
    std::uint64_t outer_;
    std::uint64_t inner_;
};

}  // namespace simdprep::detail
