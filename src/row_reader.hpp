// A chunk reader with what a caller's array is checked with.
#pragma once

#include <cstddef>

#include "simdprep/detail/chunk_reader.hpp"

namespace simdprep::bind {

struct RowReader {
    detail::ChunkReader reader;
    std::size_t row_bytes;
};

}  // namespace simdprep::bind
