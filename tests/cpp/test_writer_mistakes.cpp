// What an event loop can do wrong: each mistake is told, costs at most its event, and never a row of others.
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.hpp"
#include "memory_sink.hpp"
#include "simdprep/simdprep.hpp"
#include "toy_loop.hpp"

namespace {

using namespace simdprep;
using check::MemoryOutput;
using Jets = std::vector<toy::Jet>;
using Lists = std::vector<std::vector<toy::Track>>;

// A writer of events, jets (two slots) and tracks of jets.
struct Loop {
    MemoryOutput output;
    std::vector<std::string> told;
    Writer out;
    ObjectWriter<toy::Event> event_row;
    ObjectWriter<toy::Jet> jet_rows;
    ObjectWriter<toy::Track> track_rows;

    explicit Loop(bool select = false, bool parent = true)
        : out(output.sink(), WriterOptions{.threads = 1, .log = [this](const std::string& text) { told.push_back(text); }}),
          event_row(out.objects("events", toy::event_columns())), jet_rows(out.objects("jets", toy::jet_columns(), jets(select))),
          track_rows(out.objects("tracks", toy::track_columns(), tracks(parent))) {}

    static ObjectOptions<toy::Jet> jets(bool select) {
        ObjectOptions<toy::Jet> options;
        options.max_length = 2;
        if (select) options.where = [](const toy::Jet& jet) { return jet.pt > 1; };
        return options;
    }
    ObjectOptions<toy::Track> tracks(bool parent) const {
        ObjectOptions<toy::Track> options;
        options.max_length = {2, 2};
        if (parent) options.parent = jet_rows;
        return options;
    }
    void good_event(std::uint64_t number) {
        event_row.fill(toy::Event{number, 0, {}});
        jet_rows.fill(Jets{{2, 0, {}}});
        track_rows.fill(Lists{{{1, 1}}});
        out.end_event();
    }
    // Rows are those of good events only.
    void check_rows(std::vector<std::uint64_t> numbers) {
        out.close();
        CHECK(toy::same(output.file().values<std::uint64_t>("/events/number"), numbers));
        CHECK_EQUAL(output.file().values<float>("/jets/pt").size(), 2 * numbers.size());
        CHECK_EQUAL(output.file().values<float>("/tracks/d0").size(), 4 * numbers.size());
    }
};

TEST(an_object_that_was_not_filled) {
    Loop loop;
    loop.good_event(0);
    loop.event_row.fill(toy::Event{7, 0, {}});
    loop.jet_rows.fill(Jets{});
    CHECK_THROWS(AlignmentError, "fills of tracks in one event: got none, expected one", loop.out.end_event());
    loop.good_event(1);
    loop.check_rows({0, 1});
}

TEST(an_object_that_was_filled_twice) {
    Loop loop;
    loop.event_row.fill(toy::Event{7, 0, {}});
    loop.jet_rows.fill(Jets{});
    loop.jet_rows.fill(Jets{{1, 0, {}}});
    loop.track_rows.fill(Lists{});
    CHECK_THROWS(AlignmentError, "fills of jets in one event: got 2, expected one", loop.out.end_event());
    loop.good_event(0);
    loop.check_rows({0});
}

TEST(nested_lists_that_are_not_as_many_as_their_parents) {
    for (const bool select : {false, true})
        for (const bool parent : {false, true}) {
            if (select && !parent) continue;  // refused, see below
            Loop loop(select, parent);
            loop.good_event(0);
            loop.event_row.fill(toy::Event{7, 0, {}});
            loop.jet_rows.fill(Jets{{2, 0, {}}, {3, 0, {}}});
            loop.track_rows.fill(Lists{{{1, 1}}});
            CHECK_THROWS(AlignmentError, "outer lengths of a nested object: got 1 lists", loop.out.end_event());
            loop.good_event(1);
            loop.check_rows({0, 1});
        }
}

TEST(the_text_of_unequal_lengths_is_that_of_python) {
    Loop loop;
    loop.good_event(0);
    loop.event_row.fill(toy::Event{7, 0, {}});
    loop.jet_rows.fill(Jets{{2, 0, {}}, {3, 0, {}}});
    loop.track_rows.fill(Lists{{{1, 1}}});
    const std::string text = check::text_of<AlignmentError>(__FILE__, __LINE__, [&] { loop.out.end_event(); });
    CHECK_EQUAL(text, "outer lengths of a nested object: got 1 lists at entry 1, expected one per entry of jets, 2\n  in object tracks");
}

TEST(lists_of_a_sorted_parent_that_is_filled_later) {
    Loop loop(true);
    loop.event_row.fill(toy::Event{7, 0, {}});
    loop.track_rows.fill(Lists{{{1, 1}}});
    loop.jet_rows.fill(Jets{{2, 0, {}}});
    CHECK_THROWS(AlignmentError, "order of fills: got tracks before jets", loop.out.end_event());
    loop.good_event(0);
    loop.check_rows({0});
}

TEST(a_selection_with_a_nested_object_that_names_no_parent) {
    CHECK_THROWS(SchemaError, "nested object without parent", Loop(true, false));
}

TEST(data_of_another_rank) {
    Loop loop;
    CHECK_THROWS(SchemaError, "rank of a fill: got one object, expected a range of objects", loop.jet_rows.fill(toy::Jet{}));
    CHECK_THROWS(SchemaError, "got a range of ranges of objects, expected a range of objects", loop.jet_rows.fill(std::vector<Jets>{}));
    CHECK_THROWS(SchemaError, "got a range of objects, expected one object", loop.event_row.fill(std::vector<toy::Event>{}));
    loop.good_event(0);  // nothing of these was kept
    loop.check_rows({0});
}

TEST(null_pointers_and_getters_that_throw_leave_nothing) {
    MemoryOutput output;
    Writer out(output.sink(), {.threads = 1});
    Columns<toy::Jet> columns = toy::jet_columns();
    columns.add("checked", [](const toy::Jet& jet) { return jet.pt < 0 ? throw std::runtime_error("negative") : jet.pt; });
    auto jet_rows = out.objects("jets", columns, {.max_length = 3, .order_by = "pt"});
    const toy::Jet jet{1, 0, {}};
    CHECK_THROWS(SchemaError, "object: got a null pointer at entry 1", jet_rows.fill(std::vector<const toy::Jet*>{&jet, nullptr}));
    bool thrown = false;
    try {
        jet_rows.fill(Jets{{1, 0, {}}, {-1, 0, {}}});
    } catch (const std::runtime_error& error) {
        thrown = std::string(error.what()) == "negative";
    }
    CHECK(thrown);
    CHECK_THROWS(AlignmentError, "got none, expected one", out.end_event());
    jet_rows.fill(Jets{{5, 0, {}}});
    out.end_event();
    const WriteSummary summary = out.close();
    CHECK_EQUAL(summary.num_rows, 1);
    CHECK_EQUAL(output.file().values<float>("/jets/checked")[0], 5.0F);
}

TEST(values_out_of_range) {
    MemoryOutput output;
    Writer out(output.sink(), {.threads = 1});
    Columns<double> columns;
    columns.add("half", [](double value) { return value; }, {.dtype = half})
        .add("small", [](double value) { return static_cast<int>(value); }, {.dtype = DType::int8});
    auto rows = out.objects("numbers", columns);
    const std::string text = check::text_of<SchemaError>(__FILE__, __LINE__, [&] { rows.fill(1e6); });
    CHECK_EQUAL(text, "value out of range: got 1000000.0, expected at most 65504, the largest float16\n"
                      "  in object numbers, field half\n  try a wider dtype for the field");
    CHECK_THROWS(SchemaError, "value out of range: got 200, expected whole numbers that int8 can hold", rows.fill(200.0));
    rows.fill(100.0);
    out.end_event();
    out.close();
    CHECK(toy::same(output.file().values<std::int8_t>("/numbers/small"), {100}));
}

TEST(declarations_that_cannot_be) {
    MemoryOutput output;
    Writer out(output.sink(), {.threads = 1});
    auto jets = out.objects("jets", toy::jet_columns(), {.max_length = 2});
    CHECK_THROWS(SchemaError, "object named twice: got 'jets'", static_cast<void>(out.objects("jets", toy::jet_columns())));
    CHECK_THROWS(SchemaError, "pad: got 0, expected a number of slots of at least 1", static_cast<void>(out.objects("a", toy::track_columns(), {.max_length = 0})));
    CHECK_THROWS(SchemaError, "two at most", static_cast<void>(out.objects("a", toy::track_columns(), {.max_length = {1, 2, 3}})));
    CHECK_THROWS(SchemaError, "2 first, the slots of its parent jets", static_cast<void>(out.objects("a", toy::track_columns(), {.max_length = {3, 2}, .parent = jets})));
    CHECK_THROWS(SchemaError, "field: got 'p'", static_cast<void>(out.objects("a", toy::jet_columns(), {.max_length = 2, .order_by = "-p"})));
    CHECK_THROWS(SchemaError, "one entry per event", static_cast<void>(out.objects("a", toy::jet_columns(), {.order_by = "-pt"})));
    CHECK_THROWS(SchemaError, "compression: got 'lz4'", Writer(output.sink("b.h5"), {.compression = "lz4"}));
    jets.fill(Jets{});
    CHECK_THROWS(SchemaError, "a new object after the first fill", static_cast<void>(out.objects("late", toy::jet_columns())));
    out.end_event();
    out.close();
}

TEST(a_field_that_is_reserved_or_named_twice) {
    MemoryOutput output;
    Writer out(output.sink(), {.threads = 1, .log = [](const std::string&) {}});
    Columns<toy::Jet> columns;
    columns.add("valid", [](const toy::Jet&) { return true; });
    auto jets = out.objects("jets", columns, {.max_length = 2});
    CHECK_THROWS(SchemaError, "reserved field name", jets.fill(Jets{}));
}

TEST(missing_values_and_truncation_are_told_once) {
    MemoryOutput output;
    std::vector<std::string> told;
    Writer out(output.sink(), {.threads = 1, .log = [&](const std::string& text) { told.push_back(text); }});
    Columns<std::optional<int>> columns;
    columns.add("x", [](const std::optional<int>& value) { return value; }, {.fill = -5});
    auto rows = out.objects("n", columns, {.max_length = 2});
    rows.fill(std::vector<std::optional<int>>{1, std::nullopt, 3});
    out.end_event();
    const WriteSummary summary = out.close();
    CHECK(toy::same(output.file().values<int>("/n/x"), {1, -5}));
    CHECK((summary.changes() == std::vector<std::string>{"truncated 1 of 3 n", "1 missing values of n.x took the fill value"}));
    CHECK_EQUAL(told.size(), 1);
    check::contains(__FILE__, __LINE__, told[0], "out.h5: truncated 1 of 3 n; 1 missing values of n.x took the fill value");
    CHECK_EQUAL(out.close().num_rows, 1);  // the same again, and no second warning
    CHECK_EQUAL(told.size(), 1);
}

TEST(an_event_without_an_end) {
    Loop loop;
    loop.good_event(0);
    loop.event_row.fill(toy::Event{7, 0, {}});
    CHECK_THROWS(AlignmentError, "an event that was not ended", loop.out.close());
    loop.check_rows({0});
}

TEST(a_skipped_event_leaves_no_row) {
    Loop loop;
    loop.out.input({.name = "a.root", .size = 10, .tree = "Events"});
    loop.good_event(0);
    loop.event_row.fill(toy::Event{7, 0, {}});
    loop.out.skip_event();
    loop.good_event(1);
    loop.check_rows({0, 1});
    // Of the three entries the first and the last were kept: bits 101.
    check::contains(__FILE__, __LINE__, loop.output.file().text("simdprep_provenance"),
                    R"("ranges":[{"input":0,"entries":[0,3],"kept":"BQ==","events":[0,2],"rows":[0,2]}])");
}

TEST(fills_after_the_end) {
    Loop loop;
    loop.good_event(0);
    loop.out.close();
    CHECK_THROWS(Error, "fill on a closed writer", loop.jet_rows.fill(Jets{}));
    CHECK_THROWS(Error, "fill on a closed writer", loop.out.end_event());
}

TEST(row_by_row_and_whole_events_do_not_mix) {
    MemoryOutput output;
    Writer out(output.sink(), {.threads = 1});
    auto jets = out.rows("jets", toy::jet_columns());
    auto tracks = out.objects("tracks", toy::track_columns(), {.max_length = 2});
    out.end_event();  // a loop over no jets
    jets.fill(toy::Jet{1, 0, {}});
    CHECK_THROWS(AlignmentError, "fills of tracks in one event", out.end_event());
    jets.fill(toy::Jet{1, 0, {}});
    tracks.fill(std::vector<toy::Track>{});
    tracks.fill(std::vector<toy::Track>{});
    CHECK_THROWS(AlignmentError, "outer lengths of a nested object: got 2 lists", out.end_event());
    jets.fill(Jets{{1, 0, {}}});
    tracks.fill(Lists{{}});
    CHECK_THROWS(AlignmentError, "in the events before", out.end_event());
}

}  // namespace
