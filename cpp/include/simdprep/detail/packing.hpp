// Packing: the fields of entries side by side, as batches are gathered from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "simdprep/detail/item_transform.hpp"
#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/format.hpp"

namespace simdprep::detail {

// The values of a field, or a mask of one byte an entry: `list` bytes from one list of slots to the next,
// `slot` bytes between its slots. The memory is the caller's.
struct ColumnView {
    const std::byte* data = nullptr;
    DType dtype = DType::float32;
    std::ptrdiff_t list = 0;
    std::ptrdiff_t slot = 0;
};

// What is done to each field: nothing at all, or one entry a field. A field that is transformed is rounded to float32
// first.
using ItemTransforms = std::span<const std::optional<ItemTransform>>;

// Writes offsets (lists + 1) of the valid entries of lists of `slots` slots. DatasetError if in a list a valid
// entry stands behind an empty slot.
void count_valid(const ColumnView& valid, std::uint64_t lists, std::uint64_t slots, std::int64_t* offsets);

// Writes items (offsets[lists], fields) of dtype `out`: the first slots of each list, as many as the offsets
// say. float16, float32 or float64; InternalError for another one.
void pack_lists(ThreadPool& pool, std::span<const ColumnView> fields, ItemTransforms transforms,
                std::span<const std::int64_t> offsets, DType out, std::byte* items);

// Writes items (count, fields) of dtype `out` from flat columns, `slot` bytes from one value to the next.
void pack_items(ThreadPool& pool, std::span<const ColumnView> fields, ItemTransforms transforms, std::uint64_t count,
                DType out, std::byte* items);

// Writes items (lists, pad, fields) of float32 and the mask (lists, pad) from flat columns: list i has the entries
// [offsets[i], offsets[i + 1]). Slots without an entry are zero.
void pad_items(ThreadPool& pool, std::span<const ColumnView> fields, ItemTransforms transforms,
               std::span<const std::int64_t> offsets, std::uint64_t pad, float* items, std::uint8_t* valid);

}  // namespace simdprep::detail
