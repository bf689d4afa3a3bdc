// The events of the event loops that are killed: every value a formula of its numbers, in C++ and in Python alike
// (tests/faults/loop_events.py has the same formulas).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace loop {

constexpr std::size_t jet_slots = 4;
constexpr std::size_t track_slots = 3;

// A number below 65,536 that looks random.
inline std::uint64_t number(std::uint64_t event, std::uint64_t salt) {
    return ((event * 2654435761U + salt * 40503U) >> 7U) & 0xFFFFU;
}

struct Track {
    float d0 = 0;
    std::int8_t charge = 0;
};

struct Jet {
    float pt = 0;
    std::int32_t index = 0;
};

struct Event {
    std::int64_t number = 0;
    double weight = 0;
    std::vector<Jet> jets;
    std::vector<std::vector<Track>> tracks;  // of the jets
};

inline Event make_event(std::uint64_t event) {
    Event made;
    made.number = static_cast<std::int64_t>(event);
    made.weight = static_cast<double>(number(event, 2)) / 256;
    for (std::uint64_t i = 0; i < number(event, 1) % 7; ++i) {
        const std::uint64_t jet = event * 8 + i;
        made.jets.push_back({static_cast<float>(number(event, 10 + i)) / 4, static_cast<std::int32_t>(i)});
        std::vector<Track>& tracks = made.tracks.emplace_back();
        for (std::uint64_t k = 0; k < number(jet, 3) % 4; ++k) {
            tracks.push_back({static_cast<float>(number(jet, 20 + k)) / 256,
                              static_cast<std::int8_t>(static_cast<int>(number(jet, 30 + k) % 3) - 1)});
        }
    }
    return made;
}

}  // namespace loop
