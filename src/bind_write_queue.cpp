#include "bind.hpp"
#include "simdprep/detail/write_queue.hpp"
#include "simdprep/error.hpp"
#include "simdprep/part.hpp"

namespace simdprep::bind {
namespace {

using Addresses = py::array_t<std::uint64_t, py::array::c_style>;

// The chunks of a run, taken out of it, each with its place.
std::vector<detail::PlacedBytes> placed(Part& run, const Addresses& addresses) {
    std::vector<detail::PlacedBytes> pieces;
    pieces.reserve(static_cast<std::size_t>(addresses.size()));
    for (StoredDataset& stored : run.datasets) {
        for (StoredChunk& chunk : stored.chunks) {
            if (pieces.size() == static_cast<std::size_t>(addresses.size())) throw InternalError("a run with more chunks than places");
            pieces.push_back({addresses.data()[pieces.size()], std::move(chunk.bytes)});
        }
        stored.chunks.clear();
    }
    return pieces;
}

}  // namespace

void bind_write_queue(py::module_& module) {
    using namespace py::literals;
    py::class_<detail::WriteQueue>(module, "WriteQueue")
        .def(py::init<int, bool>(), "file"_a, "threaded"_a)
        .def(
            "put",
            [](detail::WriteQueue& queue, Part& run, const Addresses& addresses) {
                std::vector<detail::PlacedBytes> pieces = placed(run, addresses);
                const ReleasedGil release;
                queue.put(std::move(pieces));
            },
            "run"_a, "addresses"_a, "Takes the chunks of a run, dataset by dataset, without waiting until they are written.")
        .def_property_readonly("failure", &detail::WriteQueue::failure, "The errno of a write that failed, or 0.")
        .def("finish", &detail::WriteQueue::finish, py::call_guard<ReleasedGil>(), "Waits; returns the errno of a write that failed, or 0.");
}

}  // namespace simdprep::bind
