#include "simdprep/detail/order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

namespace simdprep::detail {
namespace {

// Lists are short: below this length insertion needs no memory and wins over a general sort.
constexpr std::int64_t insertion_limit = 24;

template <typename Less>
void insertion_sort(std::int64_t* begin, std::int64_t* end, const Less& less) {
    for (std::int64_t* next = begin; next < end; ++next) {
        const std::int64_t moving = *next;
        std::int64_t* hole = next;
        for (; hole > begin && less(moving, hole[-1]); --hole) *hole = hole[-1];
        *hole = moving;
    }
}

}  // namespace

template <typename Key>
void order_lists(const std::int64_t* offsets, std::uint64_t lists, const Key* keys, const bool* last, bool descending,
                 std::int64_t* positions) {
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
        if (end - begin <= insertion_limit) insertion_sort(begin, end, less);
        else std::stable_sort(begin, end, less);
    }
}

template void order_lists(const std::int64_t*, std::uint64_t, const std::int64_t*, const bool*, bool, std::int64_t*);
template void order_lists(const std::int64_t*, std::uint64_t, const std::uint64_t*, const bool*, bool, std::int64_t*);
template void order_lists(const std::int64_t*, std::uint64_t, const double*, const bool*, bool, std::int64_t*);

}  // namespace simdprep::detail
