// Order of the objects of one list by a key: stable, with missing keys and NaN at the end in their order.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "simdprep/detail/getter_value.hpp"

namespace simdprep::detail {

template <class Key>
struct OrderKey {
    Key key;
    bool last;  // missing, or no number
    std::uint32_t position;
};

// Lists are short: up to here insertion wins over a general sort, and needs no memory.
inline constexpr std::size_t insertion_limit = 24;

template <class Key>
void sort_keys(std::vector<OrderKey<Key>>& keys, bool descending) {
    const auto less = [descending](const OrderKey<Key>& one, const OrderKey<Key>& other) {
        if (one.last || other.last) return !one.last && other.last;
        return descending ? other.key < one.key : one.key < other.key;
    };
    if (keys.size() > insertion_limit) {
        std::stable_sort(keys.begin(), keys.end(), less);
        return;
    }
    for (std::size_t next = 1; next < keys.size(); ++next) {
        const OrderKey<Key> moving = keys[next];
        std::size_t hole = next;
        for (; hole > 0 && less(moving, keys[hole - 1]); --hole) keys[hole] = keys[hole - 1];
        keys[hole] = moving;
    }
}

// Sorts `positions`, which say where in `objects` those of one list are.
template <class T, class Getter>
void order_by_value(std::span<const T* const> objects, const Getter& getter, bool descending,
                    std::vector<std::uint32_t>& positions) {
    using Kind = Element<std::remove_cvref_t<std::invoke_result_t<const Getter&, const T&>>>;
    using Key = typename Kind::Value;
    std::vector<OrderKey<Key>> keys;
    keys.reserve(positions.size());
    for (const std::uint32_t position : positions) {
        const auto value = std::invoke(getter, *objects[position]);
        bool last = false;
        Key key{};
        if constexpr (Kind::is_optional) {
            last = !value;
            if (value) key = static_cast<Key>(*value);
        } else {
            key = static_cast<Key>(value);
        }
        if constexpr (std::is_floating_point_v<Key>) last = last || std::isnan(key);
        keys.push_back({key, last, position});
    }
    sort_keys(keys, descending);
    for (std::size_t entry = 0; entry < keys.size(); ++entry) positions[entry] = keys[entry].position;
}

}  // namespace simdprep::detail
