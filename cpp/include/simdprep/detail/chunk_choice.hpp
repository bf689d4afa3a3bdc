// Which way a chunk is stored: decided from a few percent of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace simdprep::detail {

// How the bytes of a chunk are made smaller.
enum class Method : std::uint8_t {
    runs,    // the run encoder
    search,  // the library's search for repeats
};

struct Choice {
    Method method = Method::runs;
    bool shuffle = true;

    bool operator==(const Choice&) const = default;
};

// The fastest level whose files are nowhere more than a tenth larger than those of gzip 9, shuffled or not
// (benchmarks/bench_level.py).
inline constexpr int default_deflate_level = 4;

// What a level of 1 to 9 stands for.
struct Effort {
    int search_level = 0;    // of the deflate library; 0: none
    bool tries_all = false;  // all choices are made in full, and the smallest is taken
};
[[nodiscard]] Effort effort_of(int level);

// Every choice for elements of `size` bytes (1: nothing to shuffle).
[[nodiscard]] std::vector<Choice> all_choices(std::size_t size);

// The choice that a sample of the chunk makes smallest.
[[nodiscard]] Choice choose(std::span<const std::byte> raw, std::size_t size, const Effort& effort);

}  // namespace simdprep::detail
