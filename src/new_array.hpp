// Arrays in memory of our own.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "bind.hpp"
#include "simdprep/detail/large_arrays.hpp"

namespace simdprep::bind {

// An array in memory that goes with it.
inline py::array array_in(std::shared_ptr<std::byte> memory, const py::dtype& dtype, std::vector<py::ssize_t> shape) {
    auto held = std::make_unique<std::shared_ptr<std::byte>>(std::move(memory));
    const void* data = held->get();
    const py::capsule owner(held.get(), [](void* kept) { delete static_cast<std::shared_ptr<std::byte>*>(kept); });
    static_cast<void>(held.release());
    return py::array(dtype, std::move(shape), data, owner);
}

// An array with nothing in particular in it; a large one lies in memory of others that have gone. Its dtype has no objects.
inline py::array new_array(const py::dtype& dtype, std::vector<py::ssize_t> shape) {
    constexpr std::size_t least_bytes = std::size_t{4} << 20;
    auto bytes = static_cast<std::size_t>(dtype.itemsize());
    for (const py::ssize_t length : shape)
        if (length < 0 || __builtin_mul_overflow(bytes, static_cast<std::size_t>(length), &bytes)) throw std::bad_alloc();
    if (bytes < least_bytes) return py::array(dtype, std::move(shape));
    return array_in(detail::LargeArrays::shared().get(bytes), dtype, std::move(shape));
}

}  // namespace simdprep::bind
