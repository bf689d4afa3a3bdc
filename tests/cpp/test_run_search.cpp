// The run of a number is what a search through all bounds finds, whatever the lengths of runs.
#include <algorithm>
#include <vector>

#include "check.hpp"
#include "simdprep/detail/run_search.hpp"
#include "simdprep/error.hpp"

namespace {

using simdprep::InternalError;
using simdprep::detail::find_runs;
using simdprep::detail::RunSearch;

std::vector<std::uint64_t> bounds_of(const std::vector<std::uint64_t>& lengths) {
    std::vector<std::uint64_t> bounds{0};
    for (const std::uint64_t length : lengths) bounds.push_back(bounds.back() + length);
    return bounds;
}

TEST(every_number_is_found) {
    const std::vector<std::vector<std::uint64_t>> cases{{1}, {5000}, {0, 0, 3}, {1, 1, 1, 1, 10'000}, {10'000, 1, 1, 1, 1, 0},
        {1024, 1024, 1024, 1024, 7}, {0, 1, 0, 0, 3000, 1, 1, 1, 0, 2, 4000, 0}};
    for (const std::vector<std::uint64_t>& lengths : cases) {
        const RunSearch search(bounds_of(lengths));
        const std::vector<std::uint64_t>& bounds = search.bounds();
        std::vector<std::int64_t> numbers, runs, expected;
        for (std::uint64_t number = 0; number < bounds.back(); ++number) {
            numbers.push_back(static_cast<std::int64_t>(number));
            expected.push_back(std::upper_bound(bounds.begin(), bounds.end(), number) - bounds.begin() - 1);
        }
        runs.resize(numbers.size(), -1);
        find_runs(search, numbers, runs.data());
        CHECK(runs == expected);
    }
}

TEST(a_number_of_no_run_is_refused) {
    const RunSearch search({0, 2, 5}), empty({0}), nothing({0, 0});
    std::int64_t run = 0;
    for (const std::int64_t number : {-1, 5, 1'000'000})
        CHECK_THROWS(InternalError, "a number of no run", find_runs(search, std::vector{number}, &run));
    CHECK_THROWS(InternalError, "a number of no run", find_runs(empty, std::vector<std::int64_t>{0}, &run));
    CHECK_THROWS(InternalError, "a number of no run", find_runs(nothing, std::vector<std::int64_t>{0}, &run));
}

TEST(bounds_ascend_from_zero) {
    for (const std::vector<std::uint64_t>& bounds : {std::vector<std::uint64_t>{}, {1, 2}, {0, 3, 2}})
        CHECK_THROWS(InternalError, "do not ascend from 0", RunSearch(std::vector(bounds)));
}

}  // namespace
