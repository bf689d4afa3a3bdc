#include "simdprep/format.hpp"

#include <array>
#include <string>
#include <utility>

#include "simdprep/error.hpp"

namespace simdprep {
namespace {

struct DTypeRow {
    DType dtype;
    std::string_view name;
    std::size_t size;
};

constexpr std::array<DTypeRow, 12> dtypes{{
    {DType::boolean, "bool", 1},
    {DType::int8, "int8", 1},
    {DType::int16, "int16", 2},
    {DType::int32, "int32", 4},
    {DType::int64, "int64", 8},
    {DType::uint8, "uint8", 1},
    {DType::uint16, "uint16", 2},
    {DType::uint32, "uint32", 4},
    {DType::uint64, "uint64", 8},
    {DType::float16, "float16", 2},
    {DType::float32, "float32", 4},
    {DType::float64, "float64", 8},
}};

constexpr std::array<std::pair<Layout, std::string_view>, 3> layouts{
    {{Layout::columns, "columns"}, {Layout::compound, "compound"}, {Layout::ragged, "ragged"}}};
constexpr std::array<std::pair<Codec, std::string_view>, 2> codecs{{{Codec::gzip, "gzip"}, {Codec::none, "none"}}};
constexpr std::array<std::pair<Level, std::string_view>, 4> levels{
    {{Level::row, "row"}, {Level::event, "event"}, {Level::padded, "padded"}, {Level::ragged, "ragged"}}};

template <typename Table, typename Value>
std::string_view name_in(const Table& table, Value value) {
    for (const auto& [known, name] : table)
        if (known == value) return name;
    throw InternalError("an enumerator without a name");
}

template <typename Table>
auto value_in(const Table& table, std::string_view name, const char* what) {
    std::string rule = "one of ";
    for (const auto& [value, known] : table) {
        if (known == name) return value;
        if (rule.size() > 7) rule += ", ";
        rule += known;
    }
    throw SchemaError(expected(what, std::string(name), rule));
}

const DTypeRow& row_of(DType dtype) { return dtypes.at(static_cast<std::size_t>(dtype)); }

}  // namespace

std::size_t size_of(DType dtype) { return row_of(dtype).size; }
std::string_view name_of(DType dtype) { return row_of(dtype).name; }
std::string_view name_of(Layout layout) { return name_in(layouts, layout); }
std::string_view name_of(Codec codec) { return name_in(codecs, codec); }
std::string_view name_of(Level level) { return name_in(levels, level); }

DType dtype_from(std::string_view name) {
    for (const DTypeRow& row : dtypes)
        if (row.name == name) return row.dtype;
    throw SchemaError(expected("dtype", std::string(name), "bool, an integer of 8 to 64 bits, float16, float32 or float64"));
}
Layout layout_from(std::string_view name) { return value_in(layouts, name, "layout"); }
Codec codec_from(std::string_view name) { return value_in(codecs, name, "codec"); }
Level level_from(std::string_view name) { return value_in(levels, name, "level"); }

}  // namespace simdprep
