// What the bind_<noun>.cpp files offer to module.cpp, and the array types they share.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <span>

#include "released_gil.hpp"

namespace simdprep::bind {

namespace py = pybind11;

void bind_basket(py::module_& module);
void bind_error(py::module_& module);
void bind_range_copier(py::module_& module);
void bind_schema(py::module_& module);
void bind_new_array(py::module_& module);
void bind_packing(py::module_& module);
void bind_padding(py::module_& module);
void bind_encoder(py::module_& module);
void bind_part_file(py::module_& module);
void bind_permutation(py::module_& module);
void bind_run_search(py::module_& module);
void bind_cpu(py::module_& module);
void bind_chunk_codec(py::module_& module);
void bind_chunk_reader(py::module_& module);
void bind_packed_reader(py::module_& module);
void bind_gather(py::module_& module);
void bind_gather_ragged(py::module_& module);
void bind_structure(py::module_& module);
void bind_unpad(py::module_& module);
void bind_write_queue(py::module_& module);

using OffsetArray = py::array_t<std::int64_t, py::array::c_style>;

// Lengths of lists; SchemaError unless the offsets rise from 0 or more to `entries` or less.
py::array_t<std::uint32_t> counts_of(const OffsetArray& offsets, py::ssize_t entries);

inline const std::byte* bytes_of(const py::array& array) { return static_cast<const std::byte*>(array.data()); }

inline std::span<const std::byte> span_of(const py::buffer_info& info) {
    return {static_cast<const std::byte*>(info.ptr), static_cast<std::size_t>(info.size * info.itemsize)};
}

}  // namespace simdprep::bind
