#include "ours.hpp"

#include <cmath>
#include <simdprep/hdf5.hpp>
#include <simdprep/simdprep.hpp>

namespace benchmark {
namespace {

simdprep::Columns<Jet> jet_columns() {
    simdprep::Columns<Jet> jets;
    jets.add("pt", [](const Jet& jet) { return jet.pt; })
        .add("eta", [](const Jet& jet) { return jet.eta; })
        .add("phi", [](const Jet& jet) { return jet.phi; })
        .add("mass", [](const Jet& jet) { return jet.mass; })
        .add("energy", [](const Jet& jet) { return jet.energy; })
        .add("tag_b", [](const Jet& jet) { return jet.tag_b; })
        .add("tag_c", [](const Jet& jet) { return jet.tag_c; })
        .add("tag_u", [](const Jet& jet) { return jet.tag_u; })
        .add("label", [](const Jet& jet) { return jet.label; })
        .add("index", [](const Jet& jet) { return jet.index; });
    return jets;
}

simdprep::Columns<Track> track_columns(bool half) {
    simdprep::ColumnOptions options;
    if (half) options.dtype = simdprep::half;
    simdprep::Columns<Track> tracks;
    for (std::size_t field = 0; field < num_track_fields; ++field)
        tracks.add("v" + std::to_string(field), [field](const Track& track) { return track.values[field]; }, options);
    return tracks;
}

}  // namespace

void write_ours(const std::string& path, const JetLoop& loop, const Task& task) {
    simdprep::Writer out(simdprep::Hdf5Sink(path, {.overwrite = true}),
                         {.threads = task.threads, .compression = task.compressed ? "gzip" : "none", .log = [](const std::string&) {}});
    auto jets = out.objects("jets", jet_columns());
    auto tracks = out.objects("tracks", track_columns(task.half), {.max_length = track_slots});
    loop.each([&](const Jet& jet) {
        jets.fill(jet);
        tracks.fill(jet.tracks);
        if (task.keeps) out.end_event();
        else out.skip_event();
    });
    out.close();
}

}  // namespace benchmark
