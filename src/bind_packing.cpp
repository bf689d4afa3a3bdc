#include "held_gather.hpp"
#include "new_array.hpp"
#include "simdprep/detail/packing.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::ColumnView;
using detail::ItemTransform;
using detail::ThreadPool;
using Arrays = std::vector<py::array>;
using Transforms = std::vector<std::optional<ItemTransform>>;

DType dtype_of(const py::array& array) { return dtype_from(py::str(array.dtype().attr("name")).cast<std::string>()); }

// Views of arrays of one shape: (n,), or (lists, slots).
std::vector<ColumnView> views_of(const Arrays& fields, py::ssize_t axes) {
    require(!fields.empty(), "an object without fields");
    std::vector<ColumnView> views;
    for (const py::array& field : fields) {
        require(field.ndim() == axes, "a field with a wrong number of axes");
        for (py::ssize_t axis = 0; axis < axes; ++axis)
            require(field.shape(axis) == fields.front().shape(axis), "fields of different shapes");
        views.push_back({bytes_of(field), dtype_of(field), axes == 2 ? field.strides(0) : 0, field.strides(axes - 1)});
    }
    return views;
}

void check_transforms(const Transforms& transforms, const Arrays& fields) {
    require(transforms.empty() || transforms.size() == fields.size(), "another number of transforms than fields");
}

py::array new_items(std::int64_t count, const Arrays& fields, const std::string& dtype) {
    return new_array(py::dtype(dtype), {count, static_cast<py::ssize_t>(fields.size())});
}

py::array pack_items(ThreadPool& pool, const Arrays& fields, const std::string& dtype,
                     const Transforms& transforms) {
    const std::vector<ColumnView> views = views_of(fields, 1);
    check_transforms(transforms, fields);
    const auto count = fields.front().shape(0);
    py::array items = new_items(count, fields, dtype);
    std::byte* to = bytes_to(items);
    const DType out = dtype_from(dtype);
    const ReleasedGil release;
    detail::pack_items(pool, views, transforms, static_cast<std::uint64_t>(count), out, to);
    return items;
}

py::tuple pack_slots(ThreadPool& pool, const Arrays& fields, const py::array& valid, const std::string& dtype,
                     const Transforms& transforms) {
    const std::vector<ColumnView> views = views_of(fields, 2);
    check_transforms(transforms, fields);
    const py::array& model = fields.front();
    require(valid.itemsize() == 1 && valid.ndim() == 2 && valid.shape(0) == model.shape(0) && valid.shape(1) == model.shape(1),
            "a mask of another shape than the fields");
    const ColumnView mask{bytes_of(valid), DType::boolean, valid.strides(0), valid.strides(1)};
    OffsetArray offsets(model.shape(0) + 1);
    const std::span<std::int64_t> bounds(offsets.mutable_data(), static_cast<std::size_t>(offsets.size()));
    const auto slots = static_cast<std::uint64_t>(model.shape(1));
    {
        const ReleasedGil release;
        detail::count_valid(mask, bounds.size() - 1, slots, bounds.data());
    }
    py::array items = new_items(bounds.back(), fields, dtype);
    std::byte* to = bytes_to(items);
    const DType out = dtype_from(dtype);
    {
        const ReleasedGil release;
        detail::pack_lists(pool, views, transforms, bounds, out, to);
    }
    return py::make_tuple(items, offsets);
}

py::tuple pad_items(ThreadPool& pool, const Arrays& fields, const OffsetArray& offsets, std::uint64_t pad,
                    const Transforms& transforms) {
    const std::vector<ColumnView> views = views_of(fields, 1);
    check_transforms(transforms, fields);
    const py::array_t<std::uint32_t> counts = counts_of(offsets, fields.front().shape(0));
    const auto slots = static_cast<py::ssize_t>(pad);
    py::array items = new_array(py::dtype::of<float>(), {counts.size(), slots, static_cast<py::ssize_t>(fields.size())});
    py::array valid = new_array(py::dtype::of<bool>(), {counts.size(), slots});
    auto* to = static_cast<float*>(items.mutable_data());
    auto* mask = static_cast<std::uint8_t*>(valid.mutable_data());
    const std::span<const std::int64_t> bounds(offsets.data(), static_cast<std::size_t>(offsets.size()));
    {
        const ReleasedGil release;
        detail::pad_items(pool, views, transforms, bounds, pad, to, mask);
    }
    return py::make_tuple(items, valid, counts);
}

ItemTransform make_transform(std::optional<double> log_offset, double mean, double std, double low, double high,
                             std::optional<double> nan, bool infinite) {
    require(!(low > high), "a lower bound above the upper one");
    require(nan.has_value() || !infinite, "nothing to put where a value is infinite");
    return {log_offset.has_value(), log_offset.value_or(0), mean, std, low, high, nan.has_value(), infinite, nan.value_or(0)};
}

}  // namespace

void bind_packing(py::module_& module) {
    using namespace py::literals;
    constexpr double end = std::numeric_limits<double>::infinity();
    py::class_<ItemTransform>(module, "ItemTransform", "What is done to the valid entries of a field while they are packed.")
        .def(py::init(&make_transform), py::kw_only(), "log_offset"_a = py::none(), "mean"_a = 0.0, "std"_a = 1.0,
             "low"_a = -end, "high"_a = end, "nan"_a = py::none(), "infinite"_a = false,
             "log(x + log_offset), (x - mean) / std, clipped to [low, high]; NaN, and infinities if `infinite`, become `nan`.");
    module.def("pack_items", &pack_items, "pool"_a, "fields"_a, "dtype"_a, "transforms"_a = Transforms{},
               "Fields (n,) to items (n, fields).");
    module.def("pack_slots", &pack_slots, "pool"_a, "fields"_a, "valid"_a, "dtype"_a, "transforms"_a = Transforms{},
               "Fields and mask (lists, slots) to the items of valid slots (n, fields) and offsets (lists + 1,).");
    module.def("pad_items", &pad_items, "pool"_a, "fields"_a, "offsets"_a, "pad"_a, "transforms"_a = Transforms{},
               "Flat fields (n,) and offsets (lists + 1,) to float32 items (lists, pad, fields), mask and lengths.");
}

}  // namespace simdprep::bind
