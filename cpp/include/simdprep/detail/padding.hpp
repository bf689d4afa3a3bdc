// Padding: ragged contents to fixed-width slots, and records from columns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simdprep/batch.hpp"
#include "simdprep/description.hpp"
#include "simdprep/detail/slots.hpp"
#include "simdprep/detail/thread_pool.hpp"

namespace simdprep::detail {

// Writes rows [begin, end) of a row-axis dataset to `out`, (end - begin) * dataset.row_bytes() bytes.
// `first_event` is the number of the batch's first event in the dataset (for event_index).
void pad_rows(const Schema& schema, const DatasetDescription& dataset, const Batch& batch, std::uint64_t begin,
              std::uint64_t end, std::uint64_t first_event, std::byte* out);

// Entries of object `index` in rows [begin, end) that find no slot.
std::uint64_t count_truncated(const Schema& schema, std::size_t index, const Batch& batch, std::uint64_t begin,
                              std::uint64_t end);

// One field of lists to values and mask, (lists, pad) each; see slots.hpp.
void pad_lists(ThreadPool& pool, const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
               const Slots& slots, std::byte* values, std::uint8_t* valid);

}  // namespace simdprep::detail
