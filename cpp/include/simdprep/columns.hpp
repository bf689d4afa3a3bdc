// Columns<T>: what is stored of objects of one type: named getters, each with its fill value beside it.
//
//     simdprep::Columns<Jet> jets;
//     jets.add("pt", [](const Jet& jet) { return jet.pt(); }, {.fill = NAN, .unit = "GeV"})
//         .add("charge", &Jet::charge);
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "simdprep/detail/column.hpp"
#include "simdprep/detail/getter_value.hpp"
#include "simdprep/format.hpp"
#include "simdprep/schema.hpp"

namespace simdprep {

// Half precision, as in {.dtype = simdprep::half}.
inline constexpr DType half = DType::float16;

// A fill value: any number, bool or enumerator; by default that of the dtype (NaN, -1, 0, false).
class Fill {
public:
    Fill() = default;
    template <detail::Number V>
    Fill(V number)  // NOLINT: {.fill = -1} is how it is written
        : value_(value_of(number)) {}

    [[nodiscard]] const std::optional<FillValue>& value() const { return value_; }

private:
    template <class V>
    static FillValue value_of(V number) {
        if constexpr (std::is_enum_v<V>) return value_of(static_cast<std::underlying_type_t<V>>(number));
        else if constexpr (std::same_as<V, bool>) return number;
        else if constexpr (std::is_floating_point_v<V>) return static_cast<double>(number);
        else if constexpr (std::is_signed_v<V>) return static_cast<std::int64_t>(number);
        else return static_cast<std::uint64_t>(number);
    }

    std::optional<FillValue> value_;
};

struct ColumnOptions {
    Fill fill = {};                             // of empty slots and missing values
    std::string unit = {};
    std::string description = {};
    std::optional<DType> dtype = std::nullopt;  // stored dtype, where it is not the getter's own; values are range-checked
    std::size_t length = 0;                     // of what a getter returns, if that is a list of no fixed length
};

namespace detail {

// The field of a column: dtype and fill value checked, defaults put in. SchemaError.
Field make_field(std::string name, DType native, const ColumnOptions& options);
// The fields `name`_0, `name`_1, ... of a list. SchemaError if no length is known.
std::vector<Field> make_fields(const std::string& name, DType native, std::size_t length, const ColumnOptions& options);
[[noreturn]] void throw_unknown_column(std::string_view name, const std::vector<Field>& fields, const std::string& where);

}  // namespace detail

// Copies share their getters. A getter is called as `const`, from every thread that fills.
template <class T>
class Columns {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "simdprep: Columns<T> takes the plain type of an object, as in Columns<Jet>: no reference, no const "
                  "in front. It reads Jet, const Jet&, const Jet* and smart pointers alike.");

public:
    using Object = T;

    // Adds a field, or one per value where the getter returns an array or list: `name`_0, `name`_1, ...
    // A std::optional without value is stored as the fill value, and counted. Throws SchemaError for a fill value
    // or dtype that does not fit.
    template <class Getter>
    Columns& add(std::string name, Getter getter, const ColumnOptions& options = {}) {
        static_assert(std::is_invocable_v<const Getter&, const T&>,
                      "simdprep: wrong getter: it must be callable with one object of these columns, as in "
                      "[](const Jet& jet) { return jet.pt(); } for Columns<Jet>, and not be `mutable`.");
        if constexpr (std::is_invocable_v<const Getter&, const T&>) {
            using Result = std::invoke_result_t<const Getter&, const T&>;
            static_assert(!std::is_void_v<Result>, "simdprep: wrong getter: it returns nothing; is a `return` missing?");
            if constexpr (!std::is_void_v<Result>) add_getter<std::remove_cvref_t<Result>>(std::move(name), std::move(getter), options);
        }
        return *this;
    }

    // In the order in which they were added.
    [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
    [[nodiscard]] const std::vector<std::shared_ptr<const detail::Column<T>>>& columns() const { return columns_; }

    // The column whose first field has this name; SchemaError names the nearest.
    [[nodiscard]] const detail::Column<T>& column(std::string_view name, const std::string& where = {}) const {
        for (const auto& column : columns_)
            if (column->fields().front().name == name) return *column;
        detail::throw_unknown_column(name, fields_, where);
    }

private:
    template <class Result, class Getter>
    void add_getter(std::string name, Getter getter, const ColumnOptions& options) {
        using Kind = detail::Returned<Result>;
        static_assert(Kind::is_sound,
                      "simdprep: wrong getter: it must return a number, a bool, an enum, a std::optional of one of these, "
                      "or an array or list of them. A string or an object cannot be stored as one field.");
        if constexpr (Kind::is_sound) {
            constexpr DType native = detail::native_dtype<typename Kind::Value>();
            std::vector<Field> fields;
            if constexpr (Kind::length == detail::single) fields.push_back(detail::make_field(std::move(name), native, options));
            else fields = detail::make_fields(name, native, Kind::length, options);
            fields_.insert(fields_.end(), fields.begin(), fields.end());
            columns_.push_back(std::make_shared<detail::GetterColumn<T, Getter>>(std::move(getter), std::move(fields)));
        }
    }

    std::vector<Field> fields_;
    std::vector<std::shared_ptr<const detail::Column<T>>> columns_;
};

}  // namespace simdprep
