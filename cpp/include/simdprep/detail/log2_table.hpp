// Logarithms in integers: what is decided by them is the same on every machine, compiler and -O level.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace simdprep::detail {

// Bits are counted in units of 2^-log2_fraction.
inline constexpr unsigned log2_fraction = 16;

namespace log2_table {

inline constexpr unsigned index_bits = 10;

// log2(1 + i / 2^index_bits), digit by digit: each squaring doubles the logarithm.
constexpr std::uint32_t entry(std::uint32_t i) {
    std::uint64_t x = (std::uint64_t{1} << 31) + (std::uint64_t{i} << (31 - index_bits));  // in [1, 2), 31 bits behind the point
    std::uint32_t result = 0;
    for (unsigned digit = 0; digit < log2_fraction; ++digit) {
        x = (x * x) >> 31;
        const bool two_or_more = (x >> 32) != 0;
        result = result << 1 | (two_or_more ? 1U : 0U);
        x >>= two_or_more ? 1 : 0;
    }
    return result;
}

constexpr auto make() {
    std::array<std::uint32_t, (1U << index_bits) + 1> table{};
    for (std::uint32_t i = 0; i < (1U << index_bits); ++i) {
        table[i] = entry(i);
    }
    table.back() = 1U << log2_fraction;
    return table;
}

inline constexpr auto table = make();

}  // namespace log2_table

// log2(n) for n > 0, within 2^-15 of the truth.
[[nodiscard]] constexpr std::uint32_t fixed_log2(std::uint32_t n) {
    const auto whole = static_cast<std::uint32_t>(std::bit_width(n)) - 1;
    const std::uint64_t mantissa = std::uint64_t{n} << (32 - whole);  // 32 bits behind the point, the 1 before it
    const auto index = static_cast<std::size_t>(mantissa >> (32 - log2_table::index_bits)) & ((1U << log2_table::index_bits) - 1);
    const std::uint64_t rest = mantissa & ((std::uint64_t{1} << (32 - log2_table::index_bits)) - 1);
    const std::uint32_t low = log2_table::table[index];
    const std::uint32_t step = log2_table::table[index + 1] - low;
    return (whole << log2_fraction) + low + static_cast<std::uint32_t>((rest * step) >> (32 - log2_table::index_bits));
}

}  // namespace simdprep::detail
