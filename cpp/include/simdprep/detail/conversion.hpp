// Conversion of columns to the dtypes of batches, value by value.
#pragma once

#include <cstddef>

#include "simdprep/format.hpp"

namespace simdprep::detail {

// Writes `count` values, which stand `step` bytes apart and need not be aligned, to places `to_step` bytes apart.
using Conversion = void (*)(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to,
                            std::size_t to_step);

// Between any dtype and float16, float32 or float64; InternalError for another one.
[[nodiscard]] Conversion conversion(DType from, DType to);

}  // namespace simdprep::detail
