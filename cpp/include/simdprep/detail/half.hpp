// IEEE 754 half precision, rounded to nearest even.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace simdprep::detail {

inline constexpr float max_half = 65504.0F;

inline std::uint16_t half_from(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U)  // NaN: quiet, with the upper payload bits
        return static_cast<std::uint16_t>(sign | 0x7e00U | ((magnitude >> 13) & 0x1ffU));
    if (magnitude >= 0x477ff000U)  // rounds beyond 65504
        return static_cast<std::uint16_t>(sign | 0x7c00U);
    if (magnitude < 0x38800000U) {
        // Subnormal half: adding 0.5 lets the float adder round at bit 2^-24.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000U));
    }
    const std::uint32_t odd = (magnitude >> 13) & 1U;
    return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000U + 0xfffU + odd) >> 13));
}

inline std::uint16_t half_from(double value) {
    float narrow = static_cast<float>(value);
    if (std::isfinite(value) && static_cast<double>(narrow) != value) {
        // Rounding twice to nearest is wrong at ties: round to odd first.
        std::uint32_t bits = std::bit_cast<std::uint32_t>(narrow);
        const bool away = std::fabs(static_cast<double>(narrow)) > std::fabs(value);
        if (away) --bits;
        bits |= 1U;
        narrow = std::bit_cast<float>(bits);
    }
    return half_from(narrow);
}

}  // namespace simdprep::detail
