#include "held_gather.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::ColumnView;
using detail::Gather;
using detail::PackedBlock;
using detail::ThreadPool;
using Arrays = std::vector<py::array>;

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

py::array new_items(std::int64_t count, const Arrays& fields, const std::string& dtype) {
    return py::array(py::dtype(dtype), std::vector<py::ssize_t>{count, static_cast<py::ssize_t>(fields.size())});
}

py::array pack_items(ThreadPool& pool, const Arrays& fields, const std::string& dtype) {
    const std::vector<ColumnView> views = views_of(fields, 1);
    const auto count = fields.front().shape(0);
    py::array items = new_items(count, fields, dtype);
    std::byte* to = bytes_to(items);
    const DType out = dtype_from(dtype);
    const py::gil_scoped_release release;
    detail::pack_items(pool, views, static_cast<std::uint64_t>(count), out, to);
    return items;
}

py::tuple pack_slots(ThreadPool& pool, const Arrays& fields, const py::array& valid, const std::string& dtype) {
    const std::vector<ColumnView> views = views_of(fields, 2);
    const py::array& model = fields.front();
    require(valid.itemsize() == 1 && valid.ndim() == 2 && valid.shape(0) == model.shape(0) && valid.shape(1) == model.shape(1),
            "a mask of another shape than the fields");
    const ColumnView mask{bytes_of(valid), DType::boolean, valid.strides(0), valid.strides(1)};
    OffsetArray offsets(model.shape(0) + 1);
    const std::span<std::int64_t> bounds(offsets.mutable_data(), static_cast<std::size_t>(offsets.size()));
    const auto slots = static_cast<std::uint64_t>(model.shape(1));
    {
        const py::gil_scoped_release release;
        detail::count_valid(mask, bounds.size() - 1, slots, bounds.data());
    }
    py::array items = new_items(bounds.back(), fields, dtype);
    std::byte* to = bytes_to(items);
    const DType out = dtype_from(dtype);
    {
        const py::gil_scoped_release release;
        detail::pack_lists(pool, views, bounds, out, to);
    }
    return py::make_tuple(items, offsets);
}

// Checks and holds offsets that never fall; returns their number and the last one.
std::pair<std::int64_t, std::int64_t> hold(const py::object& object, std::vector<py::object>& held, const std::int64_t*& data) {
    const auto offsets = OffsetArray::ensure(object);
    require(static_cast<bool>(offsets) && offsets.ndim() == 1 && offsets.size() > 0, "offsets that are not int64 (n + 1,)");
    data = offsets.data();
    require(data[0] >= 0, "offsets below zero");
    for (py::ssize_t entry = 1; entry < offsets.size(); ++entry)
        if (data[entry] < data[entry - 1]) throw DatasetError("offsets: got a decrease, expected none");
    held.push_back(offsets);
    return {offsets.size(), data[offsets.size() - 1]};
}

std::unique_ptr<HeldGather> make_gather(const std::vector<std::tuple<py::array, py::object, py::object>>& blocks,
                                        std::uint64_t outer, std::uint64_t inner) {
    std::vector<py::object> held;
    std::vector<PackedBlock> views;
    std::size_t item_bytes = 0;
    for (const auto& [items, offsets, inner_offsets] : blocks) {
        require(items.ndim() == 2 && (items.flags() & py::array::c_style) != 0, "items that are not contiguous (n, fields)");
        const auto bytes = static_cast<std::size_t>(items.shape(1) * items.itemsize());
        require(views.empty() || bytes == item_bytes, "blocks with different items");
        item_bytes = bytes;
        PackedBlock block{static_cast<std::uint64_t>(items.shape(0)), bytes_of(items)};
        if (!offsets.is_none()) {
            auto [count, last] = hold(offsets, held, block.offsets);
            block.rows = static_cast<std::uint64_t>(count - 1);
            if (!inner_offsets.is_none()) {
                const std::int64_t lists = last;
                std::tie(count, last) = hold(inner_offsets, held, block.inner_offsets);
                require(lists < count, "offsets beyond the inner ones");
            }
            require(last <= items.shape(0), "offsets beyond the items");
        } else {
            require(outer == 1 && inner == 1, "rows of one item in several slots");
        }
        held.push_back(items);
        views.push_back(block);
    }
    return held_gather(std::move(held), {std::move(views), item_bytes}, outer, inner);
}

void take(const HeldGather& self, ThreadPool& pool, const OffsetArray& rows, py::array values, py::array valid) {
    const auto count = static_cast<std::size_t>(rows.size());
    std::byte* out = target(values, count * self.row_bytes);
    auto* mask = reinterpret_cast<std::uint8_t*>(target(valid, count * self.row_slots));
    const std::span<const std::int64_t> numbers(rows.data(), count);
    const py::gil_scoped_release release;
    self.gather.take(pool, numbers, out, mask);
}

}  // namespace

void bind_gather(py::module_& module) {
    using namespace py::literals;
    module.def("pack_items", &pack_items, "pool"_a, "fields"_a, "dtype"_a, "Fields (n,) to items (n, fields).");
    module.def("pack_slots", &pack_slots, "pool"_a, "fields"_a, "valid"_a, "dtype"_a,
               "Fields and mask (lists, slots) to the items of valid slots (n, fields) and offsets (lists + 1,).");
    py::class_<HeldGather>(module, "Gather", "Rows of packed blocks to batches; keeps the blocks' arrays.")
        .def(py::init(&make_gather), "blocks"_a, py::kw_only(), "outer"_a, "inner"_a)
        .def_property_readonly("num_rows", [](const HeldGather& self) { return self.gather.packed().size(); })
        .def("resized", [](const HeldGather& self, std::uint64_t outer, std::uint64_t inner) {
            return held_gather(self.held, self.gather.packed(), outer, inner); },
             "outer"_a, "inner"_a, "The same rows in other slots; nothing is checked or copied.")
        .def("take", &take, "pool"_a, "rows"_a, "values"_a, "valid"_a,
             "Writes (rows, outer, inner, fields) and the mask (rows, outer, inner), without the GIL; row -1 is empty.");
}

}  // namespace simdprep::bind
