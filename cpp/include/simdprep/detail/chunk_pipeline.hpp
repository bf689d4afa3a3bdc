// A chunk's way through HDF5's filters: shuffle, deflate (or one that is only read), fletcher32, in this order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "simdprep/detail/chunk_choice.hpp"
#include "simdprep/detail/compressor.hpp"
#include "simdprep/stored_chunk.hpp"

namespace simdprep::detail {

// Which filters a dataset's pipeline has. Bit i of a chunk's filter mask means that the i-th filter *of
// those present* was skipped for this chunk; bit 0 is deflate where there is no shuffle.
struct ChunkPipeline {
    std::size_t shuffle_size = 0;  // bytes per element; 0 or 1: no shuffle filter
    int deflate_level = 0;         // 1 to 9; 0: no deflate filter
    bool fletcher = true;
    Compressor compressor = Compressor::deflate;  // another stands in deflate's place, and is only read

    [[nodiscard]] bool has_shuffle() const noexcept { return shuffle_size > 1; }
    [[nodiscard]] bool has_deflate() const noexcept { return deflate_level > 0; }
    [[nodiscard]] bool has_compressor() const noexcept { return has_deflate() || compressor != Compressor::deflate; }
    [[nodiscard]] bool empty() const noexcept { return !has_shuffle() && !has_compressor() && !fletcher; }
};

// The pipeline of a dataset that was stored with a compressor of this name; none if it is empty.
[[nodiscard]] ChunkPipeline pipeline_to_read(std::size_t shuffle_size, std::string_view compressor, bool fletcher);

// Returns what is stored for a chunk. InternalError for a compressor that is only read.
[[nodiscard]] StoredChunk encode_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> raw);

// The size that each choice would give a chunk, and the one that is taken for it. For tests and measurements.
struct ChoiceSizes {
    std::vector<std::pair<Choice, std::size_t>> sizes;
    Choice taken;
};
[[nodiscard]] ChoiceSizes choice_sizes(const ChunkPipeline& pipeline, std::span<const std::byte> raw);

// Compares the checksum of a stored chunk, if it carries one. DatasetError if it differs, or the mask is wrong.
void check_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t filter_mask);

// Undoes encode_chunk(); `out` has the size of the raw chunk. The checksum is compared before inflating.
// DatasetError, naming neither file nor chunk, on a wrong checksum, stream, size or mask, or where this build
// lacks the compressor's library.
void decode_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t filter_mask,
                  std::span<std::byte> out);

// A chunk whose shuffle was not undone yet: bytes as they were or, `in_planes`, as the filter leaves them.
struct UnpackedChunk {
    std::span<const std::byte> bytes;
    bool in_planes = false;
};

// As decode_chunk(), but leaves the shuffle to the caller. The bytes lie in `out`, or are those of `stored`.
[[nodiscard]] UnpackedChunk unpack_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored,
                                         std::uint32_t filter_mask, std::span<std::byte> out);

}  // namespace simdprep::detail
