#include "new_array.hpp"
#include "row_reader.hpp"
#include "simdprep/detail/packed_reader.hpp"
#include "simdprep/detail/slabs.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::ItemTransform;
using detail::Slabs;
using detail::StoredField;
using Transforms = std::vector<std::optional<ItemTransform>>;

// A reader, the place of the field in its elements, and its dtype. The caller's list keeps the reader.
using FieldArgument = std::tuple<const RowReader*, std::size_t, std::string>;

StoredField stored_field(const FieldArgument& argument) {
    const auto& [rows, offset, name] = argument;
    if (rows == nullptr) throw InternalError("a field without a reader");
    const DType dtype = dtype_from(name);
    return {&rows->reader, {offset, size_of(dtype)}, dtype};
}

py::tuple read_packed(Slabs& slabs, const std::vector<FieldArgument>& arguments, const FieldArgument& valid,
                      std::pair<std::uint64_t, std::uint64_t> rows, std::pair<std::size_t, std::size_t> slots,
                      const std::string& dtype, const Transforms& transforms) {
    std::vector<StoredField> fields;
    for (const FieldArgument& argument : arguments) fields.push_back(stored_field(argument));
    const StoredField mask = stored_field(valid);
    const DType out = dtype_from(dtype);
    if (fields.empty() || rows.first > rows.second) throw InternalError("nothing to read");
    OffsetArray offsets(static_cast<py::ssize_t>((rows.second - rows.first) * slots.first + 1));
    const std::span<std::int64_t> bounds(offsets.mutable_data(), static_cast<std::size_t>(offsets.size()));
    std::shared_ptr<std::byte> items;
    {
        const ReleasedGil release;
        detail::PackedReader reader(fields, mask, slots.first, slots.second);
        reader.read(rows.first, rows.second, bounds);
        items = slabs.get(static_cast<std::size_t>(bounds.back()) * fields.size() * size_of(out));
        reader.pack(transforms, out, items.get());
    }
    return py::make_tuple(array_in(std::move(items), py::dtype(dtype), {bounds.back(), static_cast<py::ssize_t>(fields.size())}), offsets);
}

}  // namespace

void bind_packed_reader(py::module_& module) {
    using namespace py::literals;
    py::class_<Slabs>(module, "Slabs", "Memory for arrays that come and go together; keeps `idle_bytes` to be used again.")
        .def(py::init<std::size_t>(), "idle_bytes"_a = std::size_t{64} << 20)
        .def_property_readonly("idle_bytes", &Slabs::idle_bytes);
    module.def("read_packed", &read_packed, "slabs"_a, "fields"_a, "valid"_a, py::kw_only(), "rows"_a, "slots"_a, "dtype"_a,
               "transforms"_a = Transforms{},
               "Rows of a padded object, (outer, inner) slots each, from (reader, place in the element, dtype) of the fields "
               "and the mask to items (n, fields) and offsets (lists + 1,), on this thread, without the GIL.");
}

}  // namespace simdprep::bind
