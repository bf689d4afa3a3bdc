#include "simdprep/detail/chunk_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "simdprep/detail/scratch.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

thread_local Scratch stored_scratch;
thread_local Scratch raw_scratch;

std::string reason(int code) { return "\"" + std::generic_category().message(code) + "\""; }

}  // namespace

ChunkReader::ChunkReader(std::filesystem::path path, std::vector<ChunkEntry> chunks, ChunkPipeline pipeline,
                         std::size_t chunk_rows, std::size_t row_bytes, std::vector<std::byte> row_fill)
    : path_(std::move(path)),
      chunks_(std::move(chunks)),
      pipeline_(pipeline),
      chunk_rows_(chunk_rows),
      row_bytes_(row_bytes),
      row_fill_(std::move(row_fill)),
      file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!file_.valid()) {
        throw DatasetError(expected("cannot open", reason(errno), "a readable file"), path_.string());
    }
    std::size_t bytes = 0;
    if (chunk_rows_ == 0 || row_bytes_ == 0 || __builtin_mul_overflow(chunk_rows_, row_bytes_, &bytes)) {
        throw DatasetError(expected("chunk of a dataset",
                                    std::to_string(chunk_rows_) + " rows of " + std::to_string(row_bytes_) + " bytes",
                                    "a size between 1 and 2^64 bytes"),
                           path_.string());
    }
    if (!row_fill_.empty() && row_fill_.size() != row_bytes_) {
        throw InternalError(expected("bytes in the fill row", row_fill_.size(), std::to_string(row_bytes_)));
    }
    struct stat info {};
    if (::fstat(file_.get(), &info) != 0) {
        throw DatasetError(expected("cannot read", reason(errno), "a readable file"), path_.string());
    }
    for (std::size_t index = 0; index < chunks_.size(); ++index) {
        check_entry(index, static_cast<std::uint64_t>(info.st_size));
    }
}

void ChunkReader::check_entry(std::size_t index, std::uint64_t file_size) const {
    const ChunkEntry& entry = chunks_[index];
    if (entry.address == ChunkEntry::never_written) {
        return;
    }
    if (entry.address > file_size || entry.size > file_size - entry.address) {
        throw DatasetError(
            expected("place of a chunk",
                     std::to_string(entry.size) + " bytes at address " + std::to_string(entry.address),
                     "one inside of the file's " + std::to_string(file_size) + " bytes"),
            place(index));
    }
    const std::size_t ratio = pipeline_.has_compressor() ? best_ratio(pipeline_.compressor) : 1;
    if (chunk_bytes() / ratio > entry.size) {  // claims more than can be: not worth unpacking
        throw DatasetError(expected("stored bytes of a chunk", entry.size,
                                    "enough for " + std::to_string(chunk_bytes()) + " bytes unpacked"),
                           place(index));
    }
}

// Calls body(); its errors get the chunk's name.
template <typename Body>
auto ChunkReader::named(std::size_t index, const Body& body) const {
    try {
        return body();
    } catch (const DatasetError& error) {
        throw DatasetError(error.message(), place(index), error.hint());
    }
}

void ChunkReader::read_chunk(std::size_t index, std::span<std::byte> out) const {
    if (index >= chunks_.size() || out.size() != chunk_bytes()) {
        throw InternalError("read of a chunk: got a wrong number or size");
    }
    read_part(index, 0, chunk_rows_, out.data());
}

Elements ChunkReader::unpack(std::size_t index, std::size_t row_elements) const {
    const std::size_t size = row_bytes_ / row_elements;
    if (index >= chunks_.size() || size * row_elements != row_bytes_) {
        throw InternalError("unpacking of a chunk: got a wrong number or elements");
    }
    const ChunkEntry& entry = chunks_[index];
    const auto raw = raw_scratch.get(chunk_bytes() + element_slack).first(chunk_bytes());
    Elements elements{raw.data(), chunk_rows_ * row_elements, size, false};
    if (entry.address == ChunkEntry::never_written) {
        fill_rows(raw.data(), chunk_rows_);
        return elements;
    }
    const auto stored = stored_scratch.get(entry.size + element_slack).first(entry.size);
    read_bytes(index, 0, stored);
    const UnpackedChunk unpacked = named(index, [&] { return unpack_chunk(pipeline_, stored, entry.filter_mask, raw); });
    elements.data = unpacked.bytes.data();
    elements.in_planes = unpacked.in_planes;
    if (unpacked.in_planes && pipeline_.shuffle_size != size) {  // planes of something else
        named(index, [&] { decode_chunk(pipeline_, stored, entry.filter_mask, raw); });
        elements = {raw.data(), elements.count, size, false};
    }
    return elements;
}

void ChunkReader::check_chunks(ThreadPool& pool) const {
    pool.parallel_for(chunks_.size(), [&](std::size_t index) {
        const ChunkEntry& entry = chunks_[index];
        if (entry.address == ChunkEntry::never_written) {
            return;
        }
        const auto stored = stored_scratch.get(entry.size);
        read_bytes(index, 0, stored);
        named(index, [&] { check_chunk(pipeline_, stored, entry.filter_mask); });
    });
}

void ChunkReader::read_rows(ThreadPool& pool, std::uint64_t start, std::uint64_t stop, std::byte* out) const {
    const RowRead read{this, start, stop, out};
    read_rows(pool, std::span(&read, 1));
}

void ChunkReader::read_rows(ThreadPool& pool, std::span<const RowRead> reads) {
    std::vector<std::size_t> ends;  // chunks of all reads up to and with each
    std::size_t chunks = 0;
    for (const RowRead& read : reads) {
        read.reader->check_rows(read.start, read.stop);
        chunks += read.reader->num_touched(read.start, read.stop);
        ends.push_back(chunks);
    }
    pool.parallel_for(chunks, [&](std::size_t task) {
        const auto index = static_cast<std::size_t>(std::ranges::upper_bound(ends, task) - ends.begin());
        reads[index].reader->read_touched(reads[index], task - (index == 0 ? 0 : ends[index - 1]));
    });
}

void ChunkReader::check_rows(std::uint64_t start, std::uint64_t stop) const {
    if (start > stop || (stop > start && (stop - 1) / chunk_rows_ >= chunks_.size())) {
        throw DatasetError(expected("rows", std::to_string(start) + ":" + std::to_string(stop),
                                    "a range within " + std::to_string(chunks_.size()) + " chunks of " +
                                        std::to_string(chunk_rows_) + " rows"),
                           path_.string());
    }
}

std::size_t ChunkReader::num_touched(std::uint64_t start, std::uint64_t stop) const {
    return start == stop ? 0 : (stop - 1) / chunk_rows_ - start / chunk_rows_ + 1;
}

// Reads what one chunk contributes, counted from the first that has some of the rows.
void ChunkReader::read_touched(const RowRead& read, std::size_t touched) const {
    const std::size_t index = read.start / chunk_rows_ + touched;
    const std::uint64_t chunk_start = std::uint64_t{index} * chunk_rows_;
    const std::uint64_t begin = std::max(read.start, chunk_start);
    const std::uint64_t end = std::min(read.stop, chunk_start + chunk_rows_);
    read_part(index, begin - chunk_start, end - chunk_start, read.out + (begin - read.start) * row_bytes_);
}

// Writes the rows [begin, end) of a chunk to `out`.
void ChunkReader::read_part(std::size_t index, std::size_t begin, std::size_t end, std::byte* out) const {
    const ChunkEntry& entry = chunks_[index];
    const std::span<std::byte> wanted(out, (end - begin) * row_bytes_);
    if (entry.address == ChunkEntry::never_written) {
        fill_rows(out, end - begin);
        return;
    }
    if (pipeline_.empty() && entry.filter_mask == 0 && entry.size == chunk_bytes()) {
        read_bytes(index, begin * row_bytes_, wanted);  // nothing to unpack: only what is wanted
        return;
    }
    const auto stored = stored_scratch.get(entry.size);
    read_bytes(index, 0, stored);
    const bool whole = wanted.size() == chunk_bytes();
    const auto raw = whole ? wanted : raw_scratch.get(chunk_bytes());
    named(index, [&] { decode_chunk(pipeline_, stored, entry.filter_mask, raw); });
    if (!whole) {
        std::ranges::copy(raw.subspan(begin * row_bytes_, wanted.size()), out);
    }
}

// Reads stored bytes of a chunk, from `offset` within it.
void ChunkReader::read_bytes(std::size_t index, std::uint64_t offset, std::span<std::byte> out) const {
    auto at = static_cast<off_t>(chunks_[index].address + offset);
    while (!out.empty()) {
        const ssize_t count = ::pread(file_.get(), out.data(), out.size(), at);
        if (count > 0) {
            out = out.subspan(static_cast<std::size_t>(count));
            at += count;
        } else if (count == 0) {
            throw DatasetError("cannot read: got the end of the file, expected the bytes it had when opened",
                               place(index));
        } else if (errno != EINTR) {
            throw DatasetError(expected("cannot read", reason(errno), "a readable file"), place(index));
        }
    }
}

void ChunkReader::fill_rows(std::byte* out, std::size_t count) const {
    if (row_fill_.empty()) {
        std::fill_n(out, count * row_bytes_, std::byte{0});
        return;
    }
    for (std::size_t row = 0; row < count; ++row) {
        std::ranges::copy(row_fill_, out + row * row_bytes_);
    }
}

std::string ChunkReader::place(std::size_t index) const {
    return path_.string() + ": chunk " + std::to_string(index);
}

}  // namespace simdprep::detail
