// Reads the rows of one dataset from the chunks of an HDF5 file, whose places are known already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/elements.hpp"
#include "simdprep/detail/file_descriptor.hpp"
#include "simdprep/detail/thread_pool.hpp"

namespace simdprep::detail {

// Where a chunk lies in its file.
struct ChunkEntry {
    static constexpr std::uint64_t never_written = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t address = never_written;
    std::uint64_t size = 0;  // bytes as stored
    std::uint32_t filter_mask = 0;
};

class ChunkReader;

// Rows [start, stop) of a dataset, and where they go.
struct RowRead {
    const ChunkReader* reader = nullptr;
    std::uint64_t start = 0;
    std::uint64_t stop = 0;
    std::byte* out = nullptr;
};

// Chunks divide the dataset along its first axis only: chunk i holds the rows [i * chunk_rows,
// (i + 1) * chunk_rows), each of row_bytes, and is stored full-size also where the dataset ends earlier.
class ChunkReader {
public:
    // Opens the file once, and compares every entry with its size: DatasetError if one lies outside of it or
    // could not possibly unpack to a whole chunk. `row_fill` is a row of a chunk that was never written;
    // empty means zeros.
    ChunkReader(std::filesystem::path path, std::vector<ChunkEntry> chunks, ChunkPipeline pipeline,
                std::size_t chunk_rows, std::size_t row_bytes, std::vector<std::byte> row_fill = {});

    [[nodiscard]] std::size_t num_chunks() const noexcept { return chunks_.size(); }
    [[nodiscard]] std::size_t chunk_rows() const noexcept { return chunk_rows_; }
    [[nodiscard]] std::size_t row_bytes() const noexcept { return row_bytes_; }
    [[nodiscard]] std::size_t chunk_bytes() const noexcept { return chunk_rows_ * row_bytes_; }

    // Unpacks one chunk; `out` has chunk_bytes(). DatasetError, naming file and chunk, if it is damaged.
    // Several threads may read at once.
    void read_chunk(std::size_t index, std::span<std::byte> out) const;

    // The elements of one chunk, row_bytes / `row_elements` each; the thread's until its next read. Errors as
    // read_chunk().
    [[nodiscard]] Elements unpack(std::size_t index, std::size_t row_elements) const;

    // Compares the checksums of all chunks without unpacking them. Errors as read_chunk().
    void check_chunks(ThreadPool& pool) const;

    // Writes the rows [start, stop) to `out`, one chunk a thread at a time. Errors as read_chunk().
    void read_rows(ThreadPool& pool, std::uint64_t start, std::uint64_t stop, std::byte* out) const;

    // Reads of several datasets at once: threads stay busy also where each read is of a chunk or two.
    static void read_rows(ThreadPool& pool, std::span<const RowRead> reads);

private:
    void check_rows(std::uint64_t start, std::uint64_t stop) const;
    [[nodiscard]] std::size_t num_touched(std::uint64_t start, std::uint64_t stop) const;
    void read_touched(const RowRead& read, std::size_t touched) const;
    void check_entry(std::size_t index, std::uint64_t file_size) const;
    void read_part(std::size_t index, std::size_t begin, std::size_t end, std::byte* out) const;
    void read_bytes(std::size_t index, std::uint64_t offset, std::span<std::byte> out) const;
    void fill_rows(std::byte* out, std::size_t count) const;
    [[nodiscard]] std::string place(std::size_t index) const;
    template <typename Body>
    auto named(std::size_t index, const Body& body) const;

    std::filesystem::path path_;
    std::vector<ChunkEntry> chunks_;
    ChunkPipeline pipeline_;
    std::size_t chunk_rows_;
    std::size_t row_bytes_;
    std::vector<std::byte> row_fill_;
    FileDescriptor file_;
};

}  // namespace simdprep::detail
