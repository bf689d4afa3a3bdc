// What the run encoder says of some bytes: literals, and matches at one distance only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simdprep/detail/deflate_symbols.hpp"

namespace simdprep::detail {

// A literal is its byte; a match is 256 + its length - shortest_match.
using Token = std::uint16_t;

inline constexpr Token first_match = 256;
inline constexpr std::size_t num_tokens = first_match + longest_match - shortest_match + 1;

// The tokens of a range of bytes lie in a buffer with this much room beyond one token for each byte.
inline constexpr std::size_t token_slack = 64;

// Bit i of word i / 64: byte `begin + i` equals the one `distance` before it. Bits from end - begin on are zero; there
// is a word of them in the end.
void equal_bits(std::span<const std::byte> bytes, std::size_t begin, std::size_t end, std::size_t distance,
                std::vector<std::uint64_t>& bits);

// Writes the tokens of bytes [begin, end) to `out`; returns how many. Runs of at least `shortest` (>= 3) bytes that
// equal the one `distance` before them become matches, as long as may be; all other bytes are literals. A match may
// look back before `begin`.
std::size_t run_tokens(std::span<const std::byte> bytes, std::size_t begin, std::size_t end, std::size_t distance,
                       std::size_t shortest, Token* out);

// How often each token occurs.
using TokenCounts = std::array<std::uint32_t, num_tokens>;
void count_tokens(const Token* tokens, std::size_t size, TokenCounts& counts);

}  // namespace simdprep::detail
