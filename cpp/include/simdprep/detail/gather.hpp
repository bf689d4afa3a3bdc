// Gather: rows of decoded blocks, by number, to the interleaved values and the mask of a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/format.hpp"

namespace simdprep::detail {

// Where the entries of a field lie: the first one, and the bytes from a row, an outer slot and an inner
// slot to the next. Flat contents of ragged blocks have the last alone.
struct SlotView {
    const std::byte* data = nullptr;
    std::ptrdiff_t row = 0;
    std::ptrdiff_t outer = 0;
    std::ptrdiff_t inner = 0;
};

// A run of decoded rows. Dense: each row has outer x inner slots (1 x 1 for a row-level object). Ragged:
// row i has the entries [offsets[i], offsets[i + 1]), which are those of the content or, with
// inner_offsets, lists of it. The memory is the caller's and outlives the block.
struct GatherBlock {
    std::uint64_t rows = 0;
    std::uint64_t outer = 1;
    std::uint64_t inner = 1;
    std::vector<SlotView> fields;
    SlotView valid;                               // one byte an entry; data is null where all entries are valid
    const std::int64_t* offsets = nullptr;        // rows + 1
    const std::int64_t* inner_offsets = nullptr;  // offsets[rows] + 1
};

class Gather {
public:
    // Rows are numbered through the blocks in their order. `dtypes` has one entry per field; the batch has
    // outer x inner slots a row, whatever the blocks have, and values of dtype `out`: float16, float32 or
    // float64 (InternalError else).
    Gather(const std::vector<DType>& dtypes, std::vector<GatherBlock> blocks, std::uint64_t outer,
           std::uint64_t inner, DType out);

    [[nodiscard]] std::uint64_t num_rows() const noexcept { return starts_.back(); }

    // Writes values (rows.size(), outer, inner, fields) and, unless null, valid (rows.size(), outer, inner).
    // Slots without a valid entry are zero, and so is all of row -1. InternalError for any other number
    // outside of the blocks. Several threads may call at once.
    void take(ThreadPool& pool, std::span<const std::int64_t> rows, std::byte* values, std::uint8_t* valid) const;

private:
    using Copy = void (*)(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to,
                          std::size_t to_step);

    struct List;

    static Copy copy_for(DType from, DType to);
    void take_row(std::int64_t row, std::byte* values, std::uint8_t* valid) const;
    void take_list(const GatherBlock& block, const List& list, std::byte* values, std::uint8_t* valid) const;

    std::vector<Copy> copies_;
    std::vector<GatherBlock> blocks_;
    std::vector<std::uint64_t> starts_;  // number of each block's first row, and of all rows
    std::uint64_t outer_;
    std::uint64_t inner_;
    std::size_t item_bytes_;
};

}  // namespace simdprep::detail
