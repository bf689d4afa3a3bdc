#include "new_array.hpp"
#include "simdprep/detail/half.hpp"
#include "simdprep/detail/order.hpp"
#include "simdprep/detail/padding.hpp"
#include "simdprep/error.hpp"

#include <limits>

namespace simdprep::bind {
namespace {

py::tuple pad_lists(detail::ThreadPool& pool, const py::array& content, const OffsetArray& offsets, std::uint64_t pad,
                    const py::array& fill) {
    const py::array_t<std::uint32_t> counts = counts_of(offsets, content.size());
    const std::vector<py::ssize_t> shape{counts.size(), static_cast<py::ssize_t>(pad)};
    py::array values = new_array(content.dtype(), shape);
    py::array valid = new_array(py::dtype::of<bool>(), shape);
    const detail::Slots slots{pad, static_cast<std::size_t>(content.itemsize()), bytes_of(fill)};
    auto* out = static_cast<std::byte*>(values.mutable_data());
    auto* mask = static_cast<std::uint8_t*>(valid.mutable_data());
    const std::byte* from = bytes_of(content);
    const std::int64_t* bounds = offsets.data();
    const auto lists = static_cast<std::uint64_t>(counts.size());
    {
        const ReleasedGil release;
        detail::pad_lists(pool, from, bounds, lists, slots, out, mask);
    }
    return py::make_tuple(values, valid, counts);
}

template <typename T>
py::tuple to_half(const py::array_t<T, py::array::c_style>& values) {
    py::array_t<std::uint16_t> halves(values.size());
    const T* from = values.data();
    std::uint16_t* to = halves.mutable_data();
    py::ssize_t overflows = 0;
    for (py::ssize_t entry = 0; entry < values.size(); ++entry) {
        to[entry] = detail::half_from(from[entry]);
        const bool became_infinite = (to[entry] & 0x7fffU) == 0x7c00U;
        overflows += became_infinite && std::isfinite(from[entry]);
    }
    return py::make_tuple(halves, overflows);
}

template <typename Key>
py::array_t<std::int64_t> order_lists(const OffsetArray& offsets, const py::array_t<Key, py::array::c_style>& keys,
                                      const std::optional<py::array_t<bool, py::array::c_style>>& last, bool descending,
                                      std::optional<std::uint64_t> limit) {
    const auto lists = static_cast<std::uint64_t>(offsets.size() - 1);
    const std::int64_t* bounds = offsets.data();
    for (std::uint64_t list = 0; list < lists; ++list)
        if (bounds[list + 1] < bounds[list]) throw SchemaError("offsets: got a decrease, expected none");
    if (bounds[0] != 0 || bounds[lists] != keys.size() || (last && last->size() != keys.size()))
        throw SchemaError("keys: got another number than entries, expected one per entry");
    py::array_t<std::int64_t> positions(keys.size());
    const Key* values = keys.data();
    const bool* marked = last ? last->data() : nullptr;
    std::int64_t* out = positions.mutable_data();
    {
        const ReleasedGil release;
        detail::order_lists(bounds, lists, values, marked, descending, out,
                            limit.value_or(std::numeric_limits<std::uint64_t>::max()));
    }
    return positions;
}

template <typename Key>
void bind_order(py::module_& module, const char* text) {
    using namespace py::literals;
    module.def("order_lists", &order_lists<Key>, "offsets"_a, py::arg("keys").noconvert(), "last"_a = py::none(), "descending"_a = false,
               "limit"_a = py::none(), text);
}

}  // namespace

py::array_t<std::uint32_t> counts_of(const OffsetArray& offsets, py::ssize_t entries) {
    if (offsets.size() == 0) throw InternalError("no offsets");
    const auto lists = static_cast<std::size_t>(offsets.size() - 1);
    const std::int64_t* bounds = offsets.data();
    py::array_t<std::uint32_t> counts(static_cast<py::ssize_t>(lists));
    std::uint32_t* to = counts.mutable_data();
    std::uint64_t signs = 0;  // or-ed, for every instruction set can do that to several at once
    for (std::size_t list = 0; list < lists; ++list) {
        const auto count = static_cast<std::uint64_t>(bounds[list + 1]) - static_cast<std::uint64_t>(bounds[list]);
        signs |= count;
        to[list] = static_cast<std::uint32_t>(count);
    }
    if (static_cast<std::int64_t>(signs) < 0) throw SchemaError("offsets: got a decrease, expected none");
    if (bounds[0] < 0 || bounds[lists] > entries)
        throw SchemaError("offsets: got entries outside of the content, expected all inside");
    return counts;
}

void bind_padding(py::module_& module) {
    using namespace py::literals;
    module.def("pad_lists", &pad_lists, "pool"_a, "content"_a, "offsets"_a, "pad"_a, "fill"_a,
               "Contiguous content (n_items,) and offsets (n_lists + 1,) to values and mask (n_lists, pad), and lengths (n_lists,).");
    module.def("to_half", &to_half<float>, "values"_a, "Bits of the nearest float16, and how many finite values overflowed.");
    module.def("to_half", &to_half<double>, "values"_a);
    bind_order<std::int64_t>(module, "Positions that sort each list by its keys: stable, NaN and `last` at the end.");
    bind_order<std::uint64_t>(module, "As for int64 keys.");
    bind_order<double>(module, "As for int64 keys.");
}

}  // namespace simdprep::bind
