#include "simdprep/columns.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "simdprep/detail/column_values.hpp"
#include "simdprep/detail/nearest_name.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

bool is_float(DType dtype) { return dtype == DType::float16 || dtype == DType::float32 || dtype == DType::float64; }
bool is_unsigned(DType dtype) {
    return dtype == DType::uint8 || dtype == DType::uint16 || dtype == DType::uint32 || dtype == DType::uint64;
}

FillValue default_fill(DType dtype) {
    if (dtype == DType::boolean) return false;
    if (is_float(dtype)) return std::numeric_limits<double>::quiet_NaN();
    if (is_unsigned(dtype)) return std::uint64_t{0};
    return std::int64_t{-1};
}

// The same number in the kind of value that the dtype has, so that one fill value has one text in every schema.
FillValue as_kind(DType dtype, const FillValue& fill) {
    return std::visit(
        [&](auto value) -> FillValue {
            if (is_float(dtype)) return static_cast<double>(value);
            if (dtype == DType::boolean) return value != decltype(value){};
            if constexpr (std::same_as<decltype(value), double>) return static_cast<std::int64_t>(value);
            else if constexpr (std::same_as<decltype(value), bool>) return std::int64_t{value};
            else return value;
        },
        fill);
}

}  // namespace

Field make_field(std::string name, DType native, const ColumnOptions& options) {
    Field field;
    field.name = std::move(name);
    field.dtype = options.dtype.value_or(native);
    field.fill = options.fill.value().value_or(default_fill(field.dtype));
    fill_bytes(field.dtype, field.fill, "field " + field.name);
    field.fill = as_kind(field.dtype, field.fill);
    field.unit = options.unit;
    field.description = options.description;
    return field;
}

std::vector<Field> make_fields(const std::string& name, DType native, std::size_t length, const ColumnOptions& options) {
    const std::size_t count = length == declared_length ? options.length : length;
    if (count == 0)
        throw SchemaError(expected("length of a list", "none", "how many values the getter returns"), "field " + name,
                          "{.length = N} in its options, or a getter that returns a std::array");
    if (options.length != 0 && options.length != count)
        throw SchemaError(expected("length of a list", options.length, std::to_string(count) + ", what the getter returns"),
                          "field " + name);
    std::vector<Field> fields;
    for (std::size_t number = 0; number < count; ++number)
        fields.push_back(make_field(name + "_" + std::to_string(number), native, options));
    return fields;
}

void throw_unknown_column(std::string_view name, const std::vector<Field>& fields, const std::string& where) {
    std::vector<std::string> names;
    for (const Field& field : fields) names.push_back(field.name);
    throw SchemaError(expected("field", "'" + std::string(name) + "'", "one of these columns"), where, nearest_names(name, names));
}

}  // namespace simdprep::detail
