#include "simdprep/detail/merge.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Chunks under way per thread, which bounds the memory.
constexpr std::uint64_t chunks_ahead = 4;

// Entries of one part within a merged dataset.
struct Segment {
    std::size_t part;
    std::uint64_t source;  // first entry in the part
    std::uint64_t target;  // and in the merged dataset
    std::uint64_t length;
    std::int64_t shift;    // added to offsets, which count from the part's own first entry

    std::uint64_t end() const { return target + length; }
};

// Entries of a stored chunk that become part of a new one.
struct Piece {
    StoredChunk stored;
    std::uint64_t from;   // entry within the stored chunk
    std::uint64_t count;
    std::uint64_t to;     // entry within the new chunk
    std::int64_t shift;
};

struct Task {
    std::uint64_t number = 0;
    bool copied = false;
    std::vector<Piece> pieces;
    StoredChunk result;
};

std::vector<Segment> segments_of(const Schema& schema, const DatasetDescription& dataset, std::size_t index,
                                 const std::vector<StoredPart>& parts) {
    const bool offsets = dataset.members.front().origin == Origin::offsets && dataset.axis == Axis::flat;
    const bool above = schema.objects()[dataset.object].level == Level::event;
    std::vector<Segment> segments;
    std::uint64_t target = 0;
    std::int64_t base = 0;
    for (std::size_t part = 0; part < parts.size(); ++part) {
        const std::uint64_t skipped = offsets && part > 0 ? 1 : 0;  // each part's offsets begin with a 0 of their own
        const std::uint64_t length = parts[part].lengths[index] - skipped;
        segments.push_back({part, skipped, target, length, offsets ? base : 0});
        target += length;
        base += static_cast<std::int64_t>(above ? parts[part].num_rows : parts[part].num_items[dataset.object]);
    }
    return segments;
}

class Merge {
public:
    Merge(const Schema& schema, std::shared_ptr<const Description> description, const std::vector<StoredPart>& parts,
          std::vector<std::unique_ptr<ChunkSource>> sources, ThreadPool& pool)
        : description_(std::move(description)), parts_(parts), sources_(std::move(sources)), pool_(pool) {
        for (std::size_t index = 0; index < description_->datasets.size(); ++index)
            segments_.push_back(segments_of(schema, description_->datasets[index], index, parts));
    }

    std::vector<std::uint64_t> lengths() const {
        std::vector<std::uint64_t> lengths;
        for (const auto& segments : segments_) lengths.push_back(segments.back().end());
        return lengths;
    }

    void write(ChunkTarget& target) {
        for (std::size_t index = 0; index < description_->datasets.size(); ++index) write_dataset(target, index);
    }

private:
    void write_dataset(ChunkTarget& target, std::size_t index) {
        const DatasetDescription& dataset = description_->datasets[index];
        const std::uint64_t length = segments_[index].back().end();
        const std::uint64_t chunks = (length + dataset.chunk_rows - 1) / dataset.chunk_rows;
        const std::uint64_t window = chunks_ahead * pool_.size();
        for (std::uint64_t begin = 0; begin < chunks; begin += window) {
            std::vector<Task> tasks;
            for (std::uint64_t number = begin; number < std::min(begin + window, chunks); ++number)
                tasks.push_back(read(index, number));
            pool_.parallel_for(tasks.size(), [&](std::size_t task) { make(dataset, tasks[task]); });
            std::vector<StoredDataset> run(description_->datasets.size());
            run[index] = {std::min((begin + tasks.size()) * dataset.chunk_rows, length), begin, {}};
            for (Task& task : tasks) run[index].chunks.push_back(std::move(task.result));
            target.add(std::move(run));
        }
    }

    // Reads the stored chunks that a new one is made of.
    Task read(std::size_t index, std::uint64_t number) {
        const DatasetDescription& dataset = description_->datasets[index];
        const std::uint64_t rows = dataset.chunk_rows;
        const std::uint64_t start = number * rows;
        const std::uint64_t stop = std::min(start + rows, segments_[index].back().end());
        Task task;
        task.number = number;
        for (const Segment& segment : segments_[index]) {
            const std::uint64_t low = std::max(start, segment.target);
            const std::uint64_t high = std::min(stop, segment.end());
            if (low >= high) continue;
            std::uint64_t at = segment.source + low - segment.target;
            const std::uint64_t end = segment.source + high - segment.target;
            const bool whole = low == start && high == stop && at % rows == 0;
            const bool same_end = stop - start == rows || end == parts_[segment.part].lengths[index];
            task.copied = whole && same_end && segment.shift == 0;
            for (std::uint64_t to = low - start; at < end;) {
                const std::uint64_t count = std::min(rows - at % rows, end - at);
                task.pieces.push_back({sources_[segment.part]->read(index, at / rows), at % rows, count, to, segment.shift});
                at += count;
                to += count;
            }
        }
        return task;
    }

    static void make(const DatasetDescription& dataset, Task& task) {
        if (task.copied) {
            check_chunk(dataset.pipeline, task.pieces.front().stored.bytes, task.pieces.front().stored.filter_mask);
            task.result = std::move(task.pieces.front().stored);
            return;
        }
        const std::uint64_t row = dataset.row_bytes();
        std::vector<std::byte> raw;
        const std::vector<std::byte> fill = dataset.fill();
        raw.reserve(dataset.chunk_bytes());
        while (raw.size() < dataset.chunk_bytes()) raw.insert(raw.end(), fill.begin(), fill.end());
        std::vector<std::byte> decoded(dataset.chunk_bytes());
        for (const Piece& piece : task.pieces) {
            decode_chunk(dataset.pipeline, piece.stored.bytes, piece.stored.filter_mask, decoded);
            std::byte* out = raw.data() + piece.to * row;
            std::memcpy(out, decoded.data() + piece.from * row, piece.count * row);
            if (piece.shift != 0) shift_offsets(out, piece.count, piece.shift);
        }
        task.result = encode_chunk(dataset.pipeline, raw);
    }

    static void shift_offsets(std::byte* at, std::uint64_t count, std::int64_t shift) {
        for (std::uint64_t entry = 0; entry < count; ++entry, at += sizeof(std::int64_t)) {
            std::int64_t value = 0;
            std::memcpy(&value, at, sizeof(value));
            value += shift;
            std::memcpy(at, &value, sizeof(value));
        }
    }

    std::shared_ptr<const Description> description_;
    const std::vector<StoredPart>& parts_;
    std::vector<std::unique_ptr<ChunkSource>> sources_;
    ThreadPool& pool_;
    std::vector<std::vector<Segment>> segments_;
};

// Reads every chunk of the result as a reader would.
void check_file(Sink& sink, const std::filesystem::path& path, const std::shared_ptr<const Description>& description,
                const std::vector<std::uint64_t>& lengths) {
    const std::unique_ptr<ChunkSource> source = sink.open(path, description);
    for (std::size_t index = 0; index < description->datasets.size(); ++index) {
        const DatasetDescription& dataset = description->datasets[index];
        for (std::uint64_t number = 0; number * dataset.chunk_rows < lengths[index]; ++number) {
            const StoredChunk stored = source->read(index, number);
            check_chunk(dataset.pipeline, stored.bytes, stored.filter_mask);
        }
    }
}

}  // namespace

void merge_parts(Sink& sink, const Schema& schema, std::shared_ptr<const Description> description,
                 const std::vector<StoredPart>& parts, const FileNotes& notes, const std::filesystem::path& target,
                 ThreadPool& pool) {
    std::vector<std::unique_ptr<ChunkSource>> sources;
    for (const StoredPart& part : parts) sources.push_back(sink.open(part.path, description));
    Merge merge(schema, description, parts, std::move(sources), pool);
    const std::unique_ptr<ChunkTarget> file = sink.create(target, description, pool.size() > 1);
    merge.write(*file);
    file->close(notes);
    file->finish();
    check_file(sink, target, description, merge.lengths());
}

}  // namespace simdprep::detail
