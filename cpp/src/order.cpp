#include "simdprep/detail/order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

namespace simdprep::detail {
namespace {

// Lists are short: below this length insertion needs no memory and wins over a general sort.
constexpr std::uint64_t insertion_limit = 24;

// The first `limit` come sorted, the others follow in any order.
template <typename Less>
void insertion_sort(std::int64_t* begin, std::int64_t* end, std::int64_t limit, const Less& less) {
    for (std::int64_t* next = begin; next < end; ++next) {
        const std::int64_t moving = *next;
        std::int64_t* hole = next;
        if (next - begin >= limit) {
            hole = begin + limit - 1;
            if (!less(moving, *hole)) continue;
            *next = *hole;
        }
        for (; hole > begin && less(moving, hole[-1]); --hole) *hole = hole[-1];
        *hole = moving;
    }
}

}  // namespace

template <typename Key>
void order_lists(const std::int64_t* offsets, std::uint64_t lists, const Key* keys, const bool* last, bool descending,
                 std::int64_t* positions, std::uint64_t limit) {
    const auto goes_last = [&](std::int64_t entry) {
        if (last != nullptr && last[entry]) return true;
        if constexpr (std::is_floating_point_v<Key>) return std::isnan(keys[entry]);
        else return false;
    };
    const auto less = [&](std::int64_t one, std::int64_t other) {
        if (goes_last(one)) return false;
        if (goes_last(other)) return true;
        return descending ? keys[other] < keys[one] : keys[one] < keys[other];
    };
    std::iota(positions + offsets[0], positions + offsets[lists], offsets[0]);
    for (std::uint64_t list = 0; list < lists; ++list) {
        std::int64_t* begin = positions + offsets[list];
        std::int64_t* end = positions + offsets[list + 1];
        const std::uint64_t length = static_cast<std::uint64_t>(end - begin);
        const auto wanted = static_cast<std::int64_t>(std::min(limit, length));
        if (length <= insertion_limit && wanted > 0) insertion_sort(begin, end, wanted, less);
        else if (limit >= length) std::stable_sort(begin, end, less);
        else std::partial_sort(begin, begin + wanted, end, [&](std::int64_t one, std::int64_t other) {
            return less(one, other) || (!less(other, one) && one < other);  // stable, as a whole sort is
        });
    }
}

template void order_lists(const std::int64_t*, std::uint64_t, const std::int64_t*, const bool*, bool, std::int64_t*,
                          std::uint64_t);
template void order_lists(const std::int64_t*, std::uint64_t, const std::uint64_t*, const bool*, bool, std::int64_t*,
                          std::uint64_t);
template void order_lists(const std::int64_t*, std::uint64_t, const double*, const bool*, bool, std::int64_t*,
                          std::uint64_t);

}  // namespace simdprep::detail
