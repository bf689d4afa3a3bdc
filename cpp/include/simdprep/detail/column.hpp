// Column: one getter, type-erased. Values go from the objects to typed buffers in one loop per fill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "simdprep/detail/column_buffer.hpp"
#include "simdprep/detail/column_values.hpp"
#include "simdprep/detail/getter_value.hpp"
#include "simdprep/detail/list_order.hpp"
#include "simdprep/schema.hpp"

namespace simdprep::detail {

template <class T>
class Column {
public:
    Column() = default;
    Column(const Column&) = delete;
    Column& operator=(const Column&) = delete;
    virtual ~Column() = default;

    // The fields it fills: one, or those of a list.
    [[nodiscard]] virtual const std::vector<Field>& fields() const = 0;
    // Appends the values of all objects to one buffer per field, and counts the missing ones per field.
    // `object` is named in errors.
    virtual void append(std::span<const T* const> objects, ColumnBuffer* buffers, std::uint64_t* missing,
                        const std::string& object) const = 0;
    // Sorts `positions` of objects by the value: stable, missing ones and NaN last.
    virtual void order(std::span<const T* const> objects, bool descending, std::vector<std::uint32_t>& positions) const = 0;
};

template <class T, class Getter>
class GetterColumn final : public Column<T> {
    using Kind = Returned<std::remove_cvref_t<std::invoke_result_t<const Getter&, const T&>>>;
    using Value = typename Kind::Value;

public:
    GetterColumn(Getter getter, std::vector<Field> fields)
        : getter_(std::move(getter)), fields_(std::move(fields)), is_native_(fields_.front().dtype == native_dtype<Value>()) {
        for (const Field& field : fields_) fills_.push_back(fill_bytes(field.dtype, field.fill, "field " + field.name));
    }

    [[nodiscard]] const std::vector<Field>& fields() const override { return fields_; }

    void append(std::span<const T* const> objects, ColumnBuffer* buffers, std::uint64_t* missing,
                const std::string& object) const override {
        std::vector<MissingValue> gaps;
        const std::size_t bytes = objects.size() * sizeof(Value);
        if constexpr (Kind::length == single) {
            if (is_native_) {
                write(objects, values(buffers->extend(bytes)), gaps);
            } else {
                write(objects, values(staging(0).extend(bytes)), gaps);
                cast_values(native_dtype<Value>(), staging_at(0), fields_.front(), *buffers, object);
            }
        } else {
            std::vector<Value*> targets(fields_.size());
            for (std::size_t field = 0; field < targets.size(); ++field)
                targets[field] = values((is_native_ ? buffers[field] : staging(field)).extend(bytes));
            write_lists(objects, targets, gaps, object);
            for (std::size_t field = 0; field < targets.size() && !is_native_; ++field)
                cast_values(native_dtype<Value>(), staging_at(field), fields_[field], buffers[field], object);
        }
        if constexpr (Kind::is_optional) fill_gaps(gaps, fills_, objects.size(), buffers, missing);
    }

    void order(std::span<const T* const> objects, bool descending, std::vector<std::uint32_t>& positions) const override {
        if constexpr (Kind::length == single) order_by_value(objects, getter_, descending, positions);
        else throw_unordered(fields_.front().name);
    }

private:
    // Buffers are aligned for any number, and one holds values of one type only.
    static Value* values(std::byte* memory) { return reinterpret_cast<Value*>(memory); }

    void write(std::span<const T* const> objects, Value* out, std::vector<MissingValue>& gaps) const {
        for (std::size_t entry = 0; entry < objects.size(); ++entry)
            put(std::invoke(getter_, *objects[entry]), out[entry], 0, entry, gaps);
    }

    void write_lists(std::span<const T* const> objects, const std::vector<Value*>& targets, std::vector<MissingValue>& gaps,
                     const std::string& object) const {
        for (std::size_t entry = 0; entry < objects.size(); ++entry) {
            const auto& list = std::invoke(getter_, *objects[entry]);
            if (std::ranges::size(list) != targets.size())
                throw_wrong_length(fields_.front().name, object, std::ranges::size(list), targets.size());
            auto value = std::ranges::begin(list);
            for (std::size_t field = 0; field < targets.size(); ++field, ++value)
                put(*value, targets[field][entry], field, entry, gaps);
        }
    }

    template <class V>
    static void put(const V& value, Value& out, [[maybe_unused]] std::size_t field, [[maybe_unused]] std::size_t entry,
                    [[maybe_unused]] std::vector<MissingValue>& gaps) {
        if constexpr (Kind::is_optional) {
            out = value ? static_cast<Value>(*value) : Value{};
            if (!value) gaps.push_back({field, entry});
        } else {
            out = static_cast<Value>(value);
        }
    }

    Getter getter_;
    std::vector<Field> fields_;
    std::vector<std::vector<std::byte>> fills_;
    bool is_native_;
};

}  // namespace simdprep::detail
