#include "bind.hpp"
#include "simdprep/detail/gather.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::Gather;
using detail::GatherBlock;
using detail::SlotView;
using detail::ThreadPool;
using Arrays = std::vector<py::array>;  // one per block

// The gather, and the arrays it reads.
struct HeldGather {
    std::vector<py::object> held;
    Gather gather;
    std::size_t row_values;
    std::size_t row_slots;
    std::size_t item_bytes;
};

DType dtype_of(const py::array& array) { return dtype_from(py::str(array.dtype().attr("name")).cast<std::string>()); }

void require(bool sound, const char* what) {
    if (!sound) throw InternalError(what);
}

// A dense array (rows, outer, inner) as the block has it, or a flat content.
SlotView view_of(const py::array& array, const GatherBlock& block) {
    const auto* data = bytes_of(array);
    if (block.offsets != nullptr) {
        require(array.ndim() == 1, "a ragged content that is not flat");
        return {data, 0, 0, array.strides(0)};
    }
    const auto size = [&](int axis) { return static_cast<std::uint64_t>(array.shape(axis)); };
    require(array.ndim() == 3 && size(0) == block.rows && size(1) == block.outer && size(2) == block.inner,
            "arrays of a block with different shapes");
    return {data, array.strides(0), array.strides(1), array.strides(2)};
}

// Offsets that never fall, starting at zero or later; returns the last one.
std::int64_t last_of(const OffsetArray& offsets) {
    require(offsets.ndim() == 1 && offsets.size() > 0, "empty offsets");
    const std::int64_t* values = offsets.data();
    require(values[0] >= 0, "offsets below zero");
    for (py::ssize_t entry = 1; entry < offsets.size(); ++entry)
        if (values[entry] < values[entry - 1])
            throw DatasetError("offsets: got a decrease, expected none", {}, "simdprep verify");
    return values[offsets.size() - 1];
}

class Builder {
public:
    std::unique_ptr<HeldGather> build(const std::vector<Arrays>& fields, const std::optional<Arrays>& valid,
                                      const std::optional<Arrays>& offsets, const std::optional<Arrays>& inner_offsets,
                                      std::uint64_t outer, std::uint64_t inner, const std::string& dtype) {
        require(!fields.empty(), "a gather of no fields");
        const std::size_t count = fields.front().size();
        std::vector<GatherBlock> blocks;
        for (std::size_t index = 0; index < count; ++index) {
            GatherBlock block;
            std::int64_t entries = 0;
            if (offsets) {
                block.rows = static_cast<std::uint64_t>(offsets->at(index).size()) - 1;
                entries = hold_offsets(offsets->at(index), block.offsets);
                if (inner_offsets) {
                    const std::int64_t lists = entries;
                    entries = hold_offsets(inner_offsets->at(index), block.inner_offsets);
                    require(lists < static_cast<std::int64_t>(inner_offsets->at(index).size()), "outer offsets beyond the inner ones");
                }
            } else {
                const py::array& model = fields.front().at(index);
                require(model.ndim() == 3, "a dense array that has not three axes");
                block.rows = static_cast<std::uint64_t>(model.shape(0));
                block.outer = static_cast<std::uint64_t>(model.shape(1));
                block.inner = static_cast<std::uint64_t>(model.shape(2));
            }
            for (const Arrays& field : fields) {
                require(field.size() == count && dtype_of(field[index]) == dtype_of(field.front()), "blocks that differ");
                block.fields.push_back(view_of(hold(field[index]), block));
                require(!offsets || entries <= field[index].size(), "offsets beyond the content");
            }
            if (valid) {
                require(!offsets && valid->at(index).itemsize() == 1, "a mask that is not of bytes");
                block.valid = view_of(hold(valid->at(index)), block);
            }
            blocks.push_back(std::move(block));
        }
        std::vector<DType> dtypes;
        for (const Arrays& field : fields) dtypes.push_back(count == 0 ? DType::float32 : dtype_of(field.front()));
        const DType out = dtype_from(dtype);
        return std::make_unique<HeldGather>(HeldGather{std::move(held_),
                                                       Gather(dtypes, std::move(blocks), outer, inner, out),
                                                       outer * inner * fields.size(), outer * inner, size_of(out)});
    }

private:
    const py::array& hold(const py::array& array) {
        held_.push_back(array);
        return array;
    }

    std::int64_t hold_offsets(const py::array& array, const std::int64_t*& data) {
        const auto offsets = OffsetArray::ensure(array);
        require(static_cast<bool>(offsets), "offsets that are not int64");
        held_.push_back(offsets);
        data = offsets.data();
        return last_of(offsets);
    }

    std::vector<py::object> held_;
};

std::byte* target(py::array& array, std::size_t bytes) {
    require((array.flags() & py::array::c_style) != 0 && array.writeable() && static_cast<std::size_t>(array.nbytes()) == bytes,
            "an output array of the wrong size");
    return static_cast<std::byte*>(array.mutable_data());
}

void take(const HeldGather& self, ThreadPool& pool, const OffsetArray& rows, py::array values, std::optional<py::array> valid) {
    const auto count = static_cast<std::size_t>(rows.size());
    std::byte* out = target(values, count * self.row_values * self.item_bytes);
    auto* mask = valid ? reinterpret_cast<std::uint8_t*>(target(*valid, count * self.row_slots)) : nullptr;
    const std::span<const std::int64_t> numbers(rows.data(), count);
    const py::gil_scoped_release release;
    self.gather.take(pool, numbers, out, mask);
}

}  // namespace

void bind_gather(py::module_& module) {
    using namespace py::literals;
    py::class_<HeldGather>(module, "Gather", "Rows of decoded blocks to interleaved values and mask; keeps the blocks' arrays.")
        .def(py::init([](const std::vector<Arrays>& fields, const std::optional<Arrays>& valid,
                         const std::optional<Arrays>& offsets, const std::optional<Arrays>& inner_offsets,
                         std::uint64_t outer, std::uint64_t inner, const std::string& dtype) {
                 return Builder().build(fields, valid, offsets, inner_offsets, outer, inner, dtype);
             }),
             "fields"_a, py::kw_only(), "valid"_a, "offsets"_a, "inner_offsets"_a, "outer"_a, "inner"_a, "dtype"_a)
        .def_property_readonly("num_rows", [](const HeldGather& self) { return self.gather.num_rows(); })
        .def("take", &take, "pool"_a, "rows"_a, "values"_a, "valid"_a,
             "Writes (rows, outer, inner, fields) and the mask (rows, outer, inner), without the GIL; row -1 is empty.");
}

}  // namespace simdprep::bind
