#include "held_gather.hpp"
#include "simdprep/detail/gather_ragged.hpp"

namespace simdprep::bind {
namespace {

using detail::FieldsFirst;
using detail::PackedRows;
using detail::ThreadPool;

std::span<const std::int64_t> numbers(const OffsetArray& array) {
    return {array.data(), static_cast<std::size_t>(array.size())};
}

py::tuple ragged_bounds(const HeldGather& self, const OffsetArray& rows, std::uint64_t outer, std::uint64_t inner) {
    const PackedRows& packed = self.gather.packed();
    OffsetArray offsets(rows.size() + 1);
    std::int64_t* bounds = offsets.mutable_data();
    {
        const ReleasedGil release;
        detail::ragged_offsets(packed, numbers(rows), packed.nested() ? outer : inner, bounds);
    }
    if (!packed.nested()) return py::make_tuple(offsets, py::none());
    OffsetArray inner_offsets(bounds[rows.size()] + 1);
    std::int64_t* inner_bounds = inner_offsets.mutable_data();
    {
        const ReleasedGil release;
        detail::ragged_inner_offsets(packed, numbers(rows), numbers(offsets), inner, inner_bounds);
    }
    return py::make_tuple(offsets, inner_offsets);
}

void take_ragged(const HeldGather& self, ThreadPool& pool, const OffsetArray& rows, const OffsetArray& offsets,
                 const py::object& inner_offsets, py::array items) {
    const PackedRows& packed = self.gather.packed();
    require(offsets.size() == rows.size() + 1, "offsets of other rows");
    require(inner_offsets.is_none() != packed.nested(), "inner offsets that are missing, or too many");
    std::int64_t total = offsets.data()[rows.size()];
    OffsetArray inner;
    if (packed.nested()) {
        inner = inner_offsets.cast<OffsetArray>();
        require(inner.size() == total + 1, "inner offsets of other rows");
        total = inner.data()[total];
    }
    std::byte* out = target(items, static_cast<std::size_t>(total) * packed.item_bytes());
    const std::int64_t* inner_bounds = packed.nested() ? inner.data() : nullptr;
    const ReleasedGil release;
    detail::take_ragged(pool, packed, numbers(rows), numbers(offsets), inner_bounds, out);
}

void take_fields_first(const HeldGather& self, ThreadPool& pool, const OffsetArray& rows, py::array values, py::array valid) {
    require(values.ndim() == 4 && valid.ndim() == 3, "values that are not (rows, fields, outer, inner)");
    const FieldsFirst shape{static_cast<std::uint64_t>(values.shape(1)), static_cast<std::uint64_t>(values.shape(2)),
                            static_cast<std::uint64_t>(values.shape(3)), static_cast<std::size_t>(values.itemsize())};
    const PackedRows& packed = self.gather.packed();
    require(shape.fields * shape.value_bytes == packed.item_bytes(), "values of other fields");
    const auto slots = static_cast<std::size_t>(rows.size()) * shape.outer * shape.inner;
    std::byte* out = target(values, slots * packed.item_bytes());
    auto* mask = reinterpret_cast<std::uint8_t*>(target(valid, slots));
    const ReleasedGil release;
    detail::take_fields_first(pool, packed, numbers(rows), shape, out, mask);
}

}  // namespace

void bind_gather_ragged(py::module_& module) {
    using namespace py::literals;
    module.def("ragged_bounds", &ragged_bounds, "gather"_a, "rows"_a, "outer"_a, "inner"_a,
               "Offsets (rows + 1,) and inner offsets, or None, of rows of at most so many lists and items.");
    module.def("take_ragged", &take_ragged, "gather"_a, "pool"_a, "rows"_a, "offsets"_a, "inner_offsets"_a, "items"_a,
               "Writes the items (n, fields) those bounds speak of, without the GIL.");
    module.def("take_fields_first", &take_fields_first, "gather"_a, "pool"_a, "rows"_a, "values"_a, "valid"_a,
               "Writes (rows, fields, outer, inner) and the mask (rows, outer, inner), without the GIL; row -1 is empty.");
}

}  // namespace simdprep::bind
