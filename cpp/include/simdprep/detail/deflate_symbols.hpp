// The symbols of deflate: how literals, lengths and distances are named (RFC 1951, 3.2.5).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace simdprep::detail {

inline constexpr std::size_t shortest_match = 3;
inline constexpr std::size_t longest_match = 258;
inline constexpr std::size_t window_bytes = 32768;  // the largest distance

// Literals, the end of the block, and lengths.
inline constexpr std::size_t num_symbols = 286;
inline constexpr std::size_t end_of_block = 256;
inline constexpr std::size_t first_length_symbol = 257;
inline constexpr std::size_t num_distances = 30;

// The lengths that share a symbol begin with `base` and are told apart by so many bits.
struct LengthSymbol {
    std::uint16_t base;
    std::uint8_t extra_bits;
};
inline constexpr std::array<LengthSymbol, num_symbols - first_length_symbol> length_symbols = {
    {{3, 0},  {4, 0},  {5, 0},  {6, 0},  {7, 0},  {8, 0},  {9, 0},  {10, 0},  {11, 1},  {13, 1},
     {15, 1}, {17, 1}, {19, 2}, {23, 2}, {27, 2}, {31, 2}, {35, 3}, {43, 3},  {51, 3},  {59, 3},
     {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}}};

// Index into length_symbols of each length, the shortest first.
inline constexpr auto length_index = [] {
    std::array<std::uint8_t, longest_match - shortest_match + 1> indices{};
    for (std::size_t i = 0; i < indices.size(); ++i) {
        std::size_t index = length_symbols.size() - 1;
        while (length_symbols[index].base > i + shortest_match) {
            --index;
        }
        indices[i] = static_cast<std::uint8_t>(index);
    }
    return indices;
}();

constexpr std::size_t index_of_length(std::size_t length) { return length_index[length - shortest_match]; }

struct DistanceSymbol {
    std::uint8_t symbol;
    std::uint8_t extra_bits;
    std::uint16_t extra;
};

constexpr unsigned extra_bits_of_distance(std::size_t symbol) {
    return symbol < 4 ? 0 : static_cast<unsigned>(symbol / 2 - 1);
}

// Of a distance from 1 to window_bytes. Two symbols share each power of two.
constexpr DistanceSymbol symbol_of_distance(std::size_t distance) {
    if (distance <= 4) {
        return {static_cast<std::uint8_t>(distance - 1), 0, 0};
    }
    const auto extra_bits = static_cast<unsigned>(std::bit_width(distance - 1)) - 2;
    const std::size_t half = (distance - 1) >> extra_bits;  // 2 or 3
    return {static_cast<std::uint8_t>(2 * extra_bits + half), static_cast<std::uint8_t>(extra_bits),
            static_cast<std::uint16_t>((distance - 1) - (half << extra_bits))};
}

}  // namespace simdprep::detail
