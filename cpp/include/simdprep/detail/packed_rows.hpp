// Rows that were decoded and packed, block by block, and where each lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "simdprep/detail/run_search.hpp"

namespace simdprep::detail {

// A run of rows. Without offsets a row is an item. Row i has the entries [offsets[i], offsets[i + 1]): items or,
// with inner offsets, lists of items. The memory is the caller's and outlives the block.
struct PackedBlock {
    std::uint64_t rows = 0;
    const std::byte* items = nullptr;
    const std::int64_t* offsets = nullptr;        // rows + 1
    const std::int64_t* inner_offsets = nullptr;  // offsets[rows] + 1
};

// Rows numbered through the blocks in their order.
class PackedRows {
public:
    PackedRows(std::vector<PackedBlock> blocks, std::size_t item_bytes);

    [[nodiscard]] std::uint64_t size() const noexcept { return starts_.bounds().back(); }
    [[nodiscard]] std::size_t item_bytes() const noexcept { return item_bytes_; }

    // The lists of a row are lists of items themselves.
    [[nodiscard]] bool nested() const noexcept { return !blocks_.empty() && blocks_.front().inner_offsets != nullptr; }

    // The block of a row that is not empty, and the row's number in it.
    [[nodiscard]] std::pair<const PackedBlock*, std::uint64_t> find(std::int64_t row) const;

    // The entries [first, second) of a row: items, or lists of a nested object.
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> entries(const PackedBlock& block, std::uint64_t local) const;

    // InternalError if a number is neither that of a row nor -1, which is an empty row.
    void check(std::span<const std::int64_t> rows) const;

    // Fetches from memory what the taking of rows[entry] will wait for, and of those behind it.
    void prefetch(std::span<const std::int64_t> rows, std::uint64_t entry) const;

    // Fetches from memory where a row lies.
    void prefetch_offsets(std::int64_t row) const;

private:
    void prefetch_items(std::int64_t row) const;

    std::vector<PackedBlock> blocks_;
    RunSearch starts_;  // number of each block's first row, and of all rows
    std::size_t item_bytes_;
};

}  // namespace simdprep::detail
