// What is done to the valid entries of a field on their way into a batch.
#pragma once

#include <cstddef>
#include <limits>

namespace simdprep::detail {

// value -> log(value + log_offset), if asked for -> (value - mean) / std -> within [low, high]. What is not a number
// before the last step becomes `replacement`, if asked for, and what is infinite, if asked for. All in double.
struct ItemTransform {
    bool takes_log = false;
    double log_offset = 0;
    double mean = 0;
    double std = 1;
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool replaces_nan = false;
    bool replaces_infinite = false;
    double replacement = 0;
};

// Transforms `count` values in place. The same bits on every instruction set; the logarithm is within 1e-9 of itself.
void transform_items(const ItemTransform& transform, float* values, std::size_t count);

}  // namespace simdprep::detail
