// Toy jets with tracks: the objects that both writers of the benchmark dump.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace benchmark {

constexpr std::size_t num_track_fields = 20;
constexpr std::size_t track_slots = 40;

struct Track {
    std::array<float, num_track_fields> values;
};

// 10 fields and tracks, 10 on average.
struct Jet {
    float pt, eta, phi, mass, energy, tag_b, tag_c, tag_u;
    std::int32_t label, index;
    std::vector<Track> tracks;
};

// The value with `bits` bits of mantissa, rounded to the nearest; 23 keeps it.
inline float rounded(float value, unsigned bits) {
    const std::uint32_t dropped = 23 - bits;
    if (dropped == 0) return value;
    const std::uint32_t half = std::uint32_t{1} << (dropped - 1);
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + half) & ~((std::uint32_t{1} << dropped) - 1));
}

// The same jets for the same number and bits of mantissa.
inline std::vector<Jet> make_jets(std::size_t number, unsigned bits) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::exponential_distribution<float> falling(1.0F);
    std::poisson_distribution<int> multiplicity(10.0);
    std::vector<Jet> jets(number);
    for (std::size_t i = 0; i < number; ++i) {
        Jet& jet = jets[i];
        jet.pt = 20.0F + 60.0F * falling(random);
        jet.eta = normal(random);
        jet.phi = 3.0F * std::tanh(normal(random));
        jet.mass = 0.1F * jet.pt * falling(random);
        jet.energy = jet.pt * std::cosh(jet.eta);
        for (float* tag : {&jet.tag_b, &jet.tag_c, &jet.tag_u}) *tag = 1.0F / (1.0F + std::exp(-normal(random)));
        jet.label = static_cast<std::int32_t>(random() % 4);
        jet.index = static_cast<std::int32_t>(i % 6);
        jet.tracks.resize(static_cast<std::size_t>(multiplicity(random)));
        for (Track& track : jet.tracks)
            for (std::size_t field = 0; field < num_track_fields; ++field)
                track.values[field] = normal(random) * std::exp(0.5F * static_cast<float>(field % 7));
        for (float* value : {&jet.pt, &jet.eta, &jet.phi, &jet.mass, &jet.energy, &jet.tag_b, &jet.tag_c, &jet.tag_u})
            *value = rounded(*value, bits);
        for (Track& track : jet.tracks)
            for (float& value : track.values) value = rounded(value, bits);
        std::ranges::sort(jet.tracks, [](const Track& a, const Track& b) { return a.values[0] > b.values[0]; });
    }
    return jets;
}

// Jets from a pool, over and over, so that any number fits into memory.
class JetLoop {
public:
    JetLoop(const std::vector<Jet>& pool, std::size_t number) : pool_(pool), number_(number) {}

    template <class Work>
    void each(Work work) const {
        for (std::size_t i = 0, at = 0; i < number_; ++i, at = at + 1 == pool_.size() ? 0 : at + 1) work(pool_[at]);
    }

private:
    const std::vector<Jet>& pool_;
    std::size_t number_;
};

// How a file is written, by both.
struct Task {
    bool compressed = true;
    bool half = false;       // the tracks' fields in half precision
    bool keeps = true;       // false: objects are filled into buffers, which are dropped
    unsigned threads = 1;
    std::size_t num_jets = 0;
};

}  // namespace benchmark
