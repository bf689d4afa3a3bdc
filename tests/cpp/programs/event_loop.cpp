// An event loop as a user writes it, for tests that kill it, fill the disk under it, and send it signals.
//
//     event_loop OUTPUT [events N] [part_rows N] [batch_bytes N] [threads N] [fillers N] [overwrite] [finish_on_signal] [slow]
//                [forget | throw] [own_log]
//
// `fillers` threads fill, in the order of the event numbers; 0 fills from this thread. `slow` waits a little after
// each event. `forget` returns without close(); `throw` leaves the loop by an exception of its own after half of the
// events. Says "filling" when it begins; in the end what the summary tells, or the error, on stderr. Exits with the
// code of the error. Warnings go to stderr, with `own_log` to stdout.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <set>
#include <simdprep/hdf5.hpp>
#include <simdprep/simdprep.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "loop_events.hpp"

namespace {

struct Words {
    std::string output;
    std::map<std::string, std::uint64_t> numbers = {{"events", 5000}, {"part_rows", 2048}, {"batch_bytes", 65536},
                                                    {"threads", 1}, {"fillers", 0}};
    std::set<std::string> flags;

    Words(int count, char** words) {
        if (count < 2) throw std::runtime_error("expected OUTPUT [NAME NUMBER | FLAG]...");
        output = words[1];
        for (int i = 2; i < count; ++i) {
            const std::string word = words[i];
            if (numbers.contains(word) && i + 1 < count) numbers[word] = std::stoull(words[++i]);
            else flags.insert(word);
        }
    }
    bool has(const std::string& flag) const { return flags.contains(flag); }
};

struct Objects {
    simdprep::ObjectWriter<loop::Event> events;
    simdprep::ObjectWriter<loop::Jet> jets;
    simdprep::ObjectWriter<loop::Track> tracks;

    void fill(const loop::Event& event) {
        events.fill(event);
        jets.fill(event.jets);
        tracks.fill(event.tracks);
    }
};

Objects declare(simdprep::Writer& out) {
    simdprep::Columns<loop::Event> events;
    events.add("number", [](const loop::Event& event) { return event.number; })
        .add("weight", [](const loop::Event& event) { return event.weight; });
    simdprep::Columns<loop::Jet> jets;
    jets.add("pt", [](const loop::Jet& jet) { return jet.pt; }).add("index", [](const loop::Jet& jet) { return jet.index; });
    simdprep::Columns<loop::Track> tracks;
    tracks.add("d0", [](const loop::Track& track) { return track.d0; })
        .add("charge", [](const loop::Track& track) { return track.charge; });
    auto event_row = out.objects("events", events);
    auto jet_rows = out.objects("jets", jets, {.max_length = loop::jet_slots});
    auto track_rows = out.objects("tracks", tracks, {.max_length = {loop::jet_slots, loop::track_slots}, .parent = jet_rows});
    return {event_row, jet_rows, track_rows};
}

// Several threads take the next event each, and end it with its number.
void fill_from_threads(simdprep::Writer& out, const Objects& shared, std::uint64_t num_events, std::uint64_t num_threads) {
    std::atomic<std::uint64_t> next = 0;
    std::vector<std::thread> threads;
    std::vector<std::exception_ptr> errors(num_threads);
    for (std::uint64_t i = 0; i < num_threads; ++i) {
        threads.emplace_back([&, i] {
            try {
                simdprep::Filler mine = out.filler();
                Objects rows{mine.of(shared.events), mine.of(shared.jets), mine.of(shared.tracks)};
                for (std::uint64_t event = next++; event < num_events; event = next++) {
                    rows.fill(loop::make_event(event));
                    mine.end_event(event);
                }
            } catch (...) {
                errors[i] = std::current_exception();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& error : errors)
        if (error) std::rethrow_exception(error);
}

void run(const Words& words) {
    simdprep::WriterOptions options;
    options.threads = static_cast<unsigned>(words.numbers.at("threads"));
    options.part_rows = words.numbers.at("part_rows");
    options.batch_bytes = words.numbers.at("batch_bytes");
    options.finish_on_signal = words.has("finish_on_signal");
    if (words.has("own_log")) options.log = [](const std::string& text) { std::cout << text << std::endl; };
    simdprep::Writer out(simdprep::Hdf5Sink(words.output, {.overwrite = words.has("overwrite")}), options);
    Objects rows = declare(out);
    const std::uint64_t num_events = words.numbers.at("events");
    std::cout << "filling" << std::endl;
    if (const std::uint64_t fillers = words.numbers.at("fillers")) {
        fill_from_threads(out, rows, num_events, fillers);
    } else {
        for (std::uint64_t event = 0; event < num_events; ++event) {
            rows.fill(loop::make_event(event));
            out.end_event();
            if (words.has("slow")) std::this_thread::sleep_for(std::chrono::microseconds(100));
            if (words.has("throw") && event == num_events / 2) throw std::runtime_error("a mistake of the user");
        }
    }
    if (words.has("forget")) return;
    const simdprep::WriteSummary summary = out.close();
    for (const std::string& line : summary.told) std::cerr << line << "\n";
}

}  // namespace

int main(int count, char** words) {
    try {
        run(Words(count, words));
        return 0;
    } catch (const simdprep::Error& error) {
        std::cerr << error.what() << "\n";
        return error.exit_code();
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 99;
    }
}
