// Huffman codes as deflate wants them: canonical, of limited length, bits reversed.
#pragma once

#include <cstdint>
#include <span>

namespace simdprep::detail {

// Code lengths, at most `most`, for symbols that occur `counts` times; 0 for those that never do. A lone
// symbol has length 1. At most 320 symbols and 2^32 - 1 occurrences in all. Equal counts are ordered by symbol, so
// that the lengths are a function of the counts alone.
void huffman_lengths(std::span<const std::uint32_t> counts, unsigned most, std::span<std::uint8_t> lengths);

// The codes that go with lengths, as they are written: the first bit lowest.
void huffman_codes(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> codes);

}  // namespace simdprep::detail
