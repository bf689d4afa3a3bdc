// Bytes as the run encoder meets them: runs and noise of many kinds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace check {

// Pieces of noise and of runs in turn, of up to `longest` bytes each; bytes are below `alphabet`.
[[nodiscard]] std::vector<std::byte> runs_and_noise(std::size_t size, std::size_t longest, unsigned alphabet, unsigned seed);

// Little-endian elements of `bytes` bytes (beyond 8, they repeat) in rows of `slots`: noise in front, then `fill`. Of noise, the lowest `rounded`
// bytes are zero.
[[nodiscard]] std::vector<std::byte> padded_rows(std::size_t rows, std::size_t slots, std::size_t bytes, std::uint64_t fill,
                                                 std::size_t rounded, unsigned seed);

// Elements of `bytes` bytes, each one of so many random values.
[[nodiscard]] std::vector<std::byte> repeated_numbers(std::size_t size, std::size_t bytes, std::size_t values, unsigned seed);

}  // namespace check
