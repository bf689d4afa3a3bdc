// A Python module of one's own: its events live in C++, Python steers the loop, and C++ dumps them.
//
//     import simdprep as sp, toy_detector
//     with toy_detector.Dumper("out.h5") as out:
//         for event in toy_detector.simulate(1000, seed=1):
//             if event.met > 20: out.fill(event)
//     sp.open("out.h5")["tracks"]["d0"][:10]
//
// This module links the HDF5 of the system, and h5py brings another one into the same Python: two libraries, with
// tables of open files of their own. That is safe as long as nothing of one is given to the other. So:
//   - only paths and numbers cross between C++ and Python, never an hid_t, nor an h5py.File's id;
//   - a file is closed on one side before the other opens it (Hdf5Sink closes each part before it gets its name);
//   - this module is loaded as Python loads modules, its symbols not shown to others (no RTLD_GLOBAL);
//   - the GIL is kept while the writer works: if both happen to be one library, h5py's lock protects it.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <simdprep/hdf5.hpp>
#include <simdprep/simdprep.hpp>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace py = pybind11;

namespace {

struct Track { float pt; float d0; std::int8_t charge; };
struct Event { std::int64_t number; float met; std::vector<Track> tracks; };

std::vector<Event> simulate(std::int64_t num_events, std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto uniform = [&] { return static_cast<float>(random()) / 4294967296.0F; };
    std::vector<Event> events;
    for (std::int64_t number = 0; number < num_events; ++number) {
        Event event{number, 100 * uniform(), {}};
        for (auto left = random() % 12; left > 0; --left)
            event.tracks.push_back({50 * uniform(), uniform() - 0.5F, static_cast<std::int8_t>(random() % 2 ? 1 : -1)});
        events.push_back(std::move(event));
    }
    return events;
}

class Dumper {
public:
    explicit Dumper(const std::string& path)
        : out_(simdprep::Hdf5Sink(path), {.threads = 2}),
          events_(out_.objects("events", event_columns())),
          tracks_(out_.objects("tracks", track_columns(), {.max_length = 8, .order_by = "-pt"})) {}

    void fill(const Event& event) {
        events_.fill(event);
        tracks_.fill(event.tracks);
        out_.end_event();
    }
    std::uint64_t close() { return out_.close().num_events; }
    void abandon() { out_.abandon(); }

private:
    static simdprep::Columns<Event> event_columns() {
        simdprep::Columns<Event> events;
        events.add("number", [](const Event& event) { return event.number; })
            .add("met", [](const Event& event) { return event.met; }, {.unit = "GeV"});
        return events;
    }
    static simdprep::Columns<Track> track_columns() {
        simdprep::Columns<Track> tracks;
        tracks.add("pt", [](const Track& track) { return track.pt; }, {.unit = "GeV"})
            .add("d0", [](const Track& track) { return track.d0; }, {.unit = "mm"})
            .add("charge", [](const Track& track) { return track.charge; }, {.fill = 0});
        return tracks;
    }

    simdprep::Writer out_;
    simdprep::ObjectWriter<Event> events_;
    simdprep::ObjectWriter<Track> tracks_;
};

}  // namespace

PYBIND11_MODULE(toy_detector, module) {
    py::class_<Track>(module, "Track").def_readonly("pt", &Track::pt).def_readonly("d0", &Track::d0)
        .def_readonly("charge", &Track::charge);
    py::class_<Event>(module, "Event").def_readonly("number", &Event::number).def_readonly("met", &Event::met)
        .def_readonly("tracks", &Event::tracks);
    module.def("simulate", &simulate, py::arg("num_events"), py::arg("seed") = 1);
    // Errors of simdprep are std::runtime_error: Python gets a RuntimeError with their whole text.
    py::class_<Dumper>(module, "Dumper")
        .def(py::init<const std::string&>())
        .def("fill", &Dumper::fill)
        .def("close", &Dumper::close)
        .def("__enter__", [](Dumper& out) -> Dumper& { return out; })
        .def("__exit__", [](Dumper& out, const py::object& kind, const py::object&, const py::object&) {
            if (kind.is_none()) out.close();
            else out.abandon();
        });
}
