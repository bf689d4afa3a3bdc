// What HDF5's registered filters lz4 and zstd wrote, undone by the libraries of their names.
#pragma once

#include <cstddef>
#include <span>

namespace simdprep::detail {

// Whether the library was found when this was built.
extern const bool has_lz4;
extern const bool has_zstd;

// A chunk of filter 32004, all numbers big-endian: 8 bytes with the size of all, 4 with that of a block, then per
// block 4 bytes with its stored size and the block, which lz4 left as it was where both sizes are equal.
// Errors of both as of decompress(Compressor, ...).
void decompress_lz4(std::span<const std::byte> in, std::span<std::byte> out);

// A chunk of filter 32015: one frame of zstd.
void decompress_zstd(std::span<const std::byte> in, std::span<std::byte> out);

}  // namespace simdprep::detail
