// How an object is stored: its slots, what it hangs on, its order and selection.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "simdprep/columns.hpp"
#include "simdprep/detail/list_order.hpp"
#include "simdprep/detail/list_walk.hpp"

namespace simdprep {

template <class T>
class ObjectWriter;

// Slots of a padded object: 10, or outermost first {10, 40}.
class MaxLength {
public:
    // Any integer type may stand in the braces.
    struct Slots {
        template <std::integral V>
        Slots(V number)  // NOLINT: {10, 40} is how it is written
            : count(std::in_range<std::int64_t>(number) ? static_cast<std::int64_t>(number) : -1) {}
        std::int64_t count;
    };

    MaxLength() = default;
    template <std::integral V>
    MaxLength(V slots)  // NOLINT: .max_length = 10 is how it is written
        : lengths_{Slots(slots).count} {}
    MaxLength(std::initializer_list<Slots> slots) {
        for (const Slots& level : slots) lengths_.push_back(level.count);
    }

    [[nodiscard]] const std::vector<std::int64_t>& lengths() const { return lengths_; }

private:
    std::vector<std::int64_t> lengths_;
};

// The object that another hangs on.
class ParentObject {
public:
    ParentObject() = default;
    template <class T>
    ParentObject(const ObjectWriter<T>& writer)  // NOLINT: .parent = jet_rows is how it is written
        : object_(writer.object_) {}

    [[nodiscard]] const std::optional<std::size_t>& object() const { return object_; }

private:
    std::optional<std::size_t> object_;
};

// The stored order of a list, and so which of its entries survive truncation: by a field, "pt" or descending "-pt",
// or by what a function of the object returns, ascending. Stable; NaN and missing values last.
template <class T>
class OrderBy {
public:
    OrderBy() = default;
    OrderBy(const char* field) : text_(field) {}             // NOLINT
    OrderBy(std::string field) : text_(std::move(field)) {}  // NOLINT
    template <class Getter>
        requires(!std::convertible_to<Getter, std::string> && !std::same_as<std::remove_cvref_t<Getter>, OrderBy>)
    OrderBy(Getter key) {  // NOLINT
        static_assert(std::is_invocable_v<const Getter&, const T&>,
                      "simdprep: wrong order_by: it must be a field's name as in \"-pt\", or callable with one object");
        if constexpr (std::is_invocable_v<const Getter&, const T&>) {
            using Result = std::remove_cvref_t<std::invoke_result_t<const Getter&, const T&>>;
            static_assert(detail::Element<Result>::is_sound, "simdprep: wrong order_by: it must return a number");
            if constexpr (detail::Element<Result>::is_sound)
                arrange_ = [key = std::move(key)](std::span<const T* const> objects, std::vector<std::uint32_t>& positions) {
                    detail::order_by_value(objects, key, false, positions);
                };
        }
    }

    [[nodiscard]] bool is_set() const { return !text_.empty() || arrange_; }
    // As it is recorded in the schema; empty for a function.
    [[nodiscard]] const std::string& text() const { return text_; }
    // SchemaError if no column has the name.
    [[nodiscard]] detail::Arrange<T> arrange(const Columns<T>& columns, const std::string& where) const {
        if (text_.empty()) return arrange_;
        const bool descending = text_.front() == '-';
        const std::string name = text_.substr(descending ? 1 : 0);
        static_cast<void>(columns.column(name, where + ", order_by"));
        return [columns, name, descending](std::span<const T* const> objects, std::vector<std::uint32_t>& positions) {
            columns.column(name).order(objects, descending, positions);
        };
    }

private:
    std::string text_;
    detail::Arrange<T> arrange_;
};

// Which objects of a list are stored.
template <class T>
class Where {
public:
    Where() = default;
    template <class Predicate>
        requires(!std::same_as<std::remove_cvref_t<Predicate>, Where>)
    Where(Predicate keep) {  // NOLINT: .where = [](const Jet& jet) { ... } is how it is written
        static_assert(std::is_invocable_r_v<bool, const Predicate&, const T&>,
                      "simdprep: wrong where: it must be callable with one object and return a bool");
        if constexpr (std::is_invocable_r_v<bool, const Predicate&, const T&>)
            arrange_ = [keep = std::move(keep)](std::span<const T* const> objects, std::vector<std::uint32_t>& positions) {
                std::erase_if(positions, [&](std::uint32_t at) { return !static_cast<bool>(std::invoke(keep, *objects[at])); });
            };
    }

    [[nodiscard]] bool is_set() const { return static_cast<bool>(arrange_); }
    [[nodiscard]] const detail::Arrange<T>& arrange() const { return arrange_; }

private:
    detail::Arrange<T> arrange_;
};

template <class T>
struct ObjectOptions {
    MaxLength max_length = {};   // none: one entry per event. A list in layout ragged keeps all, whatever it says
    bool ragged = false;         // a list that keeps all its entries, in layout columns too
    ParentObject parent = {};    // what a nested object hangs on; its order, selection and truncation apply here too
    OrderBy<T> order_by = {};
    Where<T> where = {};         // applied before the order
};

template <class T>
struct RowOptions {
    OrderBy<T> order_by = {};    // within an event
    Where<T> where = {};
};

// Where events come from; `size` 0 or empty texts for what is not known.
struct InputFile {
    std::string name;
    std::uint64_t size = 0;  // in bytes
    std::string uuid = {};   // of a ROOT file
    std::string tree = {};
};

}  // namespace simdprep
