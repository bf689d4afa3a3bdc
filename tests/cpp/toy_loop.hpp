// Toy events, and the obvious way to store them: plain loops over nested vectors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "memory_sink.hpp"
#include "simdprep/columns.hpp"
#include "simdprep/format.hpp"

namespace toy {

struct Track {
    float d0 = 0;
    std::int32_t hits = 0;
};
struct Jet {
    float pt = 0;
    std::int8_t charge = 0;
    std::vector<Track> tracks;
};
struct Event {
    std::uint64_t number = 0;
    double met = 0;
    std::vector<Jet> jets;

    [[nodiscard]] std::vector<std::vector<Track>> tracks() const {
        std::vector<std::vector<Track>> lists;
        for (const Jet& jet : jets) lists.push_back(jet.tracks);
        return lists;
    }
};

inline std::vector<Event> events(std::size_t count, unsigned seed, unsigned most_jets = 6, unsigned most_tracks = 5) {
    std::mt19937 random(seed);
    std::vector<Event> events(count);
    for (std::size_t number = 0; number < count; ++number) {
        events[number].number = number;
        events[number].met = static_cast<double>(random() % 10000) / 16;
        events[number].jets.resize(random() % (most_jets + 1));
        for (Jet& jet : events[number].jets) {
            jet.pt = static_cast<float>(random() % 800) / 8;  // equal ones occur
            jet.charge = static_cast<std::int8_t>(static_cast<int>(random() % 3) - 1);
            jet.tracks.resize(random() % (most_tracks + 1));
            for (Track& track : jet.tracks) track = {static_cast<float>(random() % 1000) / 64, static_cast<std::int32_t>(random() % 20)};
        }
    }
    return events;
}

inline simdprep::Columns<Event> event_columns() {
    simdprep::Columns<Event> columns;
    columns.add("number", &Event::number).add("met", &Event::met, {.unit = "GeV", .description = "missing energy"});
    return columns;
}
inline simdprep::Columns<Jet> jet_columns() {
    simdprep::Columns<Jet> columns;
    columns.add("pt", [](const Jet& jet) { return jet.pt; }, {.unit = "GeV"}).add("charge", &Jet::charge, {.fill = -9});
    return columns;
}
inline simdprep::Columns<Track> track_columns() {
    simdprep::Columns<Track> columns;
    columns.add("d0", &Track::d0, {.fill = 0}).add("hits", &Track::hits);
    return columns;
}

// A range that makes what it holds when one comes by: its elements are gone with the step.
template <class Make>
class OnTheWay {
public:
    OnTheWay(const std::vector<Jet>& jets, Make make) : jets_(jets), make_(make) {}

    struct Iterator {
        using difference_type = std::ptrdiff_t;
        using value_type = decltype(std::declval<Make>()(std::declval<const Jet&>()));

        const OnTheWay* range = nullptr;
        std::size_t at = 0;

        value_type operator*() const { return range->make_(range->jets_[at]); }
        Iterator& operator++() {
            ++at;
            return *this;
        }
        Iterator operator++(int) { return {range, at++}; }
        bool operator==(const Iterator& other) const { return at == other.at; }
    };
    [[nodiscard]] Iterator begin() const { return {this, 0}; }
    [[nodiscard]] Iterator end() const { return {this, jets_.size()}; }

private:
    const std::vector<Jet>& jets_;
    Make make_;
};

// What is done to the jets of an event before they are stored.
inline std::vector<Jet> arranged(std::vector<Jet> jets, bool select, bool order) {
    if (select) std::erase_if(jets, [](const Jet& jet) { return jet.pt < 20; });
    if (order) std::stable_sort(jets.begin(), jets.end(), [](const Jet& one, const Jet& other) { return one.pt > other.pt; });
    return jets;
}

// The slow writer: what a file must hold, one row of slots after the other. Tracks hang on jets.
struct Expected {
    std::vector<std::uint64_t> number;
    std::vector<double> met;
    std::vector<float> pt;
    std::vector<std::int8_t> charge;
    std::vector<std::uint8_t> jet_valid;
    std::vector<std::uint32_t> jet_count;
    std::vector<float> d0;
    std::vector<std::int32_t> hits;
    std::vector<std::uint8_t> track_valid;
    std::vector<std::uint32_t> track_count;
    std::vector<std::int64_t> jet_offsets{0};
    std::vector<std::int64_t> track_offsets{0};
    std::uint64_t jets_lost = 0;
    std::uint64_t tracks_lost = 0;

    // Slots of one list of tracks, or of none at all.
    void add_tracks(const std::vector<Track>* tracks, std::size_t pad) {
        const std::size_t count = tracks == nullptr ? 0 : tracks->size();
        for (std::size_t slot = 0; slot < pad; ++slot) {
            const bool real = slot < count;
            d0.push_back(real ? (*tracks)[slot].d0 : 0);
            hits.push_back(real ? (*tracks)[slot].hits : -1);
            track_valid.push_back(real ? 1 : 0);
        }
        track_count.push_back(static_cast<std::uint32_t>(count));
    }

    void add_padded(const Event& event, std::size_t jet_pad, std::size_t track_pad) {
        number.push_back(event.number);
        met.push_back(event.met);
        jet_count.push_back(static_cast<std::uint32_t>(event.jets.size()));
        for (std::size_t slot = 0; slot < jet_pad; ++slot) {
            const bool real = slot < event.jets.size();
            pt.push_back(real ? event.jets[slot].pt : std::numeric_limits<float>::quiet_NaN());
            charge.push_back(real ? event.jets[slot].charge : std::int8_t{-9});
            jet_valid.push_back(real ? 1 : 0);
            add_tracks(real ? &event.jets[slot].tracks : nullptr, track_pad);
        }
        for (std::size_t jet = 0; jet < event.jets.size(); ++jet) {
            const std::size_t tracks = event.jets[jet].tracks.size();
            if (jet >= jet_pad) ++jets_lost;
            tracks_lost += jet >= jet_pad ? tracks : tracks - std::min(tracks, track_pad);
        }
    }

    void add_ragged(const Event& event) {
        number.push_back(event.number);
        met.push_back(event.met);
        for (const Jet& jet : event.jets) {
            pt.push_back(jet.pt);
            charge.push_back(jet.charge);
            for (const Track& track : jet.tracks) {
                d0.push_back(track.d0);
                hits.push_back(track.hits);
            }
            track_offsets.push_back(static_cast<std::int64_t>(d0.size()));
        }
        jet_offsets.push_back(static_cast<std::int64_t>(pt.size()));
    }
};

// NaN is equal to itself here.
template <class V>
bool same(const std::vector<V>& got, const std::vector<V>& wanted) {
    return got.size() == wanted.size() && std::equal(got.begin(), got.end(), wanted.begin(), [](V one, V other) {
        return one == other || (one != one && other != other);
    });
}

inline Expected expected(const std::vector<Event>& events, simdprep::Layout layout, std::size_t jet_pad, std::size_t track_pad,
                         bool select, bool order) {
    Expected result;
    for (Event event : events) {
        event.jets = arranged(event.jets, select, order);
        if (layout == simdprep::Layout::ragged) result.add_ragged(event);
        else result.add_padded(event, jet_pad, track_pad);
    }
    return result;
}

inline void check_file(const check::StoredFile& file, const Expected& wanted, simdprep::Layout layout) {
    const std::string dot = layout == simdprep::Layout::compound ? "." : "/";
    CHECK(same(file.values<std::uint64_t>("/events" + dot + "number"), wanted.number));
    CHECK(same(file.values<double>("/events" + dot + "met"), wanted.met));
    CHECK(same(file.values<float>("/jets" + dot + "pt"), wanted.pt));
    CHECK(same(file.values<std::int8_t>("/jets" + dot + "charge"), wanted.charge));
    CHECK(same(file.values<float>("/tracks" + dot + "d0"), wanted.d0));
    CHECK(same(file.values<std::int32_t>("/tracks" + dot + "hits"), wanted.hits));
    if (layout == simdprep::Layout::ragged) {
        CHECK(same(file.values<std::int64_t>("/jets/offsets"), wanted.jet_offsets));
        CHECK(same(file.values<std::int64_t>("/tracks/offsets"), wanted.track_offsets));
        return;
    }
    CHECK(same(file.values<std::uint8_t>("/jets" + dot + "valid"), wanted.jet_valid));
    CHECK(same(file.values<std::uint8_t>("/tracks" + dot + "valid"), wanted.track_valid));
    const bool compound = layout == simdprep::Layout::compound;
    CHECK(same(file.values<std::uint32_t>(compound ? "/events.n_jets" : "/jets/count"), wanted.jet_count));
    CHECK(same(file.values<std::uint32_t>(compound ? "/jets.n_tracks" : "/tracks/count"), wanted.track_count));
    CHECK_EQUAL(std::get<std::uint64_t>(file.attribute("/jets", "simdprep_num_truncated")), wanted.jets_lost);
    CHECK_EQUAL(std::get<std::uint64_t>(file.attribute("/tracks", "simdprep_num_truncated")), wanted.tracks_lost);
}

}  // namespace toy
