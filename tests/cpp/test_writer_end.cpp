// How writers end: flush, destructors, exceptions, signals, locks; and what files say beside their rows.
#include <csignal>
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

struct Told {
    std::shared_ptr<std::vector<std::string>> lines = std::make_shared<std::vector<std::string>>();

    [[nodiscard]] WriterOptions options(unsigned threads = 2) const {
        WriterOptions options;
        options.threads = threads;
        options.log = [lines = lines](const std::string& text) { lines->push_back(text); };
        return options;
    }
};

Columns<int> number_columns() {
    Columns<int> columns;
    columns.add("number", [](int number) { return number; });
    return columns;
}

void fill(Writer& out, const ObjectWriter<int>& rows, int begin, int end) {
    ObjectWriter<int> mine = rows;
    for (int number = begin; number < end; ++number) {
        mine.fill(number);
        out.end_event();
    }
}

std::vector<int> numbers(int end) {
    std::vector<int> all;
    for (int number = 0; number < end; ++number) all.push_back(number);
    return all;
}

// A sink that cannot make a file any more, as with a full disk.
class FailingSink final : public Sink {
public:
    using Sink::Sink;
    std::unique_ptr<ChunkSource> open(const std::filesystem::path&, std::shared_ptr<const Description>) override { return nullptr; }
    std::unique_ptr<ChunkTarget> create(const std::filesystem::path&, std::shared_ptr<const Description>, bool) override {
        throw ResourceError("disk full: got nothing, expected room");
    }
};

TEST(the_destructor_finishes_the_dataset) {
    MemoryOutput output;
    Told told;
    {
        Writer out(output.sink(), told.options());
        auto rows = out.objects("events", number_columns());
        fill(out, rows, 0, 100);
    }
    CHECK(output.file().values<int>("/events/number") == numbers(100));
    CHECK(told.lines->empty());
    CHECK(output.folder.names() == std::vector<std::string>{"out.h5"});
}

TEST(an_exception_in_the_loop_leaves_parts_and_no_dataset) {
    MemoryOutput output;
    Told told;
    try {
        Writer out(output.sink(), told.options());
        auto rows = out.objects("events", number_columns());
        fill(out, rows, 0, 100);
        throw std::runtime_error("the user's own");
    } catch (const std::runtime_error&) {
    }
    CHECK(output.folder.names() == std::vector<std::string>{"out.h5.parts"});
    CHECK(output.file("out.h5.parts/part-00000.h5").values<int>("/events/number") == numbers(100));
    CHECK_EQUAL(told.lines->size(), 1);
    check::contains(__FILE__, __LINE__, told.lines->front(), "out.h5 is incomplete: 100 rows are whole in 1 parts");
    // The next writer cleans up, and says so.
    Writer again(output.sink(), told.options());
    auto rows = again.objects("events", number_columns());
    fill(again, rows, 0, 3);
    check::contains(__FILE__, __LINE__, again.close().told.at(0), "left by an interrupted run");
    CHECK(output.file().values<int>("/events/number") == numbers(3));
}

TEST(a_failure_is_thrown_by_close_and_logged_by_the_destructor) {
    for (const unsigned threads : {1U, 3U}) {
        check::Folder folder;
        Told told;
        {
            Writer out(FailingSink(folder / "out.h5"), told.options(threads));
            auto rows = out.objects("events", number_columns());
            fill(out, rows, 0, 10);
            CHECK_THROWS(ResourceError, "disk full", out.close());
            CHECK_THROWS(Error, "its dataset is incomplete", out.close());
        }
        CHECK(told.lines->empty());  // it was thrown already
        {
            Writer out(FailingSink(folder / "out.h5"), told.options(threads));
            auto rows = out.objects("events", number_columns());
            fill(out, rows, 0, 10);
        }
        CHECK_EQUAL(told.lines->size(), 1);
        check::contains(__FILE__, __LINE__, told.lines->front(), "out.h5 is incomplete: disk full");
        CHECK(folder.names().empty());  // neither lock nor leftovers
    }
}

TEST(a_failure_in_the_background_reaches_the_loop) {
    check::Folder folder;
    Told told;
    WriterOptions options = told.options(3);
    options.batch_bytes = 1000;
    options.part_rows = 1;
    {
        Writer out(FailingSink(folder / "out.h5"), options);
        auto rows = out.objects("events", number_columns());
        CHECK_THROWS(ResourceError, "disk full", fill(out, rows, 0, 1000000));
        CHECK_THROWS(ResourceError, "disk full", out.close());
    }
    CHECK(told.lines->empty());
}

TEST(flushed_events_are_on_the_disk) {
    MemoryOutput output;
    Told told;
    Writer out(output.sink(), told.options());
    auto rows = out.objects("events", number_columns());
    fill(out, rows, 0, 10);
    out.flush();
    out.flush();  // nothing new, no part
    CHECK(output.file("out.h5.parts/part-00000.h5").values<int>("/events/number") == numbers(10));
    fill(out, rows, 10, 25);
    out.flush();
    CHECK_EQUAL(output.file("out.h5.parts/part-00001.h5").lengths.front(), 15);
    fill(out, rows, 25, 30);
    CHECK_EQUAL(out.num_events(), 30);
    CHECK_EQUAL(out.close().num_parts, 3);
    CHECK(output.file().values<int>("/events/number") == numbers(30));
    CHECK(output.folder.names() == std::vector<std::string>{"out.h5"});
}

TEST(a_single_part_that_was_flushed_becomes_the_file) {
    MemoryOutput output;
    Told told;
    Writer out(output.sink(), told.options());
    auto rows = out.objects("events", number_columns());
    fill(out, rows, 0, 10);
    out.flush();
    const std::string part = check::read_file(output.folder / "out.h5.parts/part-00000.h5");
    CHECK_EQUAL(out.close().num_rows, 10);
    CHECK_EQUAL(check::read_file(output.folder / "out.h5"), part);
    CHECK(output.folder.names() == std::vector<std::string>{"out.h5"});
}

TEST(facts_and_counters_are_in_the_file_whenever_they_came) {
    for (const Layout layout : {Layout::columns, Layout::compound})
        for (const bool parts : {false, true}) {
            MemoryOutput output;
            Told told;
            WriterOptions options = told.options(1);
            options.layout = layout;
            Writer out(output.sink(), options);
            auto rows = out.objects("events", number_columns());
            out.metadata("generator", "pythia \"8\"");
            out.count(0.5);
            fill(out, rows, 0, 10);
            if (parts) out.flush();
            out.metadata("cross_section", 1.5);
            out.metadata("runs", 7);
            out.metadata("is_data", false);
            out.metadata_json("cuts", R"({"pt": [20, 1e3], "tight": null})");
            out.count(-2.0);
            out.count({"syst", 3, 1.0, 4.0});
            CHECK_THROWS(SchemaError, "metadata: got '{pt: 20}', expected JSON", out.metadata_json("cuts", "{pt: 20}"));
            out.close();
            check::contains(__FILE__, __LINE__, output.file().text("simdprep_provenance"),
                            R"("metadata":{"cross_section":1.5,"cuts":{"pt": [20, 1e3], "tight": null},"generator":"pythia \"8\"","is_data":false,"runs":7},)"
                            R"("counters":{"nominal":{"events":2,"sum_of_weights":-1.5,"sum_of_weights_squared":4.25},)"
                            R"("syst":{"events":3,"sum_of_weights":1.0,"sum_of_weights_squared":4.0}})");
            const std::vector<Counter>& counters = output.file().notes.counters;
            CHECK_EQUAL(counters.size(), layout == Layout::compound ? 2 : 0);
            if (layout == Layout::compound) CHECK_EQUAL(counters[0].events, 2);
        }
}

TEST(inputs_are_recorded_for_every_row_of_every_part) {
    MemoryOutput output;
    Told told;
    Writer out(output.sink("parts"), told.options());
    auto rows = out.objects("events", number_columns());
    out.input({.name = "a.root", .size = 5, .uuid = "1-2", .tree = "T"});
    fill(out, rows, 0, 10);
    out.flush();
    fill(out, rows, 10, 12);
    out.input({.name = "b.root"});
    fill(out, rows, 12, 15);
    out.close();
    check::contains(__FILE__, __LINE__, output.file("parts/part-00000.h5").text("simdprep_provenance"),
                    R"("ranges":[{"input":0,"entries":[0,10],"kept":null,"events":[0,10],"rows":[0,10]}])");
    check::contains(__FILE__, __LINE__, output.file("parts/part-00001.h5").text("simdprep_provenance"),
                    R"("inputs":[{"name":"a.root","size":5,"tree":"T","uuid":"1-2"},{"name":"b.root","size":0,"tree":""}],)"
                    R"("ranges":[{"input":0,"entries":[10,12],"kept":null,"events":[0,2],"rows":[0,2]},)"
                    R"({"input":1,"entries":[0,3],"kept":null,"events":[2,5],"rows":[2,5]}])");
}

TEST(an_output_that_exists_is_kept_unless_it_may_be_replaced) {
    MemoryOutput output;
    Told told;
    check::write_file(output.folder / "out.h5", "precious");
    CHECK_THROWS(OutputError, "output exists, kept as it is", Writer(output.sink(), told.options()));
    CHECK_EQUAL(check::read_file(output.folder / "out.h5"), "precious");
    Writer out(output.sink("out.h5", {.overwrite = true}), told.options());
    auto rows = out.objects("events", number_columns());
    fill(out, rows, 0, 3);
    CHECK_EQUAL(check::read_file(output.folder / "out.h5"), "precious");  // until the new one is whole
    CHECK_THROWS(OutputError, "locked", Writer(output.sink("out.h5", {.overwrite = true}), told.options()));
    out.close();
    CHECK(output.file().values<int>("/events/number") == numbers(3));
    CHECK_THROWS(OutputError, "expected a folder that exists", Writer(output.sink("no/out.h5"), told.options()));
}

TEST(a_signal_ends_the_loop_with_a_whole_dataset) {
    for (const int signal : {SIGTERM, SIGINT, SIGXCPU}) {
        MemoryOutput output;
        Told told;
        WriterOptions options = told.options();
        options.finish_on_signal = true;
        Writer out(output.sink(), options);
        auto rows = out.objects("events", number_columns());
        fill(out, rows, 0, 10);
        ::raise(signal);
        CHECK_THROWS(Interrupted, "all events up to now are stored", fill(out, rows, 10, 20));
        CHECK(output.file().values<int>("/events/number") == numbers(11));
        CHECK_EQUAL(Interrupted("").exit_code(), 130);
    }
    struct sigaction now {};
    ::sigaction(SIGTERM, nullptr, &now);
    CHECK(now.sa_handler == SIG_DFL);  // as it was before
}

TEST(a_writer_moves) {
    MemoryOutput output;
    Told told;
    Writer first(output.sink(), told.options());
    auto rows = first.objects("events", number_columns());
    Writer out(std::move(first));
    fill(out, rows, 0, 5);
    out.close();
    CHECK(output.file().values<int>("/events/number") == numbers(5));
}

}  // namespace
