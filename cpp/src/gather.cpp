#include "simdprep/detail/gather.hpp"

#include <algorithm>
#include <cstring>

#include "simdprep/detail/runs.hpp"

namespace simdprep::detail {

Gather::Gather(PackedRows packed, std::uint64_t outer, std::uint64_t inner)
    : packed_(std::move(packed)), outer_(outer), inner_(inner) {}

void Gather::take(ThreadPool& pool, std::span<const std::int64_t> rows, std::byte* items, std::uint8_t* valid) const {
    packed_.check(rows);
    const std::size_t slots = outer_ * inner_;
    const std::size_t row_bytes = slots * packed_.item_bytes();
    for_runs(pool, rows.size(), row_bytes, [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t entry = begin; entry < end; ++entry) {
            packed_.prefetch(rows.first(end), entry);
            take_row(rows[entry], items + entry * row_bytes, valid + entry * slots);
        }
    });
}

void Gather::take_row(std::int64_t row, std::byte* items, std::uint8_t* valid) const {
    const std::size_t list_bytes = inner_ * packed_.item_bytes();
    std::uint64_t written = 0;  // outer slots
    if (row >= 0) {
        const auto [block, local] = packed_.find(row);
        const auto [first, last] = packed_.entries(*block, local);
        if (block->inner_offsets == nullptr) {
            take_list(*block, first, last, items, valid);
            written = 1;
        } else {
            const std::int64_t* bounds = block->inner_offsets + first;
            const auto lists = static_cast<std::uint64_t>(last - first);
            for (; written < std::min(lists, outer_); ++written)
                take_list(*block, bounds[written], bounds[written + 1], items + written * list_bytes,
                          valid + written * inner_);
        }
    }
    std::memset(items + written * list_bytes, 0, (outer_ - written) * list_bytes);
    std::memset(valid + written * inner_, 0, (outer_ - written) * inner_);
}

void Gather::take_list(const PackedBlock& block, std::int64_t first, std::int64_t last, std::byte* items,
                       std::uint8_t* valid) const {
    const std::size_t item_bytes = packed_.item_bytes();
    const std::size_t count = std::min(static_cast<std::uint64_t>(last - first), inner_);
    if (count != 0) std::memcpy(items, block.items + static_cast<std::size_t>(first) * item_bytes, count * item_bytes);
    std::memset(items + count * item_bytes, 0, (inner_ - count) * item_bytes);
    std::memset(valid, 1, count);
    std::memset(valid + count, 0, inner_ - count);
}

}  // namespace simdprep::detail
