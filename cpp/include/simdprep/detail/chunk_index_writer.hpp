// Chunks get into a file of HDF5 without HDF5: it made the datasets, and this writes their indexes, all at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "simdprep/detail/chunk_reader.hpp"

namespace simdprep::detail {

// A dataset that has no entry, and the chunks that lie in the file already, in order of its rows.
struct IndexedDataset {
    std::string path;
    std::uint64_t length = 0;  // entries of the first axis that it gets
    std::span<const ChunkEntry> chunks;
};

// Writes the lengths of datasets, and their indexes behind all else in a file that HDF5 closed, and `file` is open for writing. Returns
// the errno of a write that failed, or 0; NotExpected if the file is not as ours are.
int write_chunk_indexes(const std::filesystem::path& path, int file, std::span<const IndexedDataset> datasets);

// Tells HDF5, when it opens the file next, that all before `end` is taken. Returns as write_chunk_indexes().
int write_end_of_file(const std::filesystem::path& path, int file, std::uint64_t end);

}  // namespace simdprep::detail
