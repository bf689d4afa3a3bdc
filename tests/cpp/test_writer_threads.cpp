// Several threads fill one dataset.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "memory_sink.hpp"
#include "simdprep/simdprep.hpp"
#include "toy_loop.hpp"

namespace {

using namespace simdprep;
using check::MemoryOutput;

struct Loop {
    Writer out;
    ObjectWriter<toy::Event> events;
    ObjectWriter<toy::Jet> jets;
    ObjectWriter<toy::Track> tracks;

    Loop(check::MemorySink sink, WriterOptions options)
        : out(std::move(sink), std::move(options)), events(out.objects("events", toy::event_columns())),
          jets(out.objects("jets", toy::jet_columns(), {.max_length = 4, .order_by = "-pt"})),
          tracks(out.objects("tracks", toy::track_columns(), {.max_length = {4, 3}, .parent = jets})) {}
};

WriterOptions options(unsigned threads, std::uint64_t batch, std::uint64_t part_rows) {
    WriterOptions options;
    options.threads = threads;
    options.compression = "gzip:1";
    options.batch_bytes = batch;
    options.part_rows = part_rows;
    options.log = [](const std::string&) {};
    return options;
}

// The handles of one thread.
struct Handles {
    Filler filler;
    ObjectWriter<toy::Event> events;
    ObjectWriter<toy::Jet> jets;
    ObjectWriter<toy::Track> tracks;

    explicit Handles(Loop& loop)
        : filler(loop.out.filler()), events(filler.of(loop.events)), jets(filler.of(loop.jets)), tracks(filler.of(loop.tracks)) {}
    void fill(const toy::Event& event) {
        events.fill(event);
        jets.fill(event.jets);
        tracks.fill(event.tracks());
    }
};

template <class Body>
void on_threads(unsigned count, const Body& body) {
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < count; ++thread) threads.emplace_back([&, thread] { body(thread); });
    for (std::thread& thread : threads) thread.join();
}

TEST(every_event_is_stored_once_and_whole) {
    const auto events = toy::events(4000, 1);
    for (const unsigned encoders : {1U, 3U}) {
        MemoryOutput output;
        Loop loop(output.sink(), options(encoders, 5000, 500));
        std::atomic<std::size_t> next{0};
        on_threads(4, [&](unsigned) {
            Handles mine(loop);
            for (std::size_t at = next++; at < events.size(); at = next++) {
                mine.fill(events[at]);
                if (at % 7 == 0) mine.filler.skip_event();
                else mine.filler.end_event();
                loop.out.count(2.0);
            }
        });
        loop.out.close();
        // In whatever order: the rows of each event are those that plain loops store.
        const auto numbers = output.file().values<std::uint64_t>("/events/number");
        std::vector<toy::Event> stored;
        for (const std::uint64_t number : numbers) stored.push_back(events.at(number));
        toy::check_file(output.file(), toy::expected(stored, Layout::columns, 4, 3, false, true), Layout::columns);
        std::set<std::uint64_t> wanted;
        for (const toy::Event& event : events)
            if (event.number % 7 != 0) wanted.insert(event.number);
        CHECK(std::set<std::uint64_t>(numbers.begin(), numbers.end()) == wanted);
        CHECK_EQUAL(numbers.size(), wanted.size());
        check::contains(__FILE__, __LINE__, output.file().text("simdprep_provenance"), R"("nominal":{"events":4000,"sum_of_weights":8000.0)");
    }
}

TEST(with_numbers_the_bytes_are_those_of_one_thread) {
    const auto events = toy::events(6000, 2);
    MemoryOutput output;
    {
        Loop loop(output.sink("one.h5"), options(1, 1 << 20, 1000));
        for (const toy::Event& event : events) {
            if (event.number % 5 == 0) continue;
            loop.events.fill(event);
            loop.jets.fill(event.jets);
            loop.tracks.fill(event.tracks());
            loop.out.end_event();
        }
        loop.out.close();
    }
    for (const unsigned fillers : {1U, 2U, 4U}) {
        const std::string name = std::to_string(fillers) + ".h5";
        Loop loop(output.sink(name), options(2, 9000, 1000));
        std::atomic<std::size_t> next{0};
        on_threads(fillers, [&](unsigned) {
            Handles mine(loop);
            for (std::size_t at = next++; at < events.size(); at = next++) {
                if (at % 97 == 0) std::this_thread::yield();
                mine.fill(events[at]);
                if (at % 5 == 0) mine.filler.skip_event(at);
                else mine.filler.end_event(at);
            }
        });
        loop.out.close();
        CHECK(output.file(name).chunks == output.file("one.h5").chunks);
        CHECK_EQUAL(output.file(name).text("simdprep_provenance"), output.file("one.h5").text("simdprep_provenance"));
    }
}

TEST(threads_that_are_far_ahead_wait) {
    const auto events = toy::events(6 * order_window, 3, 1, 1);
    MemoryOutput output;
    Loop loop(output.sink(), options(1, 1 << 16, 0));
    // Each thread has a block of numbers of its own, and the first block comes last, which is the worst that can be.
    on_threads(3, [&](unsigned thread) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100 * (2 - thread)));
        Handles mine(loop);
        const std::size_t share = events.size() / 3;
        for (std::size_t at = thread * share; at < (thread + 1) * share; ++at) {
            mine.fill(events[at]);
            mine.filler.end_event(at);
        }
    });
    loop.out.close();
    const auto numbers = output.file().values<std::uint64_t>("/events/number");
    CHECK_EQUAL(numbers.size(), events.size());
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST(a_number_that_never_comes_is_told_and_not_waited_for) {
    const auto events = toy::events(order_window + 10, 4, 1, 1);
    MemoryOutput output;
    Loop loop(output.sink(), options(1, 1 << 20, 0));
    std::atomic<std::size_t> next{0};
    std::atomic<unsigned> told{0};
    on_threads(3, [&](unsigned) {
        Handles mine(loop);
        try {
            for (std::size_t at = next++; at < events.size(); at = next++) {
                if (at == 3) continue;  // neither ended nor skipped
                mine.fill(events[at]);
                mine.filler.end_event(at);
            }
        } catch (const AlignmentError& error) {
            check::contains(__FILE__, __LINE__, error.what(), "beyond 3, which was neither ended nor skipped");
            ++told;
        }
    });
    CHECK(told > 0);
    CHECK_THROWS(AlignmentError, "event 3", loop.out.close());
    const auto numbers = output.file().values<std::uint64_t>("/events/number");
    CHECK_EQUAL(numbers.size(), order_window + 2);  // all that were taken, in order
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST(numbers_come_once_and_for_all_events) {
    MemoryOutput output;
    Loop loop(output.sink(), options(1, 1000, 0));
    Handles mine(loop);
    const toy::Event event;
    mine.fill(event);
    mine.filler.end_event(0);
    mine.fill(event);
    CHECK_THROWS(AlignmentError, "number of an event: got 0 twice", mine.filler.end_event(0));
    mine.fill(event);
    CHECK_THROWS(AlignmentError, "events with and without numbers", mine.filler.end_event());
    mine.filler.skip_event(1);
    loop.out.close();
    CHECK_EQUAL(output.file().lengths.front(), 1);
}

}  // namespace
