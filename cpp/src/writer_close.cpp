// How a writer ends: flush, close, abandon.
#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "simdprep/detail/writer_state.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {

void WriterState::flush() {
    if (!is_open()) throw_closed();
    start();
    if (own_->buffer_ != nullptr && own_->buffer_->num_events() > 0 && !own_->buffer_->has_open_event()) hand_over(*own_);
    background_->finish([this](Part part) {
        if (part.num_events == 0) return;
        auto written = store(std::move(part));
        if (written) output_.add(std::move(written->file), std::move(written->record));
    });
}

WriteSummary WriterState::close() {
    if (summary_) return *summary_;
    if (!is_open()) throw Error("close of a writer that has stopped: its dataset is incomplete", path());
    try {
        finish();
    } catch (const std::bad_alloc&) {
        open_.store(false, std::memory_order_release);
        growing_.reset();
        output_.release();
        throw ResourceError("memory exhausted: the dataset is incomplete", path(), "fewer threads, or smaller part_bytes");
    } catch (...) {
        open_.store(false, std::memory_order_release);  // it is thrown here, so the destructor has nothing to tell
        growing_.reset();
        output_.release();
        throw;
    }
    output_.release();
    signals_.reset();
    summary_ = summary();
    std::string changes;
    for (const std::string& line : summary_->changes()) changes += (changes.empty() ? "" : "; ") + line;
    if (!changes.empty()) warn(path() + ": " + changes);
    if (!unfinished_.empty())
        throw AlignmentError("an event that was not ended: it was dropped, all others are stored", path() + ", " + unfinished_,
                             "end_event() or skip_event() for every event");
    return *summary_;
}

void WriterState::finish() {
    start();
    hand_over_all();
    open_.store(false, std::memory_order_release);
    finish_output();
}

void WriterState::finish_output() {
    background_->finish([this](Part part) {
        const bool only = output_.is_file() && parts_.empty();
        auto written = store(std::move(part));
        if (!written) return;
        if (only) output_.commit_whole(std::move(written->file));
        else output_.add(std::move(written->file), std::move(written->record));
        whole_ = only;
    });
    if (!output_.is_file()) output_.commit_manifest(schema_->to_json());
    else if (!whole_ && parts_.size() == 1 && log_.version() == stored_version_) output_.commit_merged(parts_.front().path);
    else if (!whole_) merge();
}

void WriterState::merge() {
    std::uint64_t rows = 0;
    std::uint64_t events = 0;
    Part total;
    total.description = description_;
    total.num_truncated.assign(schema_->objects().size(), 0);
    for (const StoredPart& part : parts_) {
        rows += part.num_rows;
        events += part.num_events;
        for (std::size_t object = 0; object < total.num_truncated.size(); ++object) total.num_truncated[object] += part.num_truncated[object];
    }
    const std::vector<Counter> counters = log_.all_counters();
    FileNotes notes;
    notes.attributes = total.attributes();
    const ProvenanceTexts texts = log_.texts(0, events, 0, rows, counters);
    for (Attribute& attribute : root_attributes(*schema_, texts.provenance)) notes.attributes.push_back(std::move(attribute));
    if (schema_->layout() == Layout::compound) notes.counters = counters;
    const std::filesystem::path temporary = output_.temporary();
    try {
        ThreadPool pool(options_.threads);
        merge_parts(*sink_, *schema_, description_, parts_, notes, temporary, pool);
        output_.commit_merged(temporary);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        throw;
    }
}

void WriterState::abandon() {
    if (!is_open()) return;
    std::string kept;
    try {
        if (started_.load(std::memory_order_acquire)) keep_parts();
    } catch (const std::exception& error) {
        kept = std::string("; the last events are lost: ") + error.what();
    }
    open_.store(false, std::memory_order_release);
    signals_.reset();
    growing_.reset();
    std::uint64_t rows = 0;
    for (const ManifestPart& part : output_.parts()) rows += part.num_rows;
    std::error_code ignored;
    if (output_.parts().empty()) std::filesystem::remove(output_.staging(), ignored);  // if there is nothing in it
    output_.release();
    warn(path() + " is incomplete: " + std::to_string(rows) + " rows are whole in " + std::to_string(output_.parts().size()) +
         " parts in " + output_.staging().string() + kept);
}

void WriterState::keep_parts() {
    hand_over_all();
    background_->finish([this](Part part) {
        if (part.num_events == 0) return;
        auto written = store(std::move(part));
        if (written) output_.add(std::move(written->file), std::move(written->record));
    });
}

WriteSummary WriterState::summary() const {
    WriteSummary summary;
    summary.path = path();
    summary.num_parts = parts_.size();
    summary.bytes = output_.bytes();
    summary.told = output_.told();
    summary.events_without_rows = empty_events_;
    for (std::size_t object = 0; object < schema_->objects().size(); ++object) {
        ObjectSummary entry;
        entry.name = schema_->objects()[object].name;
        for (const StoredPart& part : parts_) {
            entry.stored += part.num_items[object];
            entry.truncated += part.num_truncated[object];
        }
        for (std::size_t field = 0; field < missing_[object].size(); ++field)
            if (missing_[object][field] > 0)
                entry.missing.push_back({schema_->objects()[object].fields[field].name, missing_[object][field]});
        summary.objects.push_back(std::move(entry));
    }
    for (const StoredPart& part : parts_) {
        summary.num_rows += part.num_rows;
        summary.num_events += part.num_events;
    }
    return summary;
}

}  // namespace simdprep::detail
