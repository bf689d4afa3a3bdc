// Half precision against a search for the nearest representable value.
#include <bit>
#include <cmath>
#include <limits>

#include "check.hpp"
#include "simdprep/detail/half.hpp"

namespace {

using simdprep::detail::half_from;

double value_of(std::uint16_t half) {
    const int exponent = (half >> 10) & 31;
    const int mantissa = half & 1023;
    const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == 31) return mantissa != 0 ? std::nan("") : sign * std::numeric_limits<double>::infinity();
    return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

TEST(every_half_comes_back) {
    for (unsigned half = 0; half < 65'536; ++half) {
        const double value = value_of(static_cast<std::uint16_t>(half));
        if (std::isnan(value)) continue;
        CHECK_EQUAL(half_from(value), half);
        CHECK_EQUAL(half_from(static_cast<float>(value)), half);
    }
    CHECK(std::isnan(value_of(half_from(std::nanf("")))));
    CHECK(std::isnan(value_of(half_from(std::nan("")))));
}

TEST(between_two_halves_the_nearer_and_ties_to_even) {
    for (unsigned half = 0; half < 0x7bff; ++half) {
        const double low = value_of(static_cast<std::uint16_t>(half));
        const double high = value_of(static_cast<std::uint16_t>(half + 1));
        const double middle = (low + high) / 2;
        CHECK_EQUAL(half_from(middle), half % 2 == 0 ? half : half + 1);
        CHECK_EQUAL(half_from(std::nextafter(middle, low)), half);
        CHECK_EQUAL(half_from(std::nextafter(middle, high)), half + 1);
        CHECK_EQUAL(half_from(static_cast<float>(middle)), half % 2 == 0 ? half : half + 1);
        CHECK_EQUAL(half_from(std::nextafter(static_cast<float>(middle), 0.0F)), half);
    }
}

TEST(beyond_the_largest_is_infinite) {
    CHECK_EQUAL(half_from(65519.99F), 0x7bff);
    CHECK_EQUAL(half_from(65520.0F), 0x7c00);
    CHECK_EQUAL(half_from(-1e30F), 0xfc00);
    CHECK_EQUAL(half_from(1e300), 0x7c00);
}

}  // namespace
