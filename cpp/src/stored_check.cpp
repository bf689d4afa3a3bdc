#include "simdprep/detail/stored_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <vector>

#include "simdprep/detail/file_descriptor.hpp"
#include "simdprep/detail/scratch.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Chunks that lie so near to each other are read at once, up to so many bytes.
constexpr std::uint64_t largest_gap = 1U << 12U, piece_bytes = 1U << 19U;

thread_local Scratch piece_scratch;

struct Placed {
    ChunkEntry entry;
    const StoredRun* run;
};

bool read_whole(int file, std::uint64_t at, std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t count = ::pread(file, out.data(), out.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        at += static_cast<std::uint64_t>(count);
        out = out.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

bool could_hold(const Placed& chunk, std::uint64_t file_size) {
    const ChunkPipeline& pipeline = chunk.run->pipeline;
    const std::uint64_t ratio = pipeline.has_compressor() ? best_ratio(pipeline.compressor) : 1;
    const ChunkEntry& entry = chunk.entry;
    return entry.address <= file_size && entry.size <= file_size - entry.address && chunk.run->chunk_bytes / ratio <= entry.size;
}

// Numbers of chunks, one behind the last of each piece.
std::vector<std::size_t> pieces_of(const std::vector<Placed>& chunks) {
    std::vector<std::size_t> ends;
    for (std::size_t first = 0; first < chunks.size(); first = ends.back()) {
        std::size_t next = first + 1;
        std::uint64_t end = chunks[first].entry.address + chunks[first].entry.size;
        for (; next < chunks.size(); ++next) {
            const ChunkEntry& entry = chunks[next].entry;
            if (entry.address > end + largest_gap || entry.address + entry.size > chunks[first].entry.address + piece_bytes) break;
            end = std::max(end, entry.address + entry.size);
        }
        ends.push_back(next);
    }
    return ends;
}

bool is_sound(int file, std::span<const Placed> chunks) {
    const std::uint64_t begin = chunks.front().entry.address;
    std::uint64_t end = begin;
    for (const Placed& chunk : chunks) end = std::max(end, chunk.entry.address + chunk.entry.size);
    const auto bytes = piece_scratch.get(end - begin);
    if (!read_whole(file, begin, bytes)) return false;
    try {
        for (const Placed& chunk : chunks)
            check_chunk(chunk.run->pipeline, bytes.subspan(chunk.entry.address - begin, chunk.entry.size), chunk.entry.filter_mask);
    } catch (const DatasetError&) {
        return false;
    }
    return true;
}

}  // namespace

bool are_sound(const std::filesystem::path& path, std::span<const StoredRun> runs, ThreadPool& pool) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (!file.valid() || ::fstat(file.get(), &info) != 0) return false;
    std::vector<Placed> chunks;
    for (const StoredRun& run : runs)
        for (const ChunkEntry& entry : run.chunks) chunks.push_back({entry, &run});
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (!std::ranges::all_of(chunks, [&](const Placed& chunk) { return could_hold(chunk, size); })) return false;
    std::ranges::sort(chunks, {}, [](const Placed& chunk) { return chunk.entry.address; });
    const std::vector<std::size_t> ends = pieces_of(chunks);
    std::atomic<bool> sound = true;
    pool.parallel_for(ends.size(), [&](std::size_t piece) {
        const std::size_t first = piece == 0 ? 0 : ends[piece - 1];
        if (sound && !is_sound(file.get(), std::span(chunks).subspan(first, ends[piece] - first))) sound = false;
    });
    return sound;
}

}  // namespace simdprep::detail
