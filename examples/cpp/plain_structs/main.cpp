// plain_structs OUTPUT: an event loop over plain structs.
#include <simdprep/hdf5.hpp>
#include <simdprep/simdprep.hpp>

#include <cmath>
#include <cstdint>
#include <iostream>
#include <random>
#include <vector>

struct Track { float d0; float z0; int hits; };
struct Jet { float pt; float eta; float phi; bool is_b; std::vector<Track> tracks; };
struct Event { std::uint64_t number; float met; double weight; std::vector<Jet> jets; };

Event make_event(std::uint64_t number) {
    std::mt19937_64 random(number);
    const auto uniform = [&](float low, float high) { return std::uniform_real_distribution<float>(low, high)(random); };
    Event event{number, uniform(0, 200), uniform(0, 1) < 0.1 ? -1.0 : 1.0, {}};
    for (auto jet = random() % 8; jet > 0; --jet) {
        event.jets.push_back({uniform(20, 300), uniform(-2.5, 2.5), uniform(-3.14F, 3.14F), random() % 4 == 0, {}});
        for (auto track = random() % 12; track > 0; --track)
            event.jets.back().tracks.push_back({uniform(-1, 1), uniform(-10, 10), static_cast<int>(random() % 14)});
    }
    return event;
}

int main(int argc, char** argv) try {
    simdprep::Columns<Event> events;
    events.add("number", &Event::number).add("met", &Event::met, {.unit = "GeV"}).add("weight", &Event::weight);

    simdprep::Columns<Jet> jets;
    jets.add("pt", &Jet::pt, {.fill = NAN, .unit = "GeV"}).add("eta", &Jet::eta).add("phi", &Jet::phi).add("is_b", &Jet::is_b);

    simdprep::Columns<Track> tracks;
    tracks.add("d0", &Track::d0, {.unit = "mm"}).add("z0", &Track::z0, {.unit = "mm"}).add("hits", &Track::hits, {.fill = -1});

    simdprep::Writer out(simdprep::Hdf5Sink(argc > 1 ? argv[1] : "train.h5", {.overwrite = true}), {.threads = 4});
    auto event_row = out.objects("events", events);
    auto jet_rows = out.objects("jets", jets, {.max_length = 6, .order_by = "-pt"});
    auto track_rows = out.objects("tracks", tracks, {.max_length = {6, 10}, .parent = jet_rows});

    for (std::uint64_t number = 0; number < 10'000; ++number) {
        const Event event = make_event(number);
        std::vector<const std::vector<Track>*> tracks_of_jets;
        for (const Jet& jet : event.jets) tracks_of_jets.push_back(&jet.tracks);
        event_row.fill(event);
        jet_rows.fill(event.jets);
        track_rows.fill(tracks_of_jets);
        out.end_event();
    }
    std::cout << out.close();
} catch (const simdprep::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_code();
}
