// Which of many runs of numbers, one after the other, each number lies in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace simdprep::detail {

// Runs of a loader, such as its blocks, are about equally long, so that a number nearly tells its run. A search
// through all of them is a chain of branches that nothing foresees, for every number.
class RunSearch {
public:
    // The first number of every run, and one past the last number of all; ascending from 0 on. A run may be empty.
    explicit RunSearch(std::vector<std::uint64_t> bounds);

    [[nodiscard]] const std::vector<std::uint64_t>& bounds() const noexcept { return bounds_; }

    // The run of a number below bounds().back().
    [[nodiscard]] std::size_t find(std::uint64_t number) const {
        const std::size_t guess = number >> shift_;
        const std::size_t run = guesses_[guess];
        return number < bounds_[run + 1] ? run : find_behind(number, run, guesses_[guess + 1]);
    }

private:
    [[nodiscard]] std::size_t find_behind(std::uint64_t number, std::size_t run, std::size_t last) const;

    std::vector<std::uint64_t> bounds_;
    unsigned shift_ = 0;                  // numbers that are the same without so many bits share a guess
    std::vector<std::uint32_t> guesses_;  // the run of the first of these numbers; at the end the last run
};

// Writes the run of each number. InternalError if one is not below the last bound.
void find_runs(const RunSearch& search, std::span<const std::int64_t> numbers, std::int64_t* runs);

}  // namespace simdprep::detail
