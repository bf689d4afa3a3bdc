// Rows of packed blocks as other forms than padded ones: without empty slots, or with the fields before the slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "simdprep/detail/packed_rows.hpp"
#include "simdprep/detail/thread_pool.hpp"

namespace simdprep::detail {

// Writes where each row begins, offsets (rows.size() + 1,), if a row has at most `most` entries. Row -1 has none.
// InternalError for a row outside of the blocks.
void ragged_offsets(const PackedRows& packed, std::span<const std::int64_t> rows, std::uint64_t most, std::int64_t* offsets);

// Writes where each list of those rows begins, inner_offsets (offsets.back() + 1,), if a list has at most `most` items.
void ragged_inner_offsets(const PackedRows& packed, std::span<const std::int64_t> rows,
                          std::span<const std::int64_t> offsets, std::uint64_t most, std::int64_t* inner_offsets);

// Writes the items that the offsets speak of, one list after the other; `inner_offsets` is null where lists are not
// nested. Several threads may call at once.
void take_ragged(ThreadPool& pool, const PackedRows& packed, std::span<const std::int64_t> rows,
                 std::span<const std::int64_t> offsets, const std::int64_t* inner_offsets, std::byte* items);

// Shape of a row of a padded batch, with values of 2, 4 or 8 bytes.
struct FieldsFirst {
    std::uint64_t fields = 1;
    std::uint64_t outer = 1;
    std::uint64_t inner = 1;
    std::size_t value_bytes = 4;
};

// Writes values (rows.size(), fields, outer, inner) and valid (rows.size(), outer, inner); what has no item is zero.
void take_fields_first(ThreadPool& pool, const PackedRows& packed, std::span<const std::int64_t> rows,
                       const FieldsFirst& shape, std::byte* values, std::uint8_t* valid);

}  // namespace simdprep::detail
