// Interleaving: from columns to items, 16 fields at a time.
#pragma once

#include <cstddef>

namespace simdprep::detail {

inline constexpr std::size_t interleaved_fields = 16;

// Value i of column f, columns[f * column_stride + i], goes to items[i * item_stride + f]: `fields` columns (1 to
// interleaved_fields) of `count` values. Nothing else of the items is touched.
void interleave(const float* columns, std::size_t column_stride, std::size_t fields, std::size_t count, float* items,
                std::size_t item_stride);

}  // namespace simdprep::detail
