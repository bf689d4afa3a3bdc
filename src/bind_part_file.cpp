#include "bind.hpp"
#include "simdprep/detail/sha256.hpp"
#include "simdprep/manifest.hpp"
#include "simdprep/part_file.hpp"

namespace simdprep::bind {
namespace {

void bind_manifest(py::module_& module) {
    using namespace py::literals;
    py::class_<Manifest>(module, "Manifest")
        .def(py::init<std::string, std::string>(), "schema_json"_a, "config_sha256"_a)
        .def("add_config", &Manifest::add_config, "text"_a)
        .def("add",
             [](Manifest& manifest, std::string name, std::uint64_t num_rows,
                std::vector<std::pair<std::string, std::uint64_t>> rows, std::uint64_t bytes, std::string sha256,
                std::string inputs_json, std::string config_sha256, std::string version) {
                 ManifestPart part;
                 part.name = std::move(name);
                 part.num_rows = num_rows;
                 part.rows = std::move(rows);
                 part.bytes = bytes;
                 part.sha256 = std::move(sha256);
                 part.inputs_json = std::move(inputs_json);
                 part.config_sha256 = std::move(config_sha256);
                 part.version = std::move(version);
                 manifest.add(std::move(part));
             },
             py::kw_only(), "name"_a, "num_rows"_a, "rows"_a, "bytes"_a, "sha256"_a, "inputs_json"_a,
             "config_sha256"_a = "", "version"_a = "")
        .def("to_json", &Manifest::to_json)
        .def("commit", [](const Manifest& manifest, const std::string& folder) { manifest.commit(folder); }, "folder"_a,
             py::call_guard<ReleasedGil>());
}

}  // namespace

void bind_part_file(py::module_& module) {
    using namespace py::literals;
    module.def("commit_existing", [](const std::string& temporary, const std::string& final) { commit_existing(temporary, final); },
               "temporary"_a, "final"_a, py::call_guard<ReleasedGil>());
    module.def("sha256_file", [](const std::string& path) { return detail::sha256_file(path); }, "path"_a,
               py::call_guard<ReleasedGil>());
    module.def("sha256_bytes", [](const py::buffer& data) { return detail::sha256_hex(span_of(data.request())); }, "data"_a);
    py::class_<OutputLock>(module, "OutputLock")
        .def(py::init([](const std::string& output) { return std::make_unique<OutputLock>(output); }), "output"_a)
        .def_property_readonly("taken_over", &OutputLock::taken_over)
        .def("release", &OutputLock::release);
    bind_manifest(module);
}

}  // namespace simdprep::bind
