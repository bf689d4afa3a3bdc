#include "simdprep/detail/event_buffer.hpp"

#include <algorithm>
#include <utility>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

const char* shape_of(std::size_t rank) {
    constexpr std::array<const char*, max_rank + 1> shapes{"one object", "a range of objects", "a range of ranges of objects",
                                                           "ranges of ranges of ranges of objects"};
    return shapes.at(rank);
}

std::string place(const ObjectRecord& record) { return "object " + record.plan->name; }
std::string place(const ObjectRecord& record, std::uint64_t event) {
    return place(record) + ", event " + std::to_string(event);
}

}  // namespace

void ObjectRecord::forget_event() {
    state = State::empty;
    fills = 0;
    new_items = 0;
    std::fill(new_missing.begin(), new_missing.end(), 0);
    for (auto& level : lists) level.clear();
    given.clear();
    begins.clear();
    positions.clear();
    problem.clear();
    problem_hint.clear();
}

void ObjectRecord::truncate_columns(std::uint64_t kept) {
    for (std::size_t field = 0; field < columns.size(); ++field) columns[field].truncate(kept * plan->field_bytes[field]);
}

EventBuffer::EventBuffer(std::shared_ptr<const FillPlan> plan) : plan_(std::move(plan)), records_(plan_->objects.size()) {
    for (std::size_t object = 0; object < records_.size(); ++object) {
        ObjectRecord& record = records_[object];
        record.plan = &plan_->objects[object];
        record.columns.resize(record.plan->field_bytes.size());
        record.missing.resize(record.columns.size());
        record.new_missing.resize(record.columns.size());
    }
}

bool EventBuffer::begin_fill(std::size_t object, std::size_t depth, bool& by_row) {
    ObjectRecord& record = records_[object];
    const ObjectPlan& plan = *record.plan;
    by_row = plan_->rows && plan.rank > 0 && depth + 1 == plan.rank;
    if (!by_row && depth != plan.rank)
        throw SchemaError(expected("rank of a fill", shape_of(depth), std::string(shape_of(plan.rank)) + " for each event"),
                          place(record), "max_length with as many numbers as there are lists within each other");
    if (by_row && (plan.arranged || records_[*plan_->rows].plan->arranged))
        throw SchemaError(expected("fill", "a single row", "all rows of an event, because they are sorted or selected"),
                          place(record));
    const auto wanted = by_row ? ObjectRecord::State::by_row : ObjectRecord::State::whole;
    if (record.state == ObjectRecord::State::empty || (by_row && record.state == wanted)) {
        record.state = wanted;
        record.fills = 1;
        return true;
    }
    ++record.fills;  // told at the end of the event
    return false;
}

void EventBuffer::commit_fill(std::size_t object, std::uint64_t appended, bool by_row) {
    ObjectRecord& record = records_[object];
    record.new_items += appended;
    if (by_row) return;
    if (!record.ever_whole && record.unfilled_events > 0)
        record.problem = expected("fills of " + record.plan->name + " in the events before", "none", "one in each event");
    record.ever_whole = true;
}

void EventBuffer::undo_fill(std::size_t object) {
    ObjectRecord& record = records_[object];
    const bool partial = record.state == ObjectRecord::State::by_row;
    record.truncate_columns(record.items);
    record.forget_event();
    if (partial) record.problem = "a row of " + record.plan->name + " could not be filled: expected all rows of the event";
}

void EventBuffer::end_event(std::uint64_t number) {
    try {
        for (std::size_t object = 0; object < records_.size(); ++object) check(object, number);
    } catch (...) {
        drop_event();
        throw;
    }
    for (std::size_t object = 0; object < records_.size(); ++object) take(object);
    for (ObjectRecord& record : records_) record.forget_event();
    ++num_events_;
}

void EventBuffer::drop_event() {
    for (ObjectRecord& record : records_) {
        record.truncate_columns(record.items);
        record.forget_event();
    }
}

bool EventBuffer::has_open_event() const {
    return std::any_of(records_.begin(), records_.end(),
                       [](const ObjectRecord& record) { return record.state != ObjectRecord::State::empty; });
}

void EventBuffer::check(std::size_t object, std::uint64_t number) const {
    const ObjectRecord& record = records_[object];
    if (record.plan->counts_of || record.plan->is_automatic) return;
    if (!record.problem.empty()) throw AlignmentError(record.problem, place(record, number), record.problem_hint);
    check_filled(record, number);
    check_nested(record, number);
}

void EventBuffer::check_filled(const ObjectRecord& record, std::uint64_t number) const {
    const std::string& name = record.plan->name;
    if (record.fills > 1)
        throw AlignmentError(expected("fills of " + name + " in one event", record.fills, "one"), place(record, number),
                             "end_event() after each event");
    if (record.state != ObjectRecord::State::empty) return;
    // Whoever fills row by row has nothing to fill where an event has no rows.
    const bool no_rows = plan_->rows && records_[*plan_->rows].new_items == 0 && record.plan->rank > 0;
    if (no_rows && !record.ever_whole) return;
    throw AlignmentError(expected("fills of " + name + " in one event", "none", "one"), place(record, number),
                         name + ".fill(...) before end_event(), with an empty range where there is nothing, or skip_event()");
}

void EventBuffer::check_nested(const ObjectRecord& record, std::uint64_t number) const {
    const ObjectPlan& plan = *record.plan;
    for (std::size_t level = 0; level + 1 < plan.rank; ++level) {
        const ObjectRecord& outer = records_[plan.chain[level]];
        if (outer.plan->counts_of) continue;
        const auto& got = record.lists[level];
        const auto& wanted = outer.lists[level];
        const std::size_t lists = std::max<std::size_t>(std::max(got.size(), wanted.size()), 1);
        for (std::size_t list = 0; list < lists; ++list) {
            // A list that is not there has no entries.
            const std::uint64_t mine = list < got.size() ? got[list] : 0;
            const std::uint64_t theirs = list < wanted.size() ? wanted[list] : 0;
            if (mine == theirs) continue;
            const std::uint64_t entry = level == 0 ? number : num_rows() + list;
            throw AlignmentError(expected("outer lengths of a nested object",
                                          std::to_string(mine) + " lists at entry " + std::to_string(entry),
                                          "one per entry of " + outer.plan->name + ", " + std::to_string(theirs)),
                                 place(record));
        }
    }
}

void EventBuffer::take(std::size_t object) {
    ObjectRecord& record = records_[object];
    const ObjectPlan& plan = *record.plan;
    if (plan.is_automatic) {
        record.new_items = 1;
    } else if (plan.counts_of) {
        record.lists = records_[*plan.counts_of].lists;
        for (const std::uint64_t count : record.lists[plan.rank - 1]) record.new_items += count;
    } else if (record.state == ObjectRecord::State::empty) {
        ++record.unfilled_events;
    }
    if (plan.rank > 0) {
        if (record.lists[0].empty()) record.lists[0].push_back(0);
        for (const std::uint64_t count : record.lists[plan.rank - 1])
            record.offsets.push_back(record.offsets.back() + static_cast<std::int64_t>(count));
    }
    record.items += record.new_items;
    for (std::size_t field = 0; field < record.missing.size(); ++field) record.missing[field] += record.new_missing[field];
}

std::uint64_t EventBuffer::num_rows() const { return plan_->rows ? records_[*plan_->rows].items : num_events_; }

std::uint64_t EventBuffer::bytes() const {
    std::uint64_t bytes = 0;
    for (const ObjectRecord& record : records_)
        bytes += record.items * record.plan->item_bytes + record.offsets.size() * sizeof(std::int64_t);
    return bytes;
}

void EventBuffer::append(const EventBuffer& other) {
    for (std::size_t object = 0; object < records_.size(); ++object) {
        ObjectRecord& record = records_[object];
        const ObjectRecord& more = other.records_[object];
        for (std::size_t field = 0; field < record.columns.size(); ++field) {
            record.columns[field].append(more.columns[field].data(), more.items * record.plan->field_bytes[field]);
            record.missing[field] += more.missing[field];
        }
        const std::int64_t base = record.offsets.back();
        for (std::size_t entry = 1; entry < more.offsets.size(); ++entry) record.offsets.push_back(base + more.offsets[entry]);
        record.items += more.items;
    }
    num_events_ += other.num_events_;
}

void EventBuffer::clear() {
    for (ObjectRecord& record : records_) {
        record.truncate_columns(0);
        record.offsets.resize(1);
        record.items = 0;
        std::fill(record.missing.begin(), record.missing.end(), 0);
    }
    num_events_ = 0;
}

Batch EventBuffer::batch() const {
    static constexpr std::byte nothing{};  // where an object has no entries there is still an address
    Batch batch;
    batch.num_events = num_events_;
    batch.num_rows = num_rows();
    for (const ObjectRecord& record : records_) {
        ObjectBatch data;
        data.num_items = record.items;
        if (record.plan->rank > 0 && !record.plan->is_rows) data.offsets = record.offsets.data();
        if (record.plan->rank == 0 && plan_->rows) data.offsets = records_[*plan_->rows].offsets.data();
        for (const ColumnBuffer& column : record.columns)
            data.fields.push_back(column.data() == nullptr ? &nothing : column.data());
        batch.objects.push_back(std::move(data));
    }
    return batch;
}

}  // namespace simdprep::detail
