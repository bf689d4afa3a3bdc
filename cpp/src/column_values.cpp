#include "simdprep/detail/column_values.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "simdprep/detail/half.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Calls body with a value of the C++ type of a dtype; halves are never read, so float16 stands for their bits.
template <class Body>
void with_type(DType dtype, Body&& body) {
    switch (dtype) {
        case DType::boolean: return body(bool{});
        case DType::int8: return body(std::int8_t{});
        case DType::int16: return body(std::int16_t{});
        case DType::int32: return body(std::int32_t{});
        case DType::int64: return body(std::int64_t{});
        case DType::uint8: return body(std::uint8_t{});
        case DType::uint16: return body(std::uint16_t{});
        case DType::uint32: return body(std::uint32_t{});
        case DType::uint64: return body(std::uint64_t{});
        case DType::float32: return body(float{});
        case DType::float64: return body(double{});
        case DType::float16: break;
    }
    throw InternalError("a dtype that is cast from");
}

// As Python shows it, so that the texts are equal.
std::string text_of(double value) {
    std::array<char, 64> text{};
    const double size = std::fabs(value);
    const bool plain = size == 0.0 || (size >= 1e-4 && size < 1e16);
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string result(text.data(), end.ptr);
    if (plain && result.find('.') == std::string::npos && std::isfinite(value)) result += ".0";
    return result;
}

template <class V>
std::string text_of_number(V value) {
    if constexpr (std::floating_point<V>) return text_of(static_cast<double>(value));
    else if constexpr (std::same_as<V, bool>) return value ? "True" : "False";
    else return std::to_string(value);
}

[[noreturn]] void refuse(const std::string& got, const std::string& rule, const Field& field, const std::string& object) {
    throw SchemaError(expected("value out of range", got, rule), "object " + object + ", field " + field.name,
                      "a wider dtype for the field");
}

double largest_of(DType dtype) {
    return dtype == DType::float16 ? static_cast<double>(max_half) : static_cast<double>(std::numeric_limits<float>::max());
}

// Names the largest of the finite values, as it is the one to make room for.
template <class From>
[[noreturn]] void refuse_overflow(const From* values, std::size_t count, const Field& field, const std::string& object) {
    double largest = 0;
    for (std::size_t entry = 0; entry < count; ++entry) {
        const auto value = static_cast<double>(values[entry]);
        if (std::isfinite(value) && std::fabs(value) > std::fabs(largest)) largest = value;
    }
    std::array<char, 32> limit{};
    std::snprintf(limit.data(), limit.size(), "%g", largest_of(field.dtype));
    refuse(text_of(largest), "at most " + std::string(limit.data()) + ", the largest " + std::string(name_of(field.dtype)),
           field, object);
}

// Returns false if a finite value became infinite.
template <class From>
bool cast_to_half(const From* from, std::size_t count, std::byte* out) {
    bool fits = true;
    for (std::size_t entry = 0; entry < count; ++entry) {
        std::uint16_t bits = 0;
        if constexpr (std::same_as<From, float>) bits = half_from(from[entry]);
        else bits = half_from(static_cast<double>(from[entry]));
        constexpr unsigned infinity = 0x7c00U;
        if constexpr (std::floating_point<From>) fits = fits && ((bits & 0x7fffU) != infinity || std::isinf(from[entry]));
        else fits = fits && (bits & 0x7fffU) != infinity;
        std::memcpy(out + entry * sizeof(bits), &bits, sizeof(bits));
    }
    return fits;
}

template <class From, class To>
bool cast_to_float(const From* from, std::size_t count, std::byte* out) {
    bool fits = true;
    for (std::size_t entry = 0; entry < count; ++entry) {
        To value{};
        if constexpr (std::same_as<From, double> && std::same_as<To, float>) {
            const bool beyond = std::fabs(from[entry]) > static_cast<double>(std::numeric_limits<float>::max());
            value = beyond ? std::copysign(std::numeric_limits<float>::infinity(), from[entry] < 0 ? -1.0F : 1.0F)
                           : static_cast<float>(from[entry]);
            fits = fits && (!beyond || std::isinf(from[entry]));
        } else {
            value = static_cast<To>(from[entry]);
        }
        std::memcpy(out + entry * sizeof(To), &value, sizeof(To));
    }
    return fits;
}

// The value as a whole number of type To, if it is one that fits.
template <class To, class From>
std::optional<To> whole(From value) {
    if constexpr (std::floating_point<From>) {
        const double wide = static_cast<double>(value);
        const double limit = std::ldexp(1.0, std::numeric_limits<To>::digits);
        const bool fits = wide == std::floor(wide) && wide < limit && wide >= (std::is_signed_v<To> ? -limit : 0.0);
        if (!fits) return std::nullopt;
        return static_cast<To>(wide);
    } else if constexpr (std::same_as<From, bool> || std::same_as<To, bool>) {
        if (static_cast<From>(static_cast<To>(value)) != value) return std::nullopt;
        return static_cast<To>(value);
    } else {
        if (!std::in_range<To>(value)) return std::nullopt;
        return static_cast<To>(value);
    }
}

template <class From, class To>
void cast_to_integer(const From* from, std::size_t count, std::byte* out, const Field& field, const std::string& object) {
    for (std::size_t entry = 0; entry < count; ++entry) {
        const std::optional<To> value = whole<To>(from[entry]);
        if (!value)
            refuse(text_of_number(from[entry]), "whole numbers that " + std::string(name_of(field.dtype)) + " can hold", field,
                   object);
        std::memcpy(out + entry * sizeof(To), &*value, sizeof(To));
    }
}

template <class From>
void cast_from(const From* from, std::size_t count, const Field& field, std::byte* out, const std::string& object) {
    bool fits = true;
    if (field.dtype == DType::float16) {
        fits = cast_to_half(from, count, out);
    } else {
        with_type(field.dtype, [&](auto kind) {
            using To = decltype(kind);
            if constexpr (std::floating_point<To>) fits = cast_to_float<From, To>(from, count, out);
            else cast_to_integer<From, To>(from, count, out, field, object);
        });
    }
    if (!fits) refuse_overflow(from, count, field, object);
}

std::vector<ColumnBuffer>& stagings() {
    thread_local std::vector<ColumnBuffer> buffers;
    return buffers;
}

}  // namespace

ColumnBuffer& staging(std::size_t number) {
    std::vector<ColumnBuffer>& buffers = stagings();
    if (buffers.size() <= number) buffers.resize(number + 1);
    buffers[number].truncate(0);
    return buffers[number];
}

ColumnBuffer& staging_at(std::size_t number) { return stagings().at(number); }

void cast_values(DType from, const ColumnBuffer& wide, const Field& field, ColumnBuffer& out, const std::string& object) {
    with_type(from, [&](auto kind) {
        using From = decltype(kind);
        const std::size_t count = wide.size() / sizeof(From);
        std::byte* target = out.extend(count * size_of(field.dtype));
        cast_from(reinterpret_cast<const From*>(wide.data()), count, field, target, object);
    });
}

void fill_gaps(const std::vector<MissingValue>& gaps, const std::vector<std::vector<std::byte>>& fills, std::size_t count,
               ColumnBuffer* buffers, std::uint64_t* missing) {
    for (const MissingValue& gap : gaps) {
        const std::vector<std::byte>& fill = fills[gap.field];
        ColumnBuffer& buffer = buffers[gap.field];
        std::memcpy(buffer.data() + buffer.size() - (count - gap.entry) * fill.size(), fill.data(), fill.size());
        ++missing[gap.field];
    }
}

void throw_wrong_length(const std::string& field, const std::string& object, std::size_t got, std::size_t wanted) {
    throw SchemaError(expected("length of a list", got, std::to_string(wanted) + ", as declared"),
                      "object " + object + ", field " + field);
}

void throw_unordered(const std::string& field) {
    throw SchemaError(expected("order_by", "a list", "a field of single numbers"), "field " + field);
}

}  // namespace simdprep::detail
