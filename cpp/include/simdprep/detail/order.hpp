// Order: the permutation that sorts each list of a ragged object by a key.
#pragma once

#include <cstdint>
#include <limits>

namespace simdprep::detail {

// Writes to `positions` the numbers of the entries so that each list [offsets[i], offsets[i + 1]) is sorted by
// its keys: stable, ascending or descending, and in both cases with those that are NaN or marked in `last`
// (may be null) at the end, in their order. Keys are int64, uint64 or double. With a `limit` only the first that
// many of each list are those of the sorted list; the others follow in any order.
template <typename Key>
void order_lists(const std::int64_t* offsets, std::uint64_t lists, const Key* keys, const bool* last, bool descending,
                 std::int64_t* positions, std::uint64_t limit = std::numeric_limits<std::uint64_t>::max());

}  // namespace simdprep::detail
