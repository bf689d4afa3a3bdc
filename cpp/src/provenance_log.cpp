#include "simdprep/detail/provenance_log.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/json_writer.hpp"
#include "simdprep/version.hpp"

namespace simdprep::detail {
namespace {

std::string base64(const std::vector<unsigned char>& bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned word = 0;
        for (std::size_t byte = 0; byte < 3; ++byte) word = (word << 8U) | (at + byte < bytes.size() ? bytes[at + byte] : 0U);
        for (std::size_t letter = 0; letter < 4; ++letter)
            text += at + letter <= bytes.size() ? letters[(word >> (18U - 6U * static_cast<unsigned>(letter))) & 63U] : '=';
    }
    return text;
}

// Entries [begin, end) of an input for a run of its events, and which of them are events.
struct Entries {
    std::uint64_t begin;
    std::uint64_t end;
    std::string kept;  // base64, or empty for all
};

// `skipped` is ascending. An entry that is no event goes with the event after it, the last ones with the last event.
Entries entries_of(const std::vector<std::uint64_t>& skipped, std::uint64_t from, std::uint64_t to, bool is_last) {
    const auto before = [&](std::uint64_t events) {  // skipped entries that lie before this many events have passed
        return static_cast<std::uint64_t>(std::lower_bound(skipped.begin(), skipped.end(), events) - skipped.begin());
    };
    Entries entries{from + before(from), is_last ? to + skipped.size() : to + before(to), {}};
    const std::uint64_t count = entries.end - entries.begin;
    if (count == to - from) return entries;
    std::vector<unsigned char> bits((count + 7) / 8);
    std::size_t next = before(from);
    std::uint64_t entry = 0;
    for (std::uint64_t event = from; event < to; ++event, ++entry) {
        for (; next < skipped.size() && skipped[next] == event; ++next) ++entry;
        bits[entry / 8] = static_cast<unsigned char>(bits[entry / 8] | (1U << (entry % 8)));
    }
    entries.kept = base64(bits);
    return entries;
}

void write_pair(JsonWriter& json, std::string_view name, std::uint64_t first, std::uint64_t last) {
    json.key(name).begin_array().value(first).value(last).end_array();
}

void write_identity(JsonWriter& json, const InputFile& file) {
    json.member("name", file.name);
    json.member("size", file.size);
    json.member("tree", file.tree);
    if (!file.uuid.empty()) json.member("uuid", file.uuid);
}

void add(std::vector<Counter>& counters, const Counter& counter) {
    const auto found = std::find_if(counters.begin(), counters.end(), [&](const Counter& other) { return other.name == counter.name; });
    if (found == counters.end()) {
        counters.push_back(counter);
        return;
    }
    found->events += counter.events;
    found->sum_of_weights += counter.sum_of_weights;
    found->sum_of_weights_squared += counter.sum_of_weights_squared;
}

}  // namespace

void ProvenanceLog::begin_input(const InputFile& file, std::uint64_t next_event, std::uint64_t next_row) {
    const std::lock_guard lock(mutex_);
    inputs_.push_back({file, next_event, next_row, {}});
}

void ProvenanceLog::skip_entry(std::uint64_t next_event) {
    const std::lock_guard lock(mutex_);
    if (!inputs_.empty()) inputs_.back().skipped.push_back(next_event - inputs_.back().first_event);
}

void ProvenanceLog::set(const std::string& key, std::string json) {
    const std::lock_guard lock(mutex_);
    metadata_[key] = std::move(json);
    ++version_;
}

void ProvenanceLog::count(const Counter& counter) {
    const std::lock_guard lock(mutex_);
    add(counters_, counter);
    add(untaken_, counter);
    ++version_;
}

std::vector<Counter> ProvenanceLog::all_counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}

std::vector<Counter> ProvenanceLog::take_counters() {
    const std::lock_guard lock(mutex_);
    return std::exchange(untaken_, {});
}

std::uint64_t ProvenanceLog::version() const {
    const std::lock_guard lock(mutex_);
    return version_;
}

ProvenanceTexts ProvenanceLog::texts(std::uint64_t event_start, std::uint64_t num_events, std::uint64_t row_start,
                                     std::uint64_t num_rows, const std::vector<Counter>& counters) const {
    const std::lock_guard lock(mutex_);
    const std::uint64_t event_end = event_start + num_events;
    const std::uint64_t row_end = row_start + num_rows;
    JsonWriter inputs;
    JsonWriter ranges;
    JsonWriter brief;
    inputs.begin_array();
    ranges.begin_array();
    brief.begin_array();
    std::uint64_t number = 0;
    for (std::size_t index = 0; index < inputs_.size(); ++index) {
        const Input& input = inputs_[index];
        const bool open = index + 1 == inputs_.size();
        const std::uint64_t input_end = open ? event_end : inputs_[index + 1].first_event;
        const std::uint64_t begin = std::max(input.first_event, event_start);
        const std::uint64_t end = std::min(input_end, event_end);
        if (begin >= end) continue;
        const Entries entries = entries_of(input.skipped, begin - input.first_event, end - input.first_event, !open && end == input_end);
        const std::uint64_t first_row = std::max(input.first_row, row_start) - row_start;
        const std::uint64_t last_row = (open ? row_end : std::min(inputs_[index + 1].first_row, row_end)) - row_start;
        inputs.begin_object();
        write_identity(inputs, input.file);
        inputs.end_object();
        ranges.begin_object().member("input", number++);
        write_pair(ranges, "entries", entries.begin, entries.end);
        if (entries.kept.empty()) ranges.key("kept").null();
        else ranges.member("kept", entries.kept);
        write_pair(ranges, "events", begin - event_start, end - event_start);
        write_pair(ranges, "rows", first_row, last_row);
        ranges.end_object();
        brief.begin_object();
        write_identity(brief, input.file);
        write_pair(brief, "entries", entries.begin, entries.end);
        write_pair(brief, "rows", first_row, last_row);
        brief.end_object();
    }
    JsonWriter json;
    json.begin_object();
    json.key("inputs").raw(inputs.end_array().str());
    json.key("ranges").raw(ranges.end_array().str());
    json.member("config", "").member("config_sha256", "");
    json.key("versions").begin_object().member("simdprep", simdprep::version).member("deflate", deflate_backend()).end_object();
    json.key("metadata").begin_object();
    for (const auto& [key, value] : metadata_) json.key(key).raw(value);
    json.end_object();
    json.key("counters").begin_object();
    for (const Counter& counter : counters) {
        json.key(counter.name).begin_object();
        json.member("events", counter.events).member("sum_of_weights", counter.sum_of_weights);
        json.member("sum_of_weights_squared", counter.sum_of_weights_squared).end_object();
    }
    json.end_object().end_object();
    return {json.str(), brief.end_array().str()};
}

}  // namespace simdprep::detail
