// What a getter may return, and how it is stored.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

#include "simdprep/format.hpp"

namespace simdprep::detail {

template <class V>
concept Number = (std::is_arithmetic_v<V> && !std::same_as<V, long double>) || std::is_enum_v<V>;

// The C++ type whose bytes are stored for a number.
template <class V>
struct Stored {
    using type = V;
};
template <class V>
    requires std::is_enum_v<V>
struct Stored<V> {
    using type = std::underlying_type_t<V>;
};

template <class V>
constexpr DType native_dtype() {
    if constexpr (std::same_as<V, bool>) return DType::boolean;
    else if constexpr (std::same_as<V, float>) return DType::float32;
    else if constexpr (std::same_as<V, double>) return DType::float64;
    else if constexpr (std::is_signed_v<V>)
        return sizeof(V) == 1 ? DType::int8 : sizeof(V) == 2 ? DType::int16 : sizeof(V) == 4 ? DType::int32 : DType::int64;
    else
        return sizeof(V) == 1 ? DType::uint8 : sizeof(V) == 2 ? DType::uint16 : sizeof(V) == 4 ? DType::uint32 : DType::uint64;
}

// One element of what a getter returns: a number, or an optional one.
template <class V>
struct Element {
    static constexpr bool is_sound = Number<V>;
    static constexpr bool is_optional = false;
    using Value = typename Stored<std::conditional_t<Number<V>, V, int>>::type;
};
template <class V>
struct Element<std::optional<V>> {
    static constexpr bool is_sound = Number<V>;
    static constexpr bool is_optional = true;
    using Value = typename Stored<std::conditional_t<Number<V>, V, int>>::type;
};

inline constexpr std::size_t single = static_cast<std::size_t>(-1);  // no list
inline constexpr std::size_t declared_length = 0;                           // a list whose length the options say

// The whole of what a getter returns.
template <class V>
struct Returned : Element<V> {
    static constexpr std::size_t length = single;
};
template <class V, std::size_t N>
struct Returned<std::array<V, N>> : Element<V> {
    static constexpr std::size_t length = N;
};
template <class V, std::size_t N>
struct Returned<V[N]> : Element<std::remove_cv_t<V>> {
    static constexpr std::size_t length = N;
};
template <class V, std::size_t N>
struct Returned<std::span<V, N>> : Element<std::remove_cv_t<V>> {
    static constexpr std::size_t length = N == std::dynamic_extent ? declared_length : N;
};
// A text is no list of small integers.
template <std::ranges::sized_range V>
    requires(std::ranges::random_access_range<V> && !std::is_array_v<V> && !std::convertible_to<const V&, std::string_view>)
struct Returned<V> : Element<std::ranges::range_value_t<V>> {
    static constexpr std::size_t length = declared_length;
};

}  // namespace simdprep::detail
