// Keyed permutations of ranges of numbers, one entry at a time: the order of rows of a loader.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace simdprep::detail {

inline constexpr unsigned permutation_rounds = 6;

// One key per round.
using RoundKeys = std::array<std::uint32_t, permutation_rounds>;

// A Feistel network over `bits` bits, 2 to 63, whose halves are at most 32: one to one.
std::int64_t permuted_bits(std::int64_t entry, unsigned bits, const RoundKeys& keys);

// Where permutation which[i], of range(sizes[which[i]]), sends entries[i]. What lands beyond the range
// goes through again. Every size is at most 2^bits, and every entry within its range.
void permute(std::span<const std::int64_t> entries, std::span<const std::int64_t> which, unsigned bits,
             std::span<const std::int64_t> sizes, std::span<const RoundKeys> keys, std::int64_t* image);

}  // namespace simdprep::detail
