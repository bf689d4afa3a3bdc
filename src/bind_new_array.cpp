#include "new_array.hpp"

#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

py::array empty(std::vector<py::ssize_t> shape, const py::dtype& dtype) {
    if (dtype.attr("hasobject").cast<bool>()) throw InternalError("an array of objects");
    return new_array(dtype, std::move(shape));
}

}  // namespace

void bind_new_array(py::module_& module) {
    using namespace py::literals;
    module.def("empty", &empty, "shape"_a, "dtype"_a,
               "As numpy's; a large one lies in memory of others that have gone, which need not be cleared again.");
}

}  // namespace simdprep::bind
