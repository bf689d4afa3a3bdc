// The writer against plain loops: every layout, rank, order and selection, any batches, parts and threads.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <sstream>
#include <vector>

#include "check.hpp"
#include "memory_sink.hpp"
#include "simdprep/simdprep.hpp"
#include "toy_loop.hpp"

namespace {

using namespace simdprep;
using check::MemoryOutput;

struct Case {
    Layout layout = Layout::columns;
    int jet_pad = 4;
    int track_pad = 3;
    bool select = false;
    bool order = false;
};

WriterOptions options(const Case& made, unsigned threads, std::uint64_t batch_bytes, std::uint64_t part_rows) {
    WriterOptions options;
    options.threads = threads;
    options.layout = made.layout;
    options.compression = "gzip:1";
    options.batch_bytes = batch_bytes;
    options.part_rows = part_rows;
    options.log = [](const std::string&) {};
    return options;
}

ObjectOptions<toy::Jet> jet_options(const Case& made) {
    ObjectOptions<toy::Jet> jets;
    jets.max_length = made.jet_pad;
    if (made.select) jets.where = [](const toy::Jet& jet) { return jet.pt >= 20; };
    if (made.order) jets.order_by = "-pt";
    return jets;
}

WriteSummary write(MemoryOutput& output, const std::vector<toy::Event>& events, const Case& made, const WriterOptions& options,
                   const std::string& name = "out.h5") {
    Writer out(output.sink(name), options);
    auto event_row = out.objects("events", toy::event_columns());
    auto jet_rows = out.objects("jets", toy::jet_columns(), jet_options(made));
    auto track_rows = out.objects("tracks", toy::track_columns(), {.max_length = {made.jet_pad, made.track_pad}, .parent = jet_rows});
    for (const toy::Event& event : events) {
        event_row.fill(event);
        jet_rows.fill(event.jets);
        track_rows.fill(event.tracks());
        out.end_event();
    }
    return out.close();
}

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged})
        for (const bool select : {false, true})
            for (const bool order : {false, true}) all.push_back({layout, 4, 3, select, order});
    all.push_back({Layout::columns, 1, 1, false, true});
    all.push_back({Layout::compound, 9, 7, true, true});  // nothing is truncated
    return all;
}

TEST(every_layout_holds_what_plain_loops_store) {
    const auto events = toy::events(700, 1);
    for (const Case& made : cases()) {
        MemoryOutput output;
        const WriteSummary summary = write(output, events, made, options(made, 1, 1 << 20, 0));
        const auto wanted = toy::expected(events, made.layout, static_cast<std::size_t>(made.jet_pad),
                                          static_cast<std::size_t>(made.track_pad), made.select, made.order);
        toy::check_file(output.file(), wanted, made.layout);
        CHECK_EQUAL(summary.num_rows, 700);
        CHECK_EQUAL(summary.num_parts, 1);
        CHECK_EQUAL(summary.objects[1].truncated, wanted.jets_lost);
        CHECK_EQUAL(summary.objects[2].truncated, wanted.tracks_lost);
        CHECK(output.folder.names() == std::vector<std::string>{"out.h5"});
    }
}

TEST(parts_are_merged_to_the_same_file) {
    const auto events = toy::events(5000, 2);
    for (const Case& made : cases()) {
        MemoryOutput output;
        const WriteSummary whole = write(output, events, made, options(made, 1, 1 << 20, 0), "whole.h5");
        const WriteSummary parts = write(output, events, made, options(made, 2, 5000, 1), "parts.h5");
        CHECK_EQUAL(whole.num_parts, 1);
        CHECK(parts.num_parts > 1);
        CHECK_EQUAL(parts.num_events, 5000);
        for (std::size_t index = 0; index < output.file("whole.h5").lengths.size(); ++index) {
            CHECK(output.file("parts.h5").raw(index) == output.file("whole.h5").raw(index));
            CHECK(output.file("parts.h5").chunks[index] == output.file("whole.h5").chunks[index]);
        }
        CHECK_EQUAL(parts.objects[2].truncated, whole.objects[2].truncated);
        CHECK((output.folder.names() == std::vector<std::string>{"parts.h5", "whole.h5"}));
    }
}

TEST(bytes_do_not_depend_on_threads_and_batches) {
    const auto events = toy::events(6000, 3);
    const Case made{Layout::columns, 4, 3, true, true};
    MemoryOutput output;
    write(output, events, made, options(made, 1, 1 << 22, 3000), "one.h5");
    const check::StoredFile& one = output.file("one.h5");
    for (const unsigned threads : {1U, 2U, 4U})
        for (const std::uint64_t batch : {std::uint64_t{1}, std::uint64_t{7000}, std::uint64_t{1} << 18}) {
            const std::string name = std::to_string(threads) + "-" + std::to_string(batch) + ".h5";
            write(output, events, made, options(made, threads, batch, 3000), name);
            CHECK(output.file(name).chunks == one.chunks);
            CHECK_EQUAL(output.file(name).text("simdprep_schema"), one.text("simdprep_schema"));
            CHECK_EQUAL(output.file(name).text("simdprep_provenance"), one.text("simdprep_provenance"));
        }
}

TEST(a_folder_keeps_its_parts_and_a_manifest) {
    const auto events = toy::events(5000, 4);
    MemoryOutput output;
    const WriteSummary summary = write(output, events, {}, options({}, 2, 20000, 1), "dataset");
    CHECK(summary.num_parts > 1);
    const std::string manifest = check::read_file(output.folder / "dataset/manifest.json");
    check::contains(__FILE__, __LINE__, manifest, "\"num_rows\": 5000");
    std::uint64_t rows = 0;
    for (std::uint64_t part = 0; part < summary.num_parts; ++part)
        rows += output.file("dataset/part-0000" + std::to_string(part) + ".h5").lengths.front();
    CHECK_EQUAL(rows, 5000);
}

TEST(rows_may_be_jets_by_event_or_one_by_one) {
    const auto events = toy::events(900, 5);
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged})
        for (const bool one_by_one : {false, true}) {
            MemoryOutput output;
            Writer out(output.sink(), options({layout}, 1, 3000, 1));
            auto event_row = out.objects("events", toy::event_columns());
            auto jet_rows = out.rows("jets", toy::jet_columns());
            auto track_rows = out.objects("tracks", toy::track_columns(), {.max_length = 3});
            std::vector<std::uint64_t> owner;
            toy::Expected wanted;
            std::vector<std::int64_t> offsets{0};
            for (const toy::Event& event : events) {
                event_row.fill(event);
                if (!one_by_one) {
                    jet_rows.fill(event.jets);
                    track_rows.fill(event.tracks());
                }
                for (const toy::Jet& jet : event.jets) {
                    if (one_by_one) CHECK_EQUAL(jet_rows.index(), owner.size());
                    if (one_by_one) jet_rows.fill(jet);
                    if (one_by_one) track_rows.fill(jet.tracks);
                    owner.push_back(event.number);
                    wanted.pt.push_back(jet.pt);
                    if (layout != Layout::ragged) wanted.add_tracks(&jet.tracks, 3);
                    else for (const toy::Track& track : jet.tracks) wanted.d0.push_back(track.d0);
                }
                offsets.push_back(static_cast<std::int64_t>(owner.size()));
                out.end_event();
            }
            const WriteSummary summary = out.close();
            const std::string dot = layout == Layout::compound ? "." : "/";
            CHECK(toy::same(output.file().values<float>("/jets" + dot + "pt"), wanted.pt));
            CHECK(toy::same(output.file().values<float>("/tracks" + dot + "d0"), wanted.d0));
            if (layout == Layout::compound) {
                CHECK(toy::same(output.file().values<std::uint64_t>("/jets.number"), owner));
                CHECK(toy::same(output.file().values<std::uint64_t>("/jets.event_index"), owner));
            } else {
                CHECK(toy::same(output.file().values<std::int64_t>("/events/offsets"), offsets));
            }
            CHECK_EQUAL(summary.num_rows, owner.size());
            CHECK_EQUAL(summary.num_events, 900);
            CHECK_EQUAL(summary.events_without_rows,
                        std::count_if(events.begin(), events.end(), [](const toy::Event& event) { return event.jets.empty(); }));
        }
}

TEST(selected_rows_take_what_hangs_on_them_along) {
    const auto events = toy::events(400, 6);
    MemoryOutput output;
    Writer out(output.sink(), options({}, 1, 3000, 0));
    auto jet_rows = out.rows("jets", toy::jet_columns(), {.order_by = "-pt", .where = [](const toy::Jet& jet) { return jet.pt >= 20; }});
    auto track_rows = out.objects("tracks", toy::track_columns(), {.max_length = 3, .order_by = [](const toy::Track& t) { return t.hits; }});
    toy::Expected wanted;
    for (const toy::Event& event : events) {
        jet_rows.fill(event.jets);
        track_rows.fill(event.tracks());
        for (toy::Jet jet : toy::arranged(event.jets, true, true)) {
            std::stable_sort(jet.tracks.begin(), jet.tracks.end(), [](const auto& one, const auto& two) { return one.hits < two.hits; });
            wanted.pt.push_back(jet.pt);
            wanted.add_tracks(&jet.tracks, 3);
        }
        out.end_event();
    }
    out.close();
    CHECK(toy::same(output.file().values<float>("/jets/pt"), wanted.pt));
    CHECK(toy::same(output.file().values<float>("/tracks/d0"), wanted.d0));
    CHECK(toy::same(output.file().values<std::uint32_t>("/tracks/count"), wanted.track_count));
}

TEST(no_events_make_a_file_without_rows) {
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged}) {
        MemoryOutput output;
        const WriteSummary summary = write(output, {}, {layout}, options({layout}, 2, 1000, 0));
        CHECK_EQUAL(summary.num_rows, 0);
        CHECK_EQUAL(output.file().lengths.front(), 0);
        CHECK(summary.changes().empty());
    }
}

TEST(anything_that_holds_anything_can_be_filled) {
    const auto events = toy::events(50, 7);
    MemoryOutput output;
    Writer out(output.sink(), options({}, 1, 1000, 0));
    auto event_row = out.objects("events", toy::event_columns());
    auto jet_rows = out.objects("jets", toy::jet_columns(), {.max_length = 4});
    auto track_rows = out.objects("tracks", toy::track_columns(), {.max_length = {4, 3}});
    unsigned way = 0;
    for (const toy::Event& event : events) {
        std::vector<const toy::Jet*> pointers;
        std::list<std::unique_ptr<toy::Jet>> owned;
        std::deque<std::reference_wrapper<const toy::Jet>> wrapped;
        std::vector<std::vector<std::shared_ptr<const toy::Track>>> shared;
        for (const toy::Jet& jet : event.jets) {
            pointers.push_back(&jet);
            owned.push_back(std::make_unique<toy::Jet>(jet));
            wrapped.emplace_back(jet);
            shared.emplace_back();
            for (const toy::Track& track : jet.tracks) shared.back().push_back(std::make_shared<toy::Track>(track));
        }
        const toy::OnTheWay made_on_the_way(event.jets, [](const toy::Jet& jet) { return jet; });
        const toy::OnTheWay temporary_lists(event.jets, [](const toy::Jet& jet) { return jet.tracks; });
        switch (way++ % 5) {
            case 0: event_row.fill(event); jet_rows.fill(event.jets); track_rows.fill(shared); break;
            case 1: event_row.fill(&event); jet_rows.fill(pointers); track_rows.fill(temporary_lists); break;
            case 2: event_row.fill(toy::Event(event)); jet_rows.fill(owned); track_rows.fill(event.tracks()); break;
            case 3: event_row.fill(std::make_shared<toy::Event>(event)); jet_rows.fill(wrapped); track_rows.fill(&shared); break;
            default: event_row.fill(event); jet_rows.fill(made_on_the_way); track_rows.fill(temporary_lists); break;
        }
        out.end_event();
    }
    out.close();
    toy::check_file(output.file(), toy::expected(events, Layout::columns, 4, 3, false, false), Layout::columns);
}

TEST(pairs_are_objects_too) {
    MemoryOutput output;
    Writer out(output.sink(), options({}, 1, 1000, 0));
    using Pair = std::pair<toy::Jet, toy::Track>;
    Columns<Pair> columns;
    columns.add("ratio", [](const Pair& pair) { return pair.second.d0 / pair.first.pt; });
    auto rows = out.objects("pairs", columns, {.max_length = 2});
    rows.fill(std::vector<Pair>{{{8, 0, {}}, {2, 0}}, {{4, 0, {}}, {2, 0}}});
    out.end_event();
    out.close();
    CHECK(toy::same(output.file().values<float>("/pairs/ratio"), {0.25F, 0.5F}));
}

TEST(columns_of_pointers_take_objects_and_pointers) {
    MemoryOutput output;
    Writer out(output.sink(), options({}, 1, 1000, 0));
    Columns<const toy::Jet*> columns;
    columns.add("pt", [](const toy::Jet* jet) { return jet->pt; });
    auto rows = out.objects("jets", columns, {.max_length = 2});
    std::vector<toy::Jet> jets{{1, 0, {}}, {2, 0, {}}};
    rows.fill(jets);
    out.end_event();
    rows.fill(std::vector<toy::Jet*>{&jets[1]});
    out.end_event();
    rows.fill(std::vector<const toy::Jet*>{&jets[0], &jets[1]});
    out.end_event();
    out.close();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(toy::same(output.file().values<float>("/jets/pt"), {1, 2, 2, nan, 1, 2}));
}

TEST(a_link_holds_the_slot_where_the_other_is_stored) {
    MemoryOutput output;
    Writer out(output.sink(), options({}, 1, 1000, 0));
    auto jet_rows = out.objects("jets", toy::jet_columns(), {.max_length = 2, .order_by = "-pt", .where = [](const toy::Jet& jet) { return jet.pt > 1; }});
    Columns<std::size_t> muons;
    muons.add("jet", [&](std::size_t given) { return jet_rows.index(given); });
    auto muon_rows = out.objects("muons", muons, {.max_length = 5});
    CHECK_THROWS(AlignmentError, "index of jets before it was filled", static_cast<void>(jet_rows.index(0)));
    jet_rows.fill(std::vector<toy::Jet>{{5, 0, {}}, {1, 0, {}}, {9, 0, {}}, {2, 0, {}}});
    muon_rows.fill(std::vector<std::size_t>{0, 1, 2, 3, 4});
    out.end_event();
    out.close();
    // Stored are those of 9 and 5; 1 is not selected, 2 truncated, the fifth does not exist.
    CHECK(toy::same(output.file().values<std::int64_t>("/muons/jet"), {1, -1, 0, -1, -1}));
}

TEST(nested_lists_of_nothing_that_is_stored_get_an_object_without_fields) {
    MemoryOutput output;
    Writer out(output.sink(), options({}, 1, 1000, 0));
    auto rows = out.objects("hits", toy::track_columns(), {.max_length = {2, 2}});
    rows.fill(std::vector<std::vector<toy::Track>>{{{1, 1}}, {{2, 2}, {3, 3}, {4, 4}}, {{5, 5}}});
    out.end_event();
    const WriteSummary summary = out.close();
    CHECK(toy::same(output.file().values<float>("/hits/d0"), {1, 0, 2, 3}));
    CHECK(toy::same(output.file().values<std::uint32_t>("/hits_list/count"), {3}));
    CHECK(summary.changes() == (std::vector<std::string>{"truncated 1 of 3 hits_list", "truncated 2 of 5 hits"}));
}

TEST(a_ragged_object_lies_beside_padded_ones) {
    MemoryOutput output;
    Writer out(output.sink(), options({}, 1, 1000, 0));
    auto jet_rows = out.objects("jets", toy::jet_columns(), {.max_length = 1});
    auto track_rows = out.objects("tracks", toy::track_columns(), {.ragged = true});
    jet_rows.fill(std::vector<toy::Jet>{{1, 0, {}}, {2, 0, {}}});
    track_rows.fill(std::vector<toy::Track>{{1, 1}, {2, 2}, {3, 3}});
    out.end_event();
    const WriteSummary summary = out.close();
    CHECK(toy::same(output.file().values<float>("/jets/pt"), {1}));
    CHECK(toy::same(output.file().values<float>("/tracks/d0"), {1, 2, 3}));
    CHECK(summary.changes() == std::vector<std::string>{"truncated 1 of 2 jets"});
    std::ostringstream text;
    text << summary;
    check::contains(__FILE__, __LINE__, text.str(), "truncated 1 of 2 jets");
}

}  // namespace
