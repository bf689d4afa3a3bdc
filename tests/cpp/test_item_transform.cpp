#include "simdprep/detail/item_transform.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "check.hpp"
#include "every_isa.hpp"

using namespace simdprep::detail;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// Numbers of all sizes and signs, and those that are special.
std::vector<float> numbers() {
    std::vector<float> values{0.0F, -0.0F, 1.0F, -1.0F, infinite, -infinite, nan, 0x1p-149F, 0x1p-126F, 3e38F, 0.99999994F, 1.0000001F};
    for (std::uint32_t bits = 0; bits < 0xff800000U - 65'537; bits += 65'537) values.push_back(std::bit_cast<float>(bits));
    for (int step = -2000; step < 2000; ++step) values.push_back(1.0F + static_cast<float>(step) * 0x1p-13F);
    return values;
}

// With the logarithm of the C library: the oracle.
double by_definition(const ItemTransform& transform, float from) {
    double value = from;
    if (transform.takes_log) value = std::log(value + transform.log_offset);
    value = (value - transform.mean) / transform.std;
    if ((transform.replaces_nan && std::isnan(value)) || (transform.replaces_infinite && std::isinf(value)))
        return transform.replacement;
    return std::isnan(value) ? value : std::min(std::max(value, transform.low), transform.high);
}

void check_transform(const ItemTransform& transform) {
    const std::vector<float> from = numbers();
    std::optional<std::vector<float>> first;
    for_every_isa([&] {
        std::vector<float> values = from;
        transform_items(transform, values.data(), values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double wanted = by_definition(transform, from[i]);
            const double got = values[i];
            if (std::isnan(wanted) || std::isinf(static_cast<float>(wanted))) {
                CHECK_EQUAL(std::isnan(got), std::isnan(wanted));
                CHECK(std::isnan(got) || got == wanted || std::isinf(got));
            } else {
                CHECK(std::fabs(got - wanted) <= 1.2e-7 * std::fabs(wanted) + 1e-44);
            }
        }
        if (!first) first = values;
        for (std::size_t i = 0; i < values.size(); ++i)
            CHECK(std::bit_cast<std::uint32_t>(values[i]) == std::bit_cast<std::uint32_t>((*first)[i]) || std::isnan(values[i]));
    });
}

}  // namespace

TEST(nothing_to_do) { check_transform({}); }
TEST(affine) { check_transform({.mean = 3.25, .std = 0.1}); }
TEST(logarithm) { check_transform({.takes_log = true}); }
TEST(logarithm_with_offset_and_affine) { check_transform({.takes_log = true, .log_offset = 1e-8, .mean = -2, .std = 3}); }
TEST(logarithm_of_less_than_a_normal_number) { check_transform({.takes_log = true, .log_offset = 1e-310}); }
TEST(clipped) { check_transform({.mean = 1, .std = 2, .low = -5, .high = 5}); }
TEST(nan_replaced) { check_transform({.takes_log = true, .low = -3, .high = 3, .replaces_nan = true, .replacement = -9}); }
TEST(infinite_replaced) { check_transform({.high = 1, .replaces_nan = true, .replaces_infinite = true, .replacement = 0.5}); }

TEST(every_count) {
    for_every_isa([] {
        for (std::size_t count = 0; count < 40; ++count) {
            std::vector<float> values(count, 1.5F);  // of exactly that size: a sanitizer sees what is touched outside
            transform_items({.mean = 1, .std = 2}, values.data(), count);
            CHECK(values == std::vector<float>(count, 0.25F));
        }
    });
}
