// Merge: the parts of one writer become one file, their chunks as they are wherever the borders allow it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/schema.hpp"
#include "simdprep/sink.hpp"

namespace simdprep::detail {

// What is known of a part once its chunks are on the disk.
struct StoredPart {
    std::filesystem::path path;
    std::vector<std::uint64_t> lengths;  // of its datasets
    std::vector<std::uint64_t> num_items;
    std::vector<std::uint64_t> num_truncated;
    std::uint64_t num_rows = 0;
    std::uint64_t num_events = 0;
};

// Writes the file `target` and compares it, chunk by chunk, with its checksums. The bytes do not depend on the number of
// threads. Memory: a few chunks per thread. What it throws leaves `target` for the caller to remove.
void merge_parts(Sink& sink, const Schema& schema, std::shared_ptr<const Description> description,
                 const std::vector<StoredPart>& parts, const FileNotes& notes, const std::filesystem::path& target,
                 ThreadPool& pool);

}  // namespace simdprep::detail
