#include "simdprep/detail/writer_state.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "simdprep/error.hpp"

namespace simdprep::detail {

WriterState::WriterState(std::unique_ptr<Sink> sink, WriterOptions options)
    : options_(std::move(options)), sink_(std::move(sink)), output_(sink_->path(), sink_->overwrite()),
      declarations_(options_.layout), compression_(compression_from(options_.compression)),
      own_(std::make_shared<FillerState>(*this)), order_(order_window), exceptions_(std::uncaught_exceptions()) {
    if (options_.finish_on_signal) signals_.emplace();
}

WriterState::~WriterState() {
    background_.reset();
    own_->writer_ = nullptr;
    for (const auto& filler : fillers_) filler->writer_ = nullptr;
    output_.release();
}

bool WriterState::is_unwinding() const { return std::uncaught_exceptions() > exceptions_; }

void WriterState::warn(const std::string& text) const {
    if (options_.log) options_.log(text);
    else std::fprintf(stderr, "simdprep: %s\n", text.c_str());
}

void WriterState::throw_closed() const { throw Error("fill on a closed writer", path()); }

std::size_t WriterState::add_object(ObjectDeclaration declared) {
    if (!is_open()) throw_closed();
    if (started_.load(std::memory_order_acquire))
        throw SchemaError("a new object after the first fill: expected all objects before it", "object " + declared.name);
    return declarations_.add(std::move(declared));
}

void WriterState::start() {
    if (started_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(start_mutex_);
    if (started_.load(std::memory_order_relaxed)) return;
    schema_.emplace(declarations_.schema(compression_, options_.counts));
    plan_ = std::make_shared<const FillPlan>(declarations_.plan(*schema_));
    const std::uint64_t most = output_.is_file() ? file_part_bytes : simdprep::part_bytes;
    encoder_.emplace(*schema_, EncoderOptions{.threads = options_.threads,
                                              .part_rows = options_.part_rows,
                                              .part_bytes = options_.part_bytes > 0 ? options_.part_bytes : most,
                                              .run_bytes = run_bytes});
    description_ = std::make_shared<const Description>(encoder_->description());
    for (const ObjectSpec& object : schema_->objects()) missing_.emplace_back(object.fields.size());
    const Background::Steps steps{[this](Part part) { return store(std::move(part)); },
                                  [this](WrittenPart part) { output_.add(std::move(part.file), std::move(part.record)); }};
    background_ = std::make_unique<Background>(*encoder_, steps, options_.threads != 1);
    started_.store(true, std::memory_order_release);
}

std::unique_ptr<EventBuffer> WriterState::empty_buffer() {
    std::unique_ptr<EventBuffer> buffer = background_->used_buffer();
    return buffer != nullptr ? std::move(buffer) : std::make_unique<EventBuffer>(plan_);
}

std::shared_ptr<FillerState> WriterState::new_filler() {
    if (!is_open()) throw_closed();
    start();
    auto filler = std::make_shared<FillerState>(*this);
    const std::lock_guard lock(start_mutex_);
    fillers_.push_back(filler);
    order_.add_filler();
    return filler;
}

void WriterState::release(FillerState& filler) {
    {
        const std::lock_guard lock(start_mutex_);
        check_ended(filler);
        std::erase_if(fillers_, [&](const auto& other) { return other.get() == &filler; });
    }
    order_.remove_filler();
    if (is_open()) hand_over(filler);
}

void WriterState::check_ended(const FillerState& filler) {
    if (filler.buffer_ != nullptr && filler.buffer_->has_open_event() && unfinished_.empty())
        unfinished_ = "event " + std::to_string(filler.events_);
}

void WriterState::check_numbering(Numbering wanted) {
    Numbering seen = numbering_.load(std::memory_order_relaxed);
    if (seen == wanted) return;
    if (seen == Numbering::unknown && numbering_.compare_exchange_strong(seen, wanted)) return;
    if (seen == wanted) return;
    throw AlignmentError("events with and without numbers: expected numbers for all events of a dataset, or for none", path());
}

void WriterState::end_event(FillerState& filler) {
    EventBuffer& buffer = filler.buffer();
    check_numbering(Numbering::none);
    buffer.end_event(filler.events_);
    ++filler.events_;
    if (buffer.bytes() >= options_.batch_bytes) hand_over(filler);
    check_stop(filler);
}

void WriterState::skip_event(FillerState& filler) {
    filler.buffer().drop_event();
    if (&filler == own_.get()) log_.skip_entry(num_events());
    check_stop(filler);
}

void WriterState::end_event(FillerState& filler, std::uint64_t number) {
    EventBuffer& buffer = filler.buffer();
    check_numbering(Numbering::all);
    buffer.end_event(number);
    ++filler.events_;
    filler.rows_ += buffer.num_rows();
    order_.put(number, std::move(filler.buffer_), take_in_order());
    filler.buffer_ = order_.used_buffer();
    check_stop(filler);
}

void WriterState::skip_event(FillerState& filler, std::uint64_t number) {
    check_numbering(Numbering::all);
    filler.buffer().drop_event();
    order_.put(number, nullptr, take_in_order());
    check_stop(filler);
}

EventOrder::Take WriterState::take_in_order() {
    return [this](std::unique_ptr<EventBuffer>& event) {
        if (ordered_ == nullptr) ordered_ = empty_buffer();
        ordered_->append(*event);
        if (ordered_->bytes() >= options_.batch_bytes) hand_over(ordered_);
    };
}

void WriterState::check_stop(FillerState& filler) {
    if (!signals_) return;
    const char* signal = StopSignal::pending();
    if (signal == nullptr) return;
    const bool alone = &filler == own_.get();
    if (alone) close();
    else hand_over(filler);
    throw Interrupted(std::string("interrupted by ") + signal + (alone ? ": all events up to now are stored" : ": this thread stops filling"),
                      path(), alone ? "" : "close() once all threads have stopped, which stores all events up to now");
}

void WriterState::hand_over(FillerState& filler) {
    if (filler.buffer_ == nullptr) return;
    filler.buffer_->drop_event();
    filler.rows_ += filler.buffer_->num_rows();
    hand_over(filler.buffer_);
}

void WriterState::hand_over(std::unique_ptr<EventBuffer>& buffer) {
    if (buffer == nullptr || buffer->num_events() == 0) return;
    {
        const std::lock_guard lock(totals_mutex_);
        events_submitted_ += buffer->num_events();
        rows_submitted_ += buffer->num_rows();
        for (std::size_t object = 0; object < missing_.size(); ++object) {
            const ObjectRecord& record = buffer->record(object);
            for (std::size_t field = 0; field < record.missing.size(); ++field) missing_[object][field] += record.missing[field];
            if (record.plan->is_rows)
                for (std::size_t event = 1; event < record.offsets.size(); ++event)
                    if (record.offsets[event] == record.offsets[event - 1]) ++empty_events_;
        }
    }
    background_->submit(std::move(buffer));
    buffer = nullptr;
}

void WriterState::hand_over_all() {
    check_ended(*own_);
    hand_over(*own_);
    for (const auto& filler : fillers_) {
        check_ended(*filler);
        hand_over(*filler);
    }
    const std::optional<std::uint64_t> missing = order_.put_rest(take_in_order());
    if (missing && unfinished_.empty()) unfinished_ = "event " + std::to_string(*missing);
    hand_over(ordered_);
}

void WriterState::input(const InputFile& file) { log_.begin_input(file, num_events(), num_rows()); }

std::uint64_t WriterState::num_events() const {
    const std::lock_guard lock(totals_mutex_);
    return events_submitted_ + (own_->buffer_ != nullptr ? own_->buffer_->num_events() : 0);
}

std::uint64_t WriterState::num_rows() const {
    const std::lock_guard lock(totals_mutex_);
    return rows_submitted_ + (own_->buffer_ != nullptr ? own_->buffer_->num_rows() : 0);
}

std::optional<WrittenPart> WriterState::store(Part part) {
    if (!growing_) {
        std::filesystem::path path = output_.new_part(parts_.size());
        auto target = sink_->create(path, description_, options_.threads != 1);
        growing_.emplace(std::move(path), std::move(target));
    }
    try {
        ManifestPart record;
        FileNotes notes;
        if (part.is_complete) notes = describe_part(part, record);
        growing_->target().add(std::move(part.datasets));
        if (!part.is_complete) return std::nullopt;
        growing_->target().close(notes);
        WrittenPart written{std::move(*growing_), std::move(record)};
        growing_.reset();
        return written;
    } catch (...) {
        growing_.reset();  // so that the space it took counts as free
        throw;
    }
}

FileNotes WriterState::describe_part(const Part& part, ManifestPart& record) {
    const std::uint64_t version = log_.version();
    const std::vector<Counter> counters = log_.take_counters();
    const ProvenanceTexts texts = log_.texts(part.event_start, part.num_events, part.row_start, part.num_rows, counters);
    FileNotes notes;
    notes.attributes = part.attributes();
    for (Attribute& attribute : root_attributes(*schema_, texts.provenance)) notes.attributes.push_back(std::move(attribute));
    if (schema_->layout() == Layout::compound) notes.counters = counters;

    record.num_rows = part.num_rows;
    record.inputs_json = texts.inputs;
    for (std::size_t object = 0; object < schema_->objects().size(); ++object)
        record.rows.emplace_back(schema_->objects()[object].name, part.num_items[object]);
    StoredPart stored;
    for (const StoredDataset& dataset : part.datasets) stored.lengths.push_back(dataset.length);
    stored.num_items = part.num_items;
    stored.num_truncated = part.num_truncated;
    stored.num_rows = part.num_rows;
    stored.num_events = part.num_events;

    const std::lock_guard lock(totals_mutex_);
    stored.path = output_.part_path(parts_.size());
    stored_version_ = version;
    parts_.push_back(std::move(stored));
    return notes;
}

}  // namespace simdprep::detail
