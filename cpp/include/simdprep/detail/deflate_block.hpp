// Blocks of a deflate stream whose matches all have one distance: their codes, their exact sizes, their bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "simdprep/detail/bit_writer.hpp"
#include "simdprep/detail/run_tokens.hpp"

namespace simdprep::detail {

// Literals, the end of the block, and lengths.
inline constexpr std::size_t num_symbols = 286;
inline constexpr std::size_t end_of_block = 256;
using SymbolCounts = std::array<std::uint32_t, num_symbols>;

// Beyond it the bits of a match would not fit an entry of TokenCodes.
inline constexpr std::size_t most_distance = 1024;

// The symbols of tokens, one end of block included.
[[nodiscard]] SymbolCounts symbol_counts(const TokenCounts& counts);

// The least bits that any code of whole symbols could take, by the entropy of the counts; in units of 2^-log2_fraction.
[[nodiscard]] std::uint64_t entropy_bits(const SymbolCounts& counts);

// Bits that follow the symbols of all matches: the rest of their lengths, and the distance.
[[nodiscard]] std::uint64_t match_extra_bits(const SymbolCounts& counts, std::size_t distance);

// How one block says what its codes are.
class BlockCode {
public:
    // The code made for these counts, described in the block.
    static BlockCode dynamic(const SymbolCounts& counts, std::size_t distance);
    // Deflate's fixed code.
    static BlockCode fixed(std::size_t distance);

    // Bits of a whole block with these counts, from its first on.
    [[nodiscard]] std::uint64_t size_in_bits(const SymbolCounts& counts) const;
    void write(BitWriter& writer, std::span<const Token> tokens, bool last) const;

private:
    void write_header(BitWriter& writer, bool last) const;

    // One instruction of how the code lengths are told: a symbol of 0 to 18, and what follows it.
    struct Told {
        std::uint8_t symbol;
        std::uint8_t extra;
    };
    void tell_lengths(std::span<const std::uint8_t> all);

    bool is_dynamic_ = false;
    std::size_t distance_ = 1;
    std::array<std::uint8_t, num_symbols> lengths_{};  // of literals and lengths
    std::size_t num_lengths_ = num_symbols;            // told, the last is not zero
    std::array<Told, 320> told_{};
    std::size_t num_told_ = 0;
    std::array<std::uint8_t, 19> told_lengths_{};
    std::size_t num_told_lengths_ = 0;
    std::uint64_t header_bits_ = 3;
};

// Bits of bytes stored as they are, when the first bit has this place in its byte.
[[nodiscard]] std::uint64_t stored_bits(std::size_t size, std::uint64_t place);
void write_stored(BitWriter& writer, std::span<const std::byte> bytes, bool last);

}  // namespace simdprep::detail
