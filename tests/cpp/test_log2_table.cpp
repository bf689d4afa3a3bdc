#include <cmath>
#include <limits>

#include "check.hpp"
#include "simdprep/detail/log2_table.hpp"

using namespace simdprep::detail;

namespace {

void check_near(std::uint32_t n) {
    const double wanted = std::log2(static_cast<double>(n)) * (1U << log2_fraction);
    CHECK(std::abs(fixed_log2(n) - wanted) <= 2.5);
}

}  // namespace

TEST(powers_of_two_are_exact) {
    for (unsigned power = 0; power < 32; ++power) {
        CHECK_EQUAL(fixed_log2(std::uint32_t{1} << power), power << log2_fraction);
    }
}

TEST(near_the_truth) {
    for (std::uint32_t n = 1; n < 300'000; ++n) {
        check_near(n);
    }
    for (std::uint64_t n = 300'000; n <= std::numeric_limits<std::uint32_t>::max(); n += 999'983) {
        check_near(static_cast<std::uint32_t>(n));
    }
    check_near(std::numeric_limits<std::uint32_t>::max());
}

TEST(never_falls) {
    for (std::uint32_t n = 2; n < 300'000; ++n) {
        CHECK(fixed_log2(n) >= fixed_log2(n - 1));
    }
}
