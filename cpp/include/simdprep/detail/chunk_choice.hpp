// Which way a chunk is stored: decided from a few percent of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace simdprep::detail {

// How the bytes of a chunk are made smaller.
enum class Method : std::uint8_t {
    runs,     // RunDeflater
    search,   // SearchDeflater
    library,  // Deflater
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
    unsigned places = 0;    // of RepeatSearch; 0: no search
    int library_level = 0;  // 0: no library. With it, all choices are made in full, and the smallest is taken
};
[[nodiscard]] Effort effort_of(int level);

// Every choice that an effort allows for elements of `size` bytes (1: nothing to shuffle).
[[nodiscard]] std::vector<Choice> all_choices(std::size_t size, const Effort& effort);

// The choice that a sample of the chunk makes smallest.
[[nodiscard]] Choice choose(std::span<const std::byte> raw, std::size_t size, const Effort& effort);

}  // namespace simdprep::detail
