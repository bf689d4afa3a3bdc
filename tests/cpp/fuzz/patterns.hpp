// Bytes as chunks hold them, and worse.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "random.hpp"

namespace fuzz {

// A way to fill a chunk. `fill` returns the size of the elements it wrote, 1 where it knows none.
struct Pattern {
    std::string_view name;
    std::size_t (*fill)(Random& random, std::span<std::byte> bytes);
};

[[nodiscard]] std::span<const Pattern> patterns();

struct Chunk {
    std::vector<std::byte> bytes;
    std::size_t element_size = 1;  // what shuffle would be told; mostly that of what is in it
    std::size_t pattern = 0;       // index into patterns()
};

// Most chunks are small, one of 300 has megabytes; sizes lie preferably around those at which encoders change
// what they do.
[[nodiscard]] Chunk make_chunk(Random& random, std::size_t max_size);

}  // namespace fuzz
