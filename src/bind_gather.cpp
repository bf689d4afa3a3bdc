#include "held_gather.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::Gather;
using detail::PackedBlock;
using detail::ThreadPool;

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
    const ReleasedGil release;
    self.gather.take(pool, numbers, out, mask);
}

}  // namespace

void bind_gather(py::module_& module) {
    using namespace py::literals;
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
