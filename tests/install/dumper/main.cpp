// dumper OUTPUT LAYOUT ROWS EVENTS PART_ROWS COMPRESSION: events that are arithmetic alone, so that a test knows them.
#include <simdprep/hdf5.hpp>
#include <simdprep/simdprep.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

struct Track {
    std::int64_t number;
    double d0() const { return static_cast<double>(number) / 16 - 2; }
    float z0() const { return static_cast<float>(number % 9) / 2; }
};

enum class Flavour : std::uint8_t { light, charm, bottom };

struct Jet {
    std::int64_t number;
    std::vector<std::unique_ptr<Track>> tracks;
    float pt() const { return static_cast<float>(20 + static_cast<double>(number * 37 % 101) / 8); }
};

struct Event {
    std::uint64_t number;
    std::vector<Jet> jets;
};

std::vector<Event> make_events(std::uint64_t count) {
    std::vector<Event> events;
    std::int64_t jets = 0;
    std::int64_t tracks = 0;
    for (std::uint64_t number = 0; number < count; ++number) {
        Event event{number, {}};
        for (std::uint64_t jet = 0; jet < number * 7 % 5; ++jet) {
            event.jets.push_back({jets++, {}});
            for (std::int64_t track = 0; track < event.jets.back().number * 5 % 4; ++track)
                event.jets.back().tracks.push_back(std::make_unique<Track>(Track{tracks++}));
        }
        events.push_back(std::move(event));
    }
    return events;
}

void dump(const std::vector<std::string>& arguments) {
    simdprep::Columns<Event> event_columns;
    event_columns.add("number", [](const Event& event) { return event.number + (std::uint64_t{1} << 60); })
        .add("weight", [](const Event& event) { return 1 - static_cast<double>(event.number % 3) / 4; })
        .add("trigger", [](const Event& event) { return event.number % 5 == 0; });

    simdprep::Columns<Jet> jet_columns;
    jet_columns.add("pt", &Jet::pt, {.fill = NAN, .unit = "GeV", .description = "transverse momentum"})
        .add("eta", [](const Jet& jet) { return static_cast<float>(jet.number % 11) / 4 - 1.25F; }, {.dtype = simdprep::half})
        .add("charge", [](const Jet& jet) { return static_cast<std::int8_t>(jet.number % 3 - 1); }, {.fill = -9})
        .add("flavour", [](const Jet& jet) { return static_cast<Flavour>(jet.number % 3); })
        .add("index", [](const Jet& jet) { return static_cast<std::int16_t>(jet.number % 5 - 2); })
        .add("bits", [](const Jet& jet) { return static_cast<std::uint16_t>(jet.number * 1021); })
        .add("tagged", [](const Jet& jet) { return jet.number % 2 == 0; })
        .add("score", [](const Jet& jet) { return jet.number % 4 == 0 ? std::nullopt : std::optional<float>(0.5F); });

    simdprep::Columns<Track> track_columns;
    track_columns.add("d0", &Track::d0, {.fill = 0})
        .add("z0", &Track::z0)
        .add("hits", [](const Track& track) { return static_cast<std::int32_t>(track.number % 14); })
        .add("code", [](const Track& track) { return static_cast<std::uint32_t>(track.number * 65537); })
        .add("id", [](const Track& track) { return track.number - 5; });

    simdprep::WriterOptions options{.threads = 2, .compression = arguments[6], .part_rows = std::stoull(arguments[5])};
    options.layout = simdprep::layout_from(arguments[2]);
    simdprep::Writer out(simdprep::Hdf5Sink(arguments[1], {.overwrite = true}), options);
    const bool rows_are_jets = arguments[3] == "jets";
    auto event_row = out.objects("events", event_columns);
    auto jet_rows = rows_are_jets ? out.rows("jets", jet_columns) : out.objects("jets", jet_columns, {.max_length = 3});
    auto track_rows = rows_are_jets ? out.objects("tracks", track_columns, {.max_length = 2, .parent = jet_rows})
                                    : out.objects("tracks", track_columns, {.max_length = {3, 2}, .parent = jet_rows});
    for (const Event& event : make_events(std::stoull(arguments[4]))) {
        std::vector<const std::vector<std::unique_ptr<Track>>*> tracks;
        for (const Jet& jet : event.jets) tracks.push_back(&jet.tracks);
        event_row.fill(event);
        jet_rows.fill(event.jets);
        track_rows.fill(tracks);
        out.end_event();
    }
    std::cout << out.close();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7) return EXIT_FAILURE;
    try {
        dump({argv, argv + argc});
    } catch (const simdprep::Error& error) {
        std::cerr << error.what() << '\n';
        return error.exit_code();
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
