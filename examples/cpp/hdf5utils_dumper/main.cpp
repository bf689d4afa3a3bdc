// hdf5utils_dumper OUTPUT: a dumper that was written for ATLAS HDF5Utils. What was changed is marked.
#include <simdprep/hdf5utils.hpp>            // was <HDF5Utils/Writer.h>
namespace H5Utils = simdprep::hdf5utils;     // new
namespace H5 = simdprep::hdf5utils;          // new

#include <cmath>
#include <random>
#include <vector>

struct Track { float d0; float z0; int hits; };
struct Jet { float pt; float eta; int flavour; std::vector<Track> tracks; };

std::vector<Jet> make_jets(unsigned event) {
    std::mt19937 random(event);
    const auto uniform = [&](float low, float high) { return std::uniform_real_distribution<float>(low, high)(random); };
    std::vector<Jet> jets(random() % 6);
    for (Jet& jet : jets) {
        jet = {uniform(20, 300), uniform(-2.5, 2.5), static_cast<int>(random() % 6), {}};
        for (auto track = random() % 60; track > 0; --track)
            jet.tracks.push_back({uniform(-1, 1), uniform(-10, 10), static_cast<int>(random() % 14)});
    }
    return jets;
}

int main(int argc, char** argv) {
    H5::H5File file(argc > 1 ? argv[1] : "jets.h5", H5F_ACC_TRUNC);

    H5Utils::Consumers<const Jet*> jet_fields;
    jet_fields.add("pt", [](const Jet* jet) { return jet->pt; }, NAN);
    jet_fields.add("eta", [](const Jet* jet) { return jet->eta; }, NAN, H5Utils::Compression::HALF_PRECISION);
    jet_fields.add("flavour", [](const Jet* jet) { return jet->flavour; }, -1);
    jet_fields.add("n_tracks", [](const Jet* jet) { return jet->tracks.size(); });

    H5Utils::Consumers<const Track&> track_fields;
    track_fields.add("d0", [](const Track& track) { return track.d0; }, NAN);
    track_fields.add("z0", [](const Track& track) { return track.z0; }, NAN);
    track_fields.add("hits", [](const Track& track) { return track.hits; }, -1);
    track_fields.add("valid", [](const Track&) { return true; }, false);

    H5Utils::Writer<0, const Jet*> jet_writer(file, "jets", jet_fields);
    H5Utils::Writer<1, const Track&> track_writer(file, "tracks", track_fields, {{40}});

    for (unsigned event = 0; event < 1000; ++event) {
        for (const Jet& jet : make_jets(event)) {
            jet_writer.fill(&jet);
            track_writer.fill(jet.tracks);
        }
    }
    jet_writer.flush();
    track_writer.flush();
}
