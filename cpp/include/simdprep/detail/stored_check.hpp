// All chunks of a file compared with their checksums, in the order in which they lie in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/chunk_reader.hpp"
#include "simdprep/detail/thread_pool.hpp"

namespace simdprep::detail {

// The chunks of a dataset.
struct StoredRun {
    ChunkPipeline pipeline;
    std::uint64_t chunk_bytes = 0;  // unpacked
    std::span<const ChunkEntry> chunks;
};

// False if any is not as it was written, lies outside of the file, or cannot be read; ChunkReader says which.
bool are_sound(const std::filesystem::path& path, std::span<const StoredRun> runs, ThreadPool& pool);

}  // namespace simdprep::detail
