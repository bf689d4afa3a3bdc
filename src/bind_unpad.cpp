#include "new_array.hpp"
#include "simdprep/detail/unpad.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::SlotsView;
using detail::ThreadPool;

// Whether the axes before the last one are as one: the same step from each list to the next.
bool lists_lie_evenly(const py::array& array) {
    for (py::ssize_t axis = 0; axis + 2 < array.ndim(); ++axis)
        if (array.strides(axis) != array.strides(axis + 1) * array.shape(axis + 1)) return false;
    return true;
}

// The array itself, or a copy in one piece where its lists lie unevenly.
py::array even(const py::array& array) {
    if (array.ndim() < 2) throw InternalError("slots without lists");
    return lists_lie_evenly(array) ? array : py::array::ensure(array, py::array::c_style);
}

std::uint64_t lists_of(const py::array& array) {
    std::uint64_t lists = 1;
    for (py::ssize_t axis = 0; axis + 1 < array.ndim(); ++axis) lists *= static_cast<std::uint64_t>(array.shape(axis));
    return lists;
}

SlotsView view_of(const py::array& array) {
    const py::ssize_t last = array.ndim() - 1;
    return {bytes_of(array), static_cast<std::uint64_t>(array.shape(last)), static_cast<std::size_t>(array.itemsize()),
            array.strides(last - 1), array.strides(last)};
}

OffsetArray unpad_offsets(ThreadPool& pool, const py::array& given) {
    const py::array valid = even(given);
    if (valid.itemsize() != 1) throw InternalError("a mask that is none");
    const std::uint64_t lists = lists_of(valid);
    const SlotsView view = view_of(valid);
    OffsetArray offsets(static_cast<py::ssize_t>(lists + 1));
    std::int64_t* to = offsets.mutable_data();
    {
        const ReleasedGil release;
        detail::unpad_offsets(pool, view, lists, to);
    }
    return offsets;
}

void check_offsets(std::span<const std::int64_t> offsets, std::uint64_t lists, std::uint64_t slots) {
    if (offsets.size() != lists + 1 || offsets.front() != 0) throw InternalError("offsets of other lists");
    for (std::uint64_t list = 0; list < lists; ++list) {
        const auto count = static_cast<std::uint64_t>(offsets[list + 1]) - static_cast<std::uint64_t>(offsets[list]);
        if (count > slots) throw InternalError("offsets of lists with more slots");
    }
}

py::array unpad(ThreadPool& pool, const py::array& given, const OffsetArray& offsets) {
    const py::array values = even(given);
    const SlotsView view = view_of(values);
    const std::span<const std::int64_t> bounds(offsets.data(), static_cast<std::size_t>(offsets.size()));
    if (bounds.empty()) throw InternalError("no offsets");
    check_offsets(bounds, lists_of(values), view.slots);
    py::array content = new_array(values.dtype(), {static_cast<py::ssize_t>(bounds.back())});
    auto* to = static_cast<std::byte*>(content.mutable_data());
    if (bounds.back() > 0) {
        const ReleasedGil release;
        detail::unpad_entries(pool, view, bounds, to);
    }
    return content;
}

}  // namespace

void bind_unpad(py::module_& module) {
    using namespace py::literals;
    module.def("unpad_offsets", &unpad_offsets, "pool"_a, "valid"_a,
               "Mask (lists..., slots) to offsets (n_lists + 1,); DatasetError unless valid entries come first.");
    module.def("unpad", &unpad, "pool"_a, "values"_a, "offsets"_a,
               "Values (lists..., slots) of any dtype and offsets (n_lists + 1,) to the entries, one after the other.");
}

}  // namespace simdprep::bind
