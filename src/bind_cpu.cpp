#include "bind.hpp"
#include "simdprep/detail/cpu.hpp"

namespace simdprep::bind {

void bind_cpu(py::module_& module) {
    using namespace py::literals;
    module.def("isa", [] { return detail::name_of(detail::isa()); },
               "The instruction set in use: scalar, avx2 or avx512; SIMDPREP_ISA chooses a smaller one.");
    module.def("best_isa", [] { return detail::name_of(detail::best_isa()); }, "The most this CPU has.");
    module.def("force_isa", [](const std::string& name) { detail::force_isa(detail::isa_from(name)); }, "name"_a,
               "For tests: what isa() returns from now on.");
}

}  // namespace simdprep::bind
