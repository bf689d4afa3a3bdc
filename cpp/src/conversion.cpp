#include "simdprep/detail/conversion.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "simdprep/detail/half.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

struct Half {
    std::uint16_t bits;
};
struct Bool {
    std::uint8_t byte;
};

float float_from(Half half) {
    const std::uint32_t sign = (half.bits & 0x8000U) << 16;
    const std::uint32_t magnitude = half.bits & 0x7fffU;
    if (magnitude >= 0x7c00U)  // infinity and NaN
        return std::bit_cast<float>(sign | 0x7f800000U | ((magnitude & 0x3ffU) << 13));
    if (magnitude < 0x400U) {  // zero and subnormal: a multiple of 2^-24
        const float value = static_cast<float>(magnitude) * 0x1p-24F;
        return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(value));
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
}

template <typename To, typename From>
To convert(From value) {
    if constexpr (std::is_same_v<From, To>) {
        return value;  // the bits of a NaN stay
    } else if constexpr (std::is_same_v<From, Half>) {
        return static_cast<To>(float_from(value));
    } else if constexpr (std::is_same_v<From, Bool>) {
        return convert<To>(value.byte != 0 ? 1.0F : 0.0F);
    } else if constexpr (!std::is_same_v<To, Half>) {
        return static_cast<To>(value);
    } else if constexpr (std::is_same_v<From, double>) {
        return {half_from(value)};
    } else {
        return {half_from(static_cast<float>(value))};  // integers that float rounds are beyond half anyway
    }
}

template <typename From, typename To>
void copy_strided(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to, std::size_t to_step) {
    for (std::size_t slot = 0; slot < count; ++slot) {
        From value;
        std::memcpy(&value, from, sizeof(From));  // members of packed records are not aligned
        const To converted = convert<To>(value);
        std::memcpy(to, &converted, sizeof(To));
        from += step;
        to += to_step;
    }
}

// The same with the usual steps known to the compiler.
template <typename From, typename To>
void copy(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to, std::size_t to_step) {
    constexpr auto dense = static_cast<std::ptrdiff_t>(sizeof(From));
    if (step == dense && to_step == sizeof(To)) return copy_strided<From, To>(from, dense, count, to, sizeof(To));
    if (step == dense) return copy_strided<From, To>(from, dense, count, to, to_step);
    copy_strided<From, To>(from, step, count, to, to_step);
}

template <typename To>
Conversion copy_to(DType from) {
    switch (from) {
        case DType::boolean: return &copy<Bool, To>;
        case DType::int8: return &copy<std::int8_t, To>;
        case DType::int16: return &copy<std::int16_t, To>;
        case DType::int32: return &copy<std::int32_t, To>;
        case DType::int64: return &copy<std::int64_t, To>;
        case DType::uint8: return &copy<std::uint8_t, To>;
        case DType::uint16: return &copy<std::uint16_t, To>;
        case DType::uint32: return &copy<std::uint32_t, To>;
        case DType::uint64: return &copy<std::uint64_t, To>;
        case DType::float16: return &copy<Half, To>;
        case DType::float32: return &copy<float, To>;
        case DType::float64: return &copy<double, To>;
    }
    throw InternalError("an unknown dtype");
}

}  // namespace

Conversion conversion(DType from, DType to) {
    switch (to) {
        case DType::float16: return copy_to<Half>(from);
        case DType::float32: return copy_to<float>(from);
        case DType::float64: return copy_to<double>(from);
        default: throw InternalError("batches of dtype " + std::string(name_of(to)));
    }
}

}  // namespace simdprep::detail
