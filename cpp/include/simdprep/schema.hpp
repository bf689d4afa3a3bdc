// Schema: the resolved description of a dataset. Whoever builds one gets it checked here, in C++
// and in Python alike, and every dataset description is derived from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "simdprep/format.hpp"

namespace simdprep {

// Alternatives in the order the glue tries them: bool before the integers before double.
using FillValue = std::variant<bool, std::int64_t, std::uint64_t, double>;

struct Field {
    std::string name;
    DType dtype = DType::float32;
    FillValue fill = 0.0;
    std::string unit;
    std::string description;
    // For a string field stored as int32 codes: its strings in order of their codes.
    std::optional<std::vector<std::string>> categories;
};

struct ObjectSpec {
    std::string name;
    Level level = Level::row;
    std::string parent;  // empty for row and event level
    std::optional<std::uint64_t> pad;
    std::string order;
    bool embedded = false;
    std::vector<Field> fields;

    bool is_list() const { return level == Level::padded || level == Level::ragged; }
};

class Schema {
public:
    // Throws SchemaError naming object, field and rule. Whether its layout can hold it, describe() checks.
    Schema(std::vector<ObjectSpec> objects, std::string rows, Layout layout, Codec codec, std::optional<int> level,
           bool counts);

    const std::vector<ObjectSpec>& objects() const { return objects_; }
    const std::string& rows() const { return rows_; }
    Layout layout() const { return layout_; }
    Codec codec() const { return codec_; }
    std::optional<int> level() const { return level_; }
    bool counts() const { return counts_; }

    bool rows_are_events() const { return rows_ == events_name; }
    // Index of the object with this name, or nothing.
    std::optional<std::size_t> find(const std::string& name) const;
    // Indices of the objects that hang on this name, in stored order.
    std::vector<std::size_t> children(const std::string& name) const;
    // Index of the list object this one hangs on, or nothing when it hangs on the rows.
    std::optional<std::size_t> list_parent(std::size_t index) const;

    // The text of the attribute simdprep_schema.
    std::string to_json() const;

private:
    std::vector<ObjectSpec> objects_;
    std::string rows_;
    Layout layout_;
    Codec codec_;
    std::optional<int> level_;
    bool counts_;
};

// The bytes of a fill value in a dtype. Throws SchemaError when the dtype cannot hold it.
std::vector<std::byte> fill_bytes(DType dtype, const FillValue& fill, const std::string& where);

}  // namespace simdprep
