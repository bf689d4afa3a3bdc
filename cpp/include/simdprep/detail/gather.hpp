// From packed items to batches: rows are gathered, padded and truncated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "simdprep/detail/packed_rows.hpp"
#include "simdprep/detail/thread_pool.hpp"

namespace simdprep::detail {

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
