// hdf5utils_reference INPUT OUTPUT: the dumper that the reference file of HDF5Utils was made with, on our calls. The
// input has a line per event and object: "event ...", "jet ...", "muon ...", floats in hexadecimal.
#include <simdprep/hdf5utils.hpp>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace H5Utils = simdprep::hdf5utils;
namespace H5 = simdprep::hdf5utils;

using Values = std::vector<double>;  // of one line; they hold every integer and float of the input exactly

struct Event {
    Values numbers;
    std::vector<Values> jets;
    std::vector<Values> muons;
};

std::vector<Event> read_events(const char* path) {
    std::vector<Event> events;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string kind;
        words >> kind;
        Values values;
        for (std::string word; words >> word;) values.push_back(std::stod(word));
        if (kind == "event") events.push_back({values, {}, {}});
        else (kind == "jet" ? events.back().jets : events.back().muons).push_back(values);
    }
    return events;
}

// The field of a number of a line, with the type that it has in NanoAOD.
template <class V>
auto number(std::size_t at) {
    return [at](const Values& values) { return static_cast<V>(values[at]); };
}

int main(int argc, char** argv) {
    if (argc != 3) return 1;
    H5::H5File file(argv[2], H5F_ACC_TRUNC);

    H5Utils::Consumers<const Values&> event;
    event.add("eventNumber", number<std::uint64_t>(0));
    event.add("runNumber", number<std::uint32_t>(1));
    event.add("MET_pt", number<float>(2), NAN);
    event.add("genWeight", number<float>(3), NAN);
    event.add("nJet", number<std::int32_t>(4), -1);
    event.add("nMuon", number<std::int32_t>(5), -1);

    H5Utils::Consumers<const Values&> jets;
    const char* floats[] = {"pt", "eta", "phi", "mass"};
    for (std::size_t at = 0; at < 4; ++at) jets.add(floats[at], number<float>(at), NAN);
    jets.add("btagDeepFlavB", number<float>(4), NAN, H5Utils::Compression::HALF_PRECISION);
    jets.add("nConstituents", number<std::uint8_t>(5));
    jets.add("hadronFlavour", number<std::int32_t>(6), -1);
    jets.add("jetId", number<signed char>(7), -1);
    jets.add("valid", [](const Values&) { return true; }, false);

    H5Utils::Consumers<const Values&> muons;
    for (std::size_t at = 0; at < 3; ++at) muons.add(floats[at], number<float>(at), NAN);
    muons.add("charge", number<std::int32_t>(3));
    muons.add("tightId", number<bool>(4), false);
    muons.add("valid", [](const Values&) { return true; }, false);

    H5Utils::Writer<0, const Values&> event_writer(file, "eventwise", event);
    H5Utils::Writer<1, const Values&> jet_writer(file, "jets", jets, {{10}});
    H5Utils::Writer<1, const Values&> muon_writer(file, "muons", muons, {{5}});
    for (const Event& each : read_events(argv[1])) {
        event_writer.fill(each.numbers);
        jet_writer.fill(each.jets);
        muon_writer.fill(each.muons);
    }
}
