// From what a loop has (Jet, const Jet&, const Jet*, smart pointers, ranges of all these) to pointers to T.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

namespace simdprep::detail {

template <class T>
struct is_reference_wrapper : std::false_type {};
template <class T>
struct is_reference_wrapper<std::reference_wrapper<T>> : std::true_type {};

template <class E>
concept Dereferenceable = !std::ranges::range<E> && requires(E& element) {
    { *element };
    { static_cast<bool>(element) };
};

enum class Access : unsigned char {
    none,       // E is no T
    itself,     // a T or derived from it
    wrapped,    // a reference wrapper
    behind,     // a pointer of any kind to what is a T
    address,    // T is a pointer, E is or points to what it points to
    converted,  // a value that becomes a T
};

template <class T, class E>
consteval Access access_of();

template <class T, class E>
consteval Access access_behind() {
    if constexpr (Dereferenceable<E>) {
        using Target = std::remove_cvref_t<decltype(*std::declval<E&>())>;
        if constexpr (!std::same_as<Target, std::remove_cvref_t<E>>)
            if constexpr (access_of<T, Target>() != Access::none) return Access::behind;
    }
    return Access::none;
}

// How an element of type E (no reference) is a T.
template <class T, class E>
consteval Access access_of() {
    using Plain = std::remove_cvref_t<E>;
    if constexpr (std::same_as<Plain, T>) return Access::itself;
    else if constexpr (std::is_class_v<Plain> && std::is_class_v<T> && std::derived_from<Plain, T>) return Access::itself;
    else if constexpr (is_reference_wrapper<Plain>::value) return Access::wrapped;
    else if constexpr (std::is_pointer_v<T>) {
        if constexpr (std::convertible_to<Plain, T>) return Access::converted;
        else if constexpr (std::convertible_to<std::add_pointer_t<const Plain>, T>) return Access::address;
        else return access_behind<T, Plain>();
    } else if constexpr (access_behind<T, Plain>() != Access::none) return Access::behind;
    else if constexpr (!std::ranges::range<Plain> && std::convertible_to<const Plain&, T>) return Access::converted;
    else return Access::none;
}

template <class T, class E>
inline constexpr bool is_object = access_of<T, std::remove_cvref_t<E>>() != Access::none;

inline constexpr std::size_t no_depth = static_cast<std::size_t>(-1);

// A range, or a pointer of any kind to one.
template <class R>
decltype(auto) as_range(R& range) {
    if constexpr (std::ranges::range<R&>) return (range);
    else return (*range);
}

template <class R>
concept RangeLike = std::ranges::range<R&> || (Dereferenceable<R> && requires(R& pointer) { std::ranges::begin(*pointer); });

template <class R>
using RangeReference = std::ranges::range_reference_t<decltype(as_range(std::declval<R&>()))>;

// How many ranges R is of objects T: 0 for an object, no_depth for neither.
template <class T, class R>
consteval std::size_t depth_of() {
    using Plain = std::remove_reference_t<R>;
    if constexpr (is_object<T, Plain>) return 0;
    else if constexpr (RangeLike<Plain>) {
        using Inner = std::remove_reference_t<RangeReference<Plain>>;
        if constexpr (std::same_as<std::remove_cv_t<Inner>, std::remove_cv_t<Plain>>) return no_depth;
        else return depth_of<T, Inner>() == no_depth ? no_depth : depth_of<T, Inner>() + 1;
    } else return no_depth;
}

// Where the object behind an element lies; null for a null pointer. What is no object that stays is moved to `copies`.
template <class T, class E, class Copies>
const T* object_at(E&& element, Copies& copies) {
    constexpr Access access = access_of<T, std::remove_cvref_t<E>>();
    if constexpr (access == Access::itself) {
        if constexpr (std::is_lvalue_reference_v<E>) return std::addressof(static_cast<const T&>(element));
        else return std::addressof(copies.emplace_back(std::forward<E>(element)));
    } else if constexpr (access == Access::wrapped) {
        return object_at<T>(element.get(), copies);
    } else if constexpr (access == Access::behind) {
        if (!static_cast<bool>(element)) return nullptr;
        return object_at<T, decltype(*element)>(*element, copies);
    } else if constexpr (access == Access::address) {
        return std::addressof(copies.emplace_back(std::addressof(element)));
    } else {
        return std::addressof(copies.emplace_back(std::forward<E>(element)));
    }
}

}  // namespace simdprep::detail
