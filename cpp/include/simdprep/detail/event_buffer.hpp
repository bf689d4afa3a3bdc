// EventBuffer: events as they are filled: flat contents and offsets of every object, ready for the encoder. One
// thread fills it. An event that goes wrong leaves no trace in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simdprep/batch.hpp"
#include "simdprep/detail/column_buffer.hpp"
#include "simdprep/schema.hpp"

namespace simdprep::detail {

// At most: rows of an event, lists of a row, lists of these.
inline constexpr std::size_t max_rank = 3;

// How one object is filled; fixed at the first fill.
struct ObjectPlan {
    std::string name;
    std::size_t rank = 0;                      // lists between an event and an entry; 0: one entry per event
    std::vector<std::size_t> chain;            // objects the lists of levels 1, 2, ... are of; the last is itself
    std::vector<std::size_t> field_bytes;
    std::size_t item_bytes = 0;
    bool is_automatic = false;                 // `events` that nobody declared: one in each event, without fills
    bool is_rows = false;                      // the row object of a dataset whose rows are not events
    std::optional<std::size_t> counts_of;      // has no fields and no fills: its lists are the outer ones of this object
    std::size_t slots = 0;                     // pad; 0 for none
    bool arranged = false;                     // sorts or selects
};

struct FillPlan {
    std::vector<ObjectPlan> objects;  // as in the schema
    std::optional<std::size_t> rows;  // the row object, where rows are not events
};

// What the present event has of one object, and all its contents so far.
struct ObjectRecord {
    enum class State : std::uint8_t { empty, whole, by_row };

    const ObjectPlan* plan = nullptr;
    std::vector<ColumnBuffer> columns;
    std::vector<std::uint64_t> missing;  // per field, of whole events
    std::vector<std::int64_t> offsets{0};
    std::uint64_t items = 0;             // of whole events

    // Of the present event:
    State state = State::empty;
    bool ever_whole = false;             // filled with a whole event at least once, in any event
    std::uint64_t unfilled_events = 0;   // ended without a fill so far, as a loop over single rows may do
    std::uint64_t fills = 0;
    std::uint64_t new_items = 0;
    std::vector<std::uint64_t> new_missing;
    std::array<std::vector<std::uint64_t>, max_rank> lists;  // lengths of its lists of each level, as they are stored
    // Where lists are sorted or selected: per innermost list its length as given, where its positions begin, and
    // these: the numbers, as given, of the entries that are stored.
    std::vector<std::uint64_t> given;
    std::vector<std::uint64_t> begins;
    std::vector<std::uint32_t> positions;
    std::string problem;                 // of alignment, to be told at the end of the event
    std::string problem_hint;

    void forget_event();
    void truncate_columns(std::uint64_t kept);
};

class EventBuffer {
public:
    explicit EventBuffer(std::shared_ptr<const FillPlan> plan);

    const FillPlan& plan() const { return *plan_; }
    ObjectRecord& record(std::size_t object) { return records_[object]; }
    const ObjectRecord& record(std::size_t object) const { return records_[object]; }

    // Before a fill with data of `depth` lists. Returns false where the fill is not to be stored, because the object
    // was filled before in this event. SchemaError if the depth is not that of the object.
    bool begin_fill(std::size_t object, std::size_t depth, bool& by_row);
    // Takes over what a fill appended. `appended` entries are in every column of the object.
    void commit_fill(std::size_t object, std::uint64_t appended, bool by_row);
    // Undoes a fill that threw.
    void undo_fill(std::size_t object);

    // Closes the event. `number` names it in errors: AlignmentError if an object was not filled, or filled twice, or
    // if nested lists are not as many as the entries they hang on; then the event is dropped.
    void end_event(std::uint64_t number);
    void drop_event();
    // True if anything was filled since the last event.
    bool has_open_event() const;

    std::uint64_t num_events() const { return num_events_; }
    std::uint64_t num_rows() const;
    std::uint64_t bytes() const;

    // Adds the events of another buffer of the same plan behind its own.
    void append(const EventBuffer& other);
    // Forgets all events; memory is kept.
    void clear();
    // A view of all whole events, in the order of the schema.
    Batch batch() const;

private:
    void check(std::size_t object, std::uint64_t number) const;
    void check_filled(const ObjectRecord& record, std::uint64_t number) const;
    void check_nested(const ObjectRecord& record, std::uint64_t number) const;
    void take(std::size_t object);

    std::shared_ptr<const FillPlan> plan_;
    std::vector<ObjectRecord> records_;
    std::uint64_t num_events_ = 0;
};

}  // namespace simdprep::detail
