#include "simdprep/encoder.hpp"

#include <algorithm>
#include <utility>

#include "simdprep/detail/flat_stream.hpp"
#include "simdprep/detail/padding.hpp"
#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/error.hpp"

namespace simdprep {
namespace {

// Raw bytes of chunks encoded side by side, per thread: enough to keep every thread busy on several.
constexpr std::uint64_t step_bytes_per_thread = std::uint64_t{16} << 20;

// A range of rows of a batch with all that hangs on it.
struct RowRange {
    std::uint64_t begin;
    std::uint64_t end;
};

// Entries of a flat dataset's object that belong to a range of rows.
struct ItemRange {
    std::uint64_t parent_begin;
    std::uint64_t parent_end;
    std::uint64_t begin;
    std::uint64_t end;
};

}  // namespace

class Encoder::State {
public:
    State(Schema schema, EncoderOptions options)
        : schema_(std::move(schema)),
          options_(options),
          description_(std::make_shared<Description>(describe(schema_))),
          pool_(options.threads) {
        for (std::size_t index = 0; index < description_->datasets.size(); ++index) {
            const DatasetDescription& dataset = description_->datasets[index];
            group_bytes_ += dataset.axis == Axis::row ? dataset.chunk_bytes() : 0;
            (dataset.axis == Axis::row ? row_datasets_ : flat_datasets_).push_back(index);
            streams_.emplace_back(dataset);
            open_.emplace_back();
        }
        events_before_ = options_.first_event;
        start_part(0, options_.first_event);
    }

    void fill(const Batch& batch, const TakePart& take) {
        batch.check(schema_);
        std::uint64_t at = 0;
        next_event_ = 0;
        while (at < batch.num_rows) {
            const std::uint64_t room = chunk_rows() - open_rows_;
            if (batch.num_rows - at < room) {
                append_open(batch, {at, batch.num_rows});
                break;
            }
            at = encode_groups(batch, at, room, take);
        }
        append_flat(batch, {batch.num_rows, batch.num_rows}, /*trailing_events=*/true);
        events_before_ += batch.num_events;
    }

    void finish(const TakePart& take) {
        if (part_.num_rows > 0 || part_.num_events > 0 || parts_ == 0) take(close_part());
    }

    const Schema& schema() const { return schema_; }
    const Description& description() const { return *description_; }
    std::uint64_t num_rows() const { return part_.row_start + part_.num_rows; }
    std::uint64_t num_events() const { return part_.event_start + part_.num_events; }

private:
    std::uint64_t chunk_rows() const { return description_->chunk_rows; }

    void start_part(std::uint64_t rows, std::uint64_t events) {
        part_ = Part{};
        part_.description = description_;
        part_.row_start = rows;
        part_.event_start = events;
        part_.num_items.assign(schema_.objects().size(), 0);
        part_.num_truncated.assign(schema_.objects().size(), 0);
        part_.datasets.resize(description_->datasets.size());
        stored_bytes_ = 0;
        handed_out_ = 0;
        open_rows_ = 0;
    }

    // Encodes as many whole chunks as are at hand and cheap to hold, beginning with the open one;
    // returns the row after the last that was taken. Chunks encoded past the end of a part are
    // dropped: the next part begins with them anew.
    std::uint64_t encode_groups(const Batch& batch, std::uint64_t at, std::uint64_t room, const TakePart& take) {
        const std::uint64_t available = 1 + (batch.num_rows - at - room) / chunk_rows();
        const std::uint64_t budget = step_bytes_per_thread * pool_.size() / std::max<std::uint64_t>(group_bytes_, 1);
        const std::uint64_t groups = std::clamp<std::uint64_t>(budget, 1, available);
        const auto rows_of = [&](std::uint64_t group) {
            const std::uint64_t begin = group == 0 ? at : at + room + (group - 1) * chunk_rows();
            return RowRange{begin, at + room + group * chunk_rows()};
        };

        std::vector<StoredChunk> encoded(groups * row_datasets_.size());
        pool_.parallel_for(encoded.size(), [&](std::size_t task) {
            const std::uint64_t group = task / row_datasets_.size();
            const std::size_t index = row_datasets_[task % row_datasets_.size()];
            encoded[task] = encode_group(batch, index, rows_of(group), group == 0);
        });
        for (const std::size_t index : row_datasets_) open_[index].clear();
        open_rows_ = 0;

        for (std::uint64_t group = 0; group < groups; ++group) {
            const RowRange rows = rows_of(group);
            for (std::size_t slot = 0; slot < row_datasets_.size(); ++slot) {
                StoredChunk& chunk = encoded[group * row_datasets_.size() + slot];
                stored_bytes_ += chunk.bytes.size();
                part_.datasets[row_datasets_[slot]].chunks.push_back(std::move(chunk));
            }
            append_flat(batch, rows, false);
            count_rows(batch, rows);
            if (!past_limit()) {
                if (options_.run_bytes > 0 && stored_bytes_ - handed_out_ > options_.run_bytes) take(take_run());
                continue;
            }
            std::uint64_t end = rows.end;
            if (const std::uint64_t event_end = end_of_event(batch, rows.end); event_end > rows.end) {
                end = event_end;
                append_open(batch, {rows.end, end});
            }
            take(close_part());
            return end;
        }
        return rows_of(groups - 1).end;
    }

    StoredChunk encode_group(const Batch& batch, std::size_t index, RowRange rows, bool first) {
        thread_local std::vector<std::byte> raw;
        const DatasetDescription& dataset = description_->datasets[index];
        raw.resize(dataset.chunk_bytes());
        std::byte* at = raw.data();
        if (first) at = std::copy(open_[index].begin(), open_[index].end(), at);
        detail::pad_rows(schema_, dataset, batch, rows.begin, rows.end, events_before_, at);
        return detail::encode_chunk(dataset.pipeline, raw);
    }

    // Rows that do not complete a chunk wait, padded, in the open one.
    void append_open(const Batch& batch, RowRange rows) {
        pool_.parallel_for(row_datasets_.size(), [&](std::size_t slot) {
            const std::size_t index = row_datasets_[slot];
            const DatasetDescription& dataset = description_->datasets[index];
            std::vector<std::byte>& open = open_[index];
            const std::size_t before = open.size();
            open.resize(before + (rows.end - rows.begin) * dataset.row_bytes());
            detail::pad_rows(schema_, dataset, batch, rows.begin, rows.end, events_before_, open.data() + before);
        });
        open_rows_ += rows.end - rows.begin;
        append_flat(batch, rows, false);
        count_rows(batch, rows);
    }

    ItemRange items_of(const Batch& batch, std::size_t object, RowRange rows) const {
        ItemRange range{rows.begin, rows.end, rows.begin, rows.end};
        if (const auto parent = schema_.list_parent(object)) {
            const ItemRange outer = items_of(batch, *parent, rows);
            range.parent_begin = outer.begin;
            range.parent_end = outer.end;
        }
        const std::int64_t* offsets = batch.objects[object].offsets;
        range.begin = static_cast<std::uint64_t>(offsets[range.parent_begin]);
        range.end = static_cast<std::uint64_t>(offsets[range.parent_end]);
        return range;
    }

    // Events from the last appended on whose rows all lie before `row`. An event without rows goes
    // with the rows after it, whichever batch they come in.
    RowRange events_until(const Batch& batch, std::uint64_t row, bool trailing) const {
        if (trailing) return {next_event_, batch.num_events};
        if (schema_.rows_are_events()) return {next_event_, row};
        const std::int64_t* offsets = batch.event_offsets(schema_);
        const auto limit = static_cast<std::int64_t>(row);
        std::uint64_t event = next_event_;
        while (event < batch.num_events && offsets[event] < limit && offsets[event + 1] <= limit) ++event;
        return {next_event_, event};
    }

    std::uint64_t end_of_event(const Batch& batch, std::uint64_t row) const {
        const std::int64_t* offsets = batch.event_offsets(schema_);
        if (offsets == nullptr) return row;
        return static_cast<std::uint64_t>(
            *std::lower_bound(offsets, offsets + batch.num_events + 1, static_cast<std::int64_t>(row)));
    }

    void append_flat(const Batch& batch, RowRange rows, bool trailing_events) {
        const RowRange events = events_until(batch, rows.end, trailing_events);
        std::uint64_t before = 0;
        std::uint64_t after = 0;
        for (const std::size_t index : flat_datasets_) before += streams_[index].stored_bytes();
        pool_.parallel_for(flat_datasets_.size(), [&](std::size_t slot) {
            const std::size_t index = flat_datasets_[slot];
            append_stream(batch, description_->datasets[index], rows, events, streams_[index]);
        });
        for (const std::size_t index : flat_datasets_) after += streams_[index].stored_bytes();
        stored_bytes_ += after - before;
        part_.num_events += events.end - events.begin;
        next_event_ = events.end;
    }

    void append_stream(const Batch& batch, const DatasetDescription& dataset, RowRange rows, RowRange events,
                       detail::FlatStream& stream) const {
        const ObjectBatch& data = batch.objects[dataset.object];
        const bool above = schema_.objects()[dataset.object].level == Level::event;
        const ItemRange range = above ? ItemRange{events.begin, events.end, events.begin, events.end}
                                      : items_of(batch, dataset.object, rows);
        const Member& member = dataset.members.front();
        if (member.origin == Origin::offsets)
            stream.append_offsets(data.offsets + range.parent_begin, range.parent_end - range.parent_begin);
        else
            stream.append(data.fields[member.field] + range.begin * dataset.item_bytes, range.end - range.begin);
    }

    void count_rows(const Batch& batch, RowRange rows) {
        part_.num_rows += rows.end - rows.begin;
        for (std::size_t object = 0; object < schema_.objects().size(); ++object) {
            if (!schema_.objects()[object].is_list()) continue;
            const ItemRange items = items_of(batch, object, rows);
            const std::uint64_t lost = detail::count_truncated(schema_, object, batch, rows.begin, rows.end);
            part_.num_truncated[object] += lost;
            part_.num_items[object] += items.end - items.begin - lost;
        }
    }

    bool past_limit() const {
        if (options_.part_rows > 0) return part_.num_rows >= options_.part_rows;
        return stored_bytes_ > options_.part_bytes;
    }

    // The full chunks that are there, where no rows wait in open ones.
    Part take_run() {
        Part run;
        run.description = description_;
        run.row_start = part_.row_start;
        run.num_rows = part_.num_rows;
        run.event_start = part_.event_start;
        run.num_events = part_.num_events;
        run.num_items = part_.num_items;
        run.num_truncated = part_.num_truncated;
        run.is_complete = false;
        run.datasets.resize(part_.datasets.size());
        for (const std::size_t index : flat_datasets_) run.datasets[index] = streams_[index].take_full();
        for (const std::size_t index : row_datasets_) {
            StoredDataset& stored = part_.datasets[index];
            stored.length = part_.num_rows;
            const std::uint64_t next = stored.first_chunk + stored.chunks.size();
            run.datasets[index] = std::exchange(stored, {0, next, {}});
        }
        handed_out_ = stored_bytes_;
        return run;
    }

    Part close_part() {
        pool_.parallel_for(description_->datasets.size(), [&](std::size_t index) {
            const DatasetDescription& dataset = description_->datasets[index];
            StoredDataset& stored = part_.datasets[index];
            if (dataset.axis == Axis::flat) {
                if (dataset.members.front().origin == Origin::offsets) streams_[index].append_offsets(no_offsets, 0);
                stored = streams_[index].take();
                return;
            }
            std::vector<std::byte>& open = open_[index];
            if (open_rows_ > 0) {
                const std::vector<std::byte> fill = dataset.fill();
                open.reserve(dataset.chunk_bytes());
                while (open.size() < dataset.chunk_bytes()) open.insert(open.end(), fill.begin(), fill.end());
                stored.chunks.push_back(detail::encode_chunk(dataset.pipeline, open));
            }
            open.clear();
            stored.length = part_.num_rows;
        });
        for (std::size_t object = 0; object < schema_.objects().size(); ++object) {
            const Level level = schema_.objects()[object].level;
            if (level == Level::row) part_.num_items[object] = part_.num_rows;
            if (level == Level::event) part_.num_items[object] = part_.num_events;
        }
        ++parts_;
        Part closed = std::move(part_);
        start_part(closed.row_start + closed.num_rows, closed.event_start + closed.num_events);
        return closed;
    }

    // Gives offsets of a part without entries their leading 0.
    static constexpr std::int64_t no_offsets[1] = {0};

    Schema schema_;
    EncoderOptions options_;
    std::shared_ptr<const Description> description_;
    detail::ThreadPool pool_;
    std::uint64_t group_bytes_ = 0;  // raw bytes of one chunk of every row-axis dataset
    std::vector<std::size_t> row_datasets_;
    std::vector<std::size_t> flat_datasets_;
    std::vector<std::vector<std::byte>> open_;    // per dataset: padded rows of the open chunk
    std::vector<detail::FlatStream> streams_;     // per dataset; used by flat ones
    Part part_;
    std::uint64_t open_rows_ = 0;
    std::uint64_t stored_bytes_ = 0;  // of the open part
    std::uint64_t handed_out_ = 0;    // of these, with its runs
    std::uint64_t events_before_ = 0;  // events of earlier batches
    std::uint64_t next_event_ = 0;     // first event of this batch not yet appended
    std::uint64_t parts_ = 0;
};

Encoder::Encoder(Schema schema, EncoderOptions options)
    : state_(std::make_unique<State>(std::move(schema), options)) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

const Schema& Encoder::schema() const { return state_->schema(); }
const Description& Encoder::description() const { return state_->description(); }
void Encoder::fill(const Batch& batch, const TakePart& take) { state_->fill(batch, take); }
void Encoder::finish(const TakePart& take) { state_->finish(take); }
std::vector<Part> Encoder::fill(const Batch& batch) {
    std::vector<Part> parts;
    fill(batch, [&](Part part) { parts.push_back(std::move(part)); });
    return parts;
}
std::vector<Part> Encoder::finish() {
    std::vector<Part> parts;
    finish([&](Part part) { parts.push_back(std::move(part)); });
    return parts;
}
std::uint64_t Encoder::num_rows() const { return state_->num_rows(); }
std::uint64_t Encoder::num_events() const { return state_->num_events(); }

}  // namespace simdprep
