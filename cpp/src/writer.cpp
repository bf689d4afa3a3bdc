#include "simdprep/writer.hpp"

#include <algorithm>
#include <concepts>
#include <exception>
#include <utility>

#include "simdprep/detail/json_writer.hpp"
#include "simdprep/detail/writer_state.hpp"
#include "simdprep/error.hpp"

namespace simdprep {
namespace detail {

EventBuffer& FillerState::buffer() {
    if (writer_ == nullptr || !writer_->is_open()) throw_closed();
    if (buffer_ == nullptr) {
        writer_->start();
        buffer_ = writer_->empty_buffer();
    }
    return *buffer_;
}

void FillerState::throw_closed() const {
    if (writer_ == nullptr) throw Error("fill on a writer that is gone");
    writer_->throw_closed();
}

std::uint64_t FillerState::index(std::size_t object) const {
    if (buffer_ == nullptr) return events_;
    const ObjectRecord& record = buffer_->record(object);
    return record.plan->is_rows ? rows_ + record.items + record.new_items : events_;
}

std::int64_t FillerState::stored_slot(std::size_t object, std::size_t given, std::size_t list) const {
    if (buffer_ == nullptr || buffer_->record(object).state == ObjectRecord::State::empty)
        throw AlignmentError("index of " + name(object) + " before it was filled: expected its fill first in each event", "object " + name(object));
    const ObjectRecord& record = buffer_->record(object);
    const ObjectPlan& plan = *record.plan;
    if (plan.rank == 0) return given == 0 ? 0 : -1;
    const auto& counts = record.lists[plan.rank - 1];
    if (list >= counts.size()) return -1;
    std::uint64_t slot = given;
    if (plan.arranged) {
        const auto begin = record.positions.begin() + static_cast<std::ptrdiff_t>(record.begins[list]);
        const auto end = begin + static_cast<std::ptrdiff_t>(counts[list]);
        slot = static_cast<std::uint64_t>(std::find(begin, end, given) - begin);
    }
    const bool stored = slot < counts[list] && (plan.slots == 0 || slot < plan.slots);
    return stored ? static_cast<std::int64_t>(slot) : -1;
}

const std::string& FillerState::name(std::size_t object) const { return writer_->name(object); }

}  // namespace detail

Filler::Filler(std::shared_ptr<detail::FillerState> state) : state_(std::move(state)) {}
Filler::Filler(Filler&&) noexcept = default;

Filler::~Filler() {
    if (state_ == nullptr) return;
    detail::WriterState* writer = state_->writer();
    if (writer == nullptr) return;
    try {
        writer->release(*state_);
    } catch (const std::exception& error) {
        writer->warn(writer->path() + ": " + error.what());  // close() tells it too
    }
}

void Filler::end_event() { state_->open_writer().end_event(*state_); }
void Filler::end_event(std::uint64_t number) { state_->open_writer().end_event(*state_, number); }
void Filler::skip_event() { state_->open_writer().skip_event(*state_); }
void Filler::skip_event(std::uint64_t number) { state_->open_writer().skip_event(*state_, number); }

Writer::Writer(std::unique_ptr<Sink> sink, WriterOptions options)
    : state_(std::make_shared<detail::WriterState>(std::move(sink), std::move(options))) {}
Writer::Writer(Writer&&) noexcept = default;

Writer::~Writer() {
    if (state_ == nullptr || !state_->is_open()) return;
    try {
        if (state_->is_unwinding()) state_->abandon();
        else state_->close();
    } catch (const std::exception& error) {
        state_->warn(state_->path() + " is incomplete: " + error.what());
    }
}

std::size_t Writer::add_object(detail::ObjectDeclaration declared) { return state_->add_object(std::move(declared)); }
std::shared_ptr<detail::FillerState> Writer::own_filler() const { return state_->own_filler(); }

void Writer::end_event() { state_->end_event(*state_->own_filler()); }
void Writer::skip_event() { state_->skip_event(*state_->own_filler()); }
Filler Writer::filler() { return Filler(state_->new_filler()); }
void Writer::input(const InputFile& file) { state_->input(file); }

void Writer::metadata(const std::string& key, std::string_view text) {
    state_->log().set(key, detail::JsonWriter().value(text).str());
}
void Writer::metadata(const std::string& key, bool flag) { state_->log().set(key, flag ? "true" : "false"); }
void Writer::metadata(const std::string& key, double number) { state_->log().set(key, detail::JsonWriter().value(number).str()); }
void Writer::metadata_integer(const std::string& key, std::string digits) { state_->log().set(key, std::move(digits)); }
void Writer::metadata_json(const std::string& key, const std::string& json) {
    detail::check_json(json, "metadata " + key);
    state_->log().set(key, json);
}
void Writer::count(double weight, const std::string& name) { count(Counter{name, 1, weight, weight * weight}); }
void Writer::count(const Counter& counter) {
    if (counter.name.empty() || counter.name.find('/') != std::string::npos)
        throw SchemaError(expected("name of a counter", "'" + counter.name + "'", "a name that is not empty, without '/'"));
    state_->log().count(counter);
}

void Writer::flush() { state_->flush(); }
WriteSummary Writer::close() { return state_->close(); }
void Writer::abandon() { state_->abandon(); }
std::uint64_t Writer::num_events() const { return state_->num_events(); }
std::uint64_t Writer::num_rows() const { return state_->num_rows(); }

}  // namespace simdprep
