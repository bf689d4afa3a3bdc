#include "simdprep/detail/run_search.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Guesses are made for so few numbers each that there are about so many of a run.
constexpr std::size_t guesses_of_run = 4;

}  // namespace

RunSearch::RunSearch(std::vector<std::uint64_t> bounds) : bounds_(std::move(bounds)) {
    if (bounds_.empty() || bounds_.front() != 0 || !std::is_sorted(bounds_.begin(), bounds_.end()) ||
        bounds_.size() > std::numeric_limits<std::uint32_t>::max())
        throw InternalError("bounds of runs that do not ascend from 0");
    const std::uint64_t numbers = bounds_.back();
    if (numbers == 0) return;
    while ((numbers >> shift_) > guesses_of_run * bounds_.size()) ++shift_;
    std::uint32_t run = 0;
    for (std::uint64_t first = 0; first < numbers; first += std::uint64_t{1} << shift_) {
        while (bounds_[run + 1] <= first) ++run;
        guesses_.push_back(run);
    }
    guesses_.push_back(static_cast<std::uint32_t>(bounds_.size() - 2));
}

std::size_t RunSearch::find_behind(std::uint64_t number, std::size_t run, std::size_t last) const {
    const auto begin = bounds_.begin() + static_cast<std::ptrdiff_t>(run) + 1;
    const auto end = bounds_.begin() + static_cast<std::ptrdiff_t>(last) + 1;
    return static_cast<std::size_t>(std::upper_bound(begin, end, number) - bounds_.begin()) - 1;
}

void find_runs(const RunSearch& search, std::span<const std::int64_t> numbers, std::int64_t* runs) {
    const std::uint64_t end = search.bounds().back();
    for (const std::int64_t number : numbers) {
        if (number < 0 || static_cast<std::uint64_t>(number) >= end) throw InternalError("a number of no run");
        *runs++ = static_cast<std::int64_t>(search.find(static_cast<std::uint64_t>(number)));
    }
}

}  // namespace simdprep::detail
