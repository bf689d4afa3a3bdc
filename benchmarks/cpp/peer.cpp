#include "peer.hpp"

#include <cmath>

namespace benchmark {
namespace {

constexpr int deflate_level = 7;  // HDF5Utils' default; it does not shuffle

Consumers<Jet> jet_consumers() {
    Consumers<Jet> jets;
    const auto real = [&](const char* name, float Jet::*member) {
        jets.add<float>(name, [member](const Jet& jet) { return jet.*member; }, NAN);
    };
    real("pt", &Jet::pt);
    real("eta", &Jet::eta);
    real("phi", &Jet::phi);
    real("mass", &Jet::mass);
    real("energy", &Jet::energy);
    real("tag_b", &Jet::tag_b);
    real("tag_c", &Jet::tag_c);
    real("tag_u", &Jet::tag_u);
    jets.add<std::int32_t>("label", [](const Jet& jet) { return jet.label; }, -1);
    jets.add<std::int32_t>("index", [](const Jet& jet) { return jet.index; }, -1);
    return jets;
}

Consumers<Track> track_consumers(bool half) {
    Consumers<Track> tracks;
    for (std::size_t field = 0; field < num_track_fields; ++field)
        tracks.add<float>("v" + std::to_string(field), [field](const Track& track) { return track.values[field]; }, NAN, half);
    tracks.add<bool>("valid", [](const Track&) { return true; }, false);
    return tracks;
}

}  // namespace

void write_peer(const std::string& path, const JetLoop& loop, const Task& task, Choice choice) {
    const int level = task.compressed ? deflate_level : 0;
    const hid_t file = checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    PointWriter<Jet> jets(file, "jets", jet_consumers(), 0, level, choice, task.keeps);
    PointWriter<Track> tracks(file, "tracks", track_consumers(task.half), track_slots, level, choice, task.keeps);
    loop.each([&](const Jet& jet) {
        jets.fill(jet);
        tracks.fill(jet.tracks);
    });
    jets.close();
    tracks.close();
    checked(H5Fclose(file));
}

}  // namespace benchmark
