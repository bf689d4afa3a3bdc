#include "simdprep/detail/packed_rows.hpp"

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// How far ahead rows are fetched from memory, and how much of each: what follows the processor sees coming.
constexpr std::size_t rows_ahead = 3;
constexpr std::size_t lines_ahead = 8;
constexpr std::size_t line_bytes = 64;

std::vector<std::uint64_t> starts_of(const std::vector<PackedBlock>& blocks) {
    std::vector<std::uint64_t> starts{0};
    for (const PackedBlock& block : blocks) starts.push_back(starts.back() + block.rows);
    return starts;
}

}  // namespace

PackedRows::PackedRows(std::vector<PackedBlock> blocks, std::size_t item_bytes)
    : blocks_(std::move(blocks)), starts_(starts_of(blocks_)), item_bytes_(item_bytes) {}

std::pair<const PackedBlock*, std::uint64_t> PackedRows::find(std::int64_t row) const {
    const auto number = static_cast<std::uint64_t>(row);
    const std::size_t index = starts_.find(number);
    return {&blocks_[index], number - starts_.bounds()[index]};
}

std::pair<std::int64_t, std::int64_t> PackedRows::entries(const PackedBlock& block, std::uint64_t local) const {
    const auto item = static_cast<std::int64_t>(local);
    if (block.offsets == nullptr) return {item, item + 1};
    return {block.offsets[local], block.offsets[local + 1]};
}

void PackedRows::check(std::span<const std::int64_t> rows) const {
    for (const std::int64_t row : rows)
        if (row < -1 || (row >= 0 && static_cast<std::uint64_t>(row) >= size()))
            throw InternalError("a row outside of the decoded blocks");
}

void PackedRows::prefetch(std::span<const std::int64_t> rows, std::uint64_t entry) const {
    if (entry + 2 * rows_ahead < rows.size()) prefetch_offsets(rows[entry + 2 * rows_ahead]);
    if (entry + rows_ahead < rows.size()) prefetch_items(rows[entry + rows_ahead]);
}

// Rows of a shuffled batch lie anywhere: without these two, every one waits for memory.
void PackedRows::prefetch_offsets(std::int64_t row) const {
    if (row < 0) return;
    const auto [block, local] = find(row);
    if (block->offsets != nullptr) __builtin_prefetch(block->offsets + local);
}

void PackedRows::prefetch_items(std::int64_t row) const {
    if (row < 0) return;
    const auto [block, local] = find(row);
    const std::int64_t first = entries(*block, local).first;
    if (block->inner_offsets != nullptr) {
        __builtin_prefetch(block->inner_offsets + first);
        return;  // where its items lie is not known yet
    }
    const std::byte* items = block->items + static_cast<std::size_t>(first) * item_bytes_;
    for (std::size_t line = 0; line < lines_ahead; ++line) __builtin_prefetch(items + line * line_bytes);
}

}  // namespace simdprep::detail
