// What columns do with values once they are in a buffer: cast them to another dtype, fill gaps, refuse lengths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simdprep/detail/column_buffer.hpp"
#include "simdprep/format.hpp"
#include "simdprep/schema.hpp"

namespace simdprep::detail {

// A missing value: of which field of a column, and of which of the objects of this call.
struct MissingValue {
    std::size_t field;
    std::size_t entry;
};

// An empty buffer of this thread, one for each number; staging_at() gives it again with what is in it.
ColumnBuffer& staging(std::size_t number);
ColumnBuffer& staging_at(std::size_t number);

// Appends the values of dtype `from` in `wide` to `out` in the field's dtype. SchemaError if one does not fit.
void cast_values(DType from, const ColumnBuffer& wide, const Field& field, ColumnBuffer& out, const std::string& object);

// Writes fill values over the gaps among the last `count` values of each buffer, and counts them.
void fill_gaps(const std::vector<MissingValue>& gaps, const std::vector<std::vector<std::byte>>& fills, std::size_t count,
               ColumnBuffer* buffers, std::uint64_t* missing);

[[noreturn]] void throw_wrong_length(const std::string& field, const std::string& object, std::size_t got,
                                     std::size_t wanted);
[[noreturn]] void throw_unordered(const std::string& field);

}  // namespace simdprep::detail
