// The compressors of stored chunks by name, and what undoes those that are read but never written.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace simdprep::detail {

// HDF5's own deflate, and the registered filters 32004 (lz4) and 32015 (zstd).
enum class Compressor { deflate, lz4, zstd };

[[nodiscard]] std::string_view name_of(Compressor compressor);

// InternalError for a name that is none.
[[nodiscard]] Compressor compressor_from(std::string_view name);

// Those that this build can undo: lz4 and zstd where their libraries were found.
[[nodiscard]] std::vector<Compressor> built_in_compressors();

// The most bytes that one stored byte can unpack to.
[[nodiscard]] std::size_t best_ratio(Compressor compressor);

// Undoes the filter `compressor`. DatasetError unless `in` is sound, fills `out` exactly and has nothing behind,
// or where this build lacks the library.
void decompress(Compressor compressor, std::span<const std::byte> in, std::span<std::byte> out);

}  // namespace simdprep::detail
