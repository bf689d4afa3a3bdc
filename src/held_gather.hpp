// A gather with the Python arrays it reads, and the checks of arrays that the gathers share.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "bind.hpp"
#include "simdprep/detail/gather.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {

struct HeldGather {
    std::vector<py::object> held;
    detail::Gather gather;
    std::size_t row_bytes;
    std::size_t row_slots;
};

inline std::unique_ptr<HeldGather> held_gather(std::vector<py::object> held, detail::PackedRows packed,
                                               std::uint64_t outer, std::uint64_t inner) {
    const std::size_t slots = outer * inner;
    const std::size_t bytes = slots * packed.item_bytes();
    return std::make_unique<HeldGather>(
        HeldGather{std::move(held), detail::Gather(std::move(packed), outer, inner), bytes, slots});
}

inline void require(bool sound, const char* what) {
    if (!sound) throw InternalError(what);
}

inline std::byte* bytes_to(py::array& array) { return static_cast<std::byte*>(array.mutable_data()); }

inline std::byte* target(py::array& array, std::size_t bytes) {
    require((array.flags() & py::array::c_style) != 0 && array.writeable() && static_cast<std::size_t>(array.nbytes()) == bytes,
            "an output array of the wrong size");
    return bytes_to(array);
}

}  // namespace simdprep::bind
