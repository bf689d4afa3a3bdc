#include "simdprep/schema.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <utility>

#include "simdprep/detail/half.hpp"
#include "simdprep/error.hpp"

namespace simdprep {
namespace {

std::string place(const ObjectSpec& object) { return "object " + object.name; }
std::string place(const ObjectSpec& object, const Field& field) { return place(object) + ", field " + field.name; }

void check_name(const std::string& name, const char* what, const std::string& where) {
    const bool dots = name.find_first_not_of('.') == std::string::npos;
    if (dots || name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
        throw SchemaError(expected(what, "'" + name + "'", "a name that is not empty, without '/' and not of dots alone"),
                          where, "renaming it");
}

double as_double(const FillValue& fill) {
    return std::visit([](auto value) { return static_cast<double>(value); }, fill);
}

std::string text_of(const FillValue& fill) {
    return std::visit(
        [](auto value) -> std::string {
            if constexpr (std::is_same_v<decltype(value), bool>) return value ? "true" : "false";
            else return std::to_string(value);
        },
        fill);
}

void check_fields(const ObjectSpec& object) {
    std::set<std::string> seen;
    for (const Field& field : object.fields) {
        check_name(field.name, "field name", place(object));
        if (field.name == valid_name || field.name == count_name || field.name == offsets_name)
            throw SchemaError(expected("reserved field name", "'" + field.name + "'", "any name but valid, count and offsets"),
                              place(object), "the name '" + field.name + "_'");
        if (!seen.insert(field.name).second)
            throw SchemaError(expected("field named twice", "'" + field.name + "'", "distinct names"), place(object),
                              "renaming one of them");
        if (field.categories && field.dtype != DType::int32)
            throw SchemaError(expected("dtype of a string field", std::string(name_of(field.dtype)), "int32"),
                              place(object, field));
        fill_bytes(field.dtype, field.fill, place(object, field));
        if (field.categories && as_double(field.fill) >= 0)
            throw SchemaError(expected("fill value of a string field", text_of(field.fill), "a negative number, which is no code"),
                              place(object, field));
    }
}

void check_level(const Schema& schema, const ObjectSpec& object) {
    const bool events_are_rows = schema.rows_are_events();
    if (object.level == Level::row && !events_are_rows && object.name != schema.rows())
        throw SchemaError(expected("row-level object beside the row object", "'" + object.name + "'",
                                   "only '" + schema.rows() + "' with one entry per row"),
                          place(object), "moving its fields to '" + std::string(events_name) + "'");
    if (object.level == Level::event && (events_are_rows || object.name != events_name))
        throw SchemaError(expected("event-level object", "'" + object.name + "'",
                                   "the object 'events' of a dataset whose rows are not events"),
                          place(object));
    if (object.name == events_name && object.level != (events_are_rows ? Level::row : Level::event))
        throw SchemaError(expected("level of 'events'", std::string(name_of(object.level)),
                                   events_are_rows ? "row" : "event, because the rows are " + schema.rows()),
                          place(object));
    if (!object.is_list() && !object.parent.empty())
        throw SchemaError(expected("parent of an object that is no list", "'" + object.parent + "'", "none"), place(object));
}

void check_list(const Schema& schema, std::size_t index) {
    const ObjectSpec& object = schema.objects()[index];
    if (object.level == Level::padded && (!object.pad || *object.pad < 1))
        throw SchemaError(expected("pad", object.pad ? std::to_string(*object.pad) : "nothing", "a number of slots of at least 1"),
                          place(object));
    if (object.pad && (*object.pad < 1 || *object.pad > max_pad))
        throw SchemaError(expected("pad", std::to_string(*object.pad), "1 to " + std::to_string(max_pad)), place(object),
                          "the layout ragged, which truncates nothing");
    if (schema.layout() == Layout::compound && object.level != Level::padded)
        throw SchemaError(expected("ragged object in layout compound", "'" + object.name + "'", "padded objects only"),
                          place(object), "giving it a pad, or the layout columns");
    if (schema.layout() == Layout::ragged && object.level != Level::ragged)
        throw SchemaError(expected("padded object in layout ragged", "'" + object.name + "'", "ragged objects only"),
                          place(object), "the layout columns");
    if (object.parent == schema.rows()) return;
    const auto found = schema.find(object.parent);
    if (!found || *found >= index || !schema.objects()[*found].is_list())
        throw SchemaError(expected("parent", "'" + object.parent + "'",
                                   "the row object '" + schema.rows() + "' or a list object that stands before"),
                          place(object));
    const ObjectSpec& parent = schema.objects()[*found];
    if (parent.parent != schema.rows())
        throw SchemaError(expected("nesting of '" + object.name + "' in '" + parent.name + "' in '" + parent.parent + "'",
                                   "three levels of lists", "two at most (rank 3)"),
                          place(object), "leaving it out, or rows: " + parent.parent);
    if (parent.level != object.level)
        throw SchemaError(expected("level", std::string(name_of(object.level)),
                                   std::string(name_of(parent.level)) + " like its parent " + parent.name),
                          place(object));
    if (object.level == Level::padded && *object.pad * *parent.pad > max_pad)
        throw SchemaError(expected("slots in one row", std::to_string(*object.pad * *parent.pad),
                                   "at most " + std::to_string(max_pad)),
                          place(object), "a smaller pad, or the layout ragged");
}

void check_rows(const Schema& schema) {
    if (schema.rows_are_events()) return;
    const auto found = schema.find(schema.rows());
    if (!found)
        throw SchemaError(expected("row object", "'" + schema.rows() + "'", "'events' or an object of the schema"));
    if (schema.objects()[*found].level != Level::row)
        throw SchemaError(expected("level of the row object", std::string(name_of(schema.objects()[*found].level)), "row"),
                          place(schema.objects()[*found]));
    if (!schema.find(std::string(events_name)))
        throw SchemaError("rows '" + schema.rows() + "' without their events: expected the object 'events', with fields or without",
                          {}, "adding an object 'events' of level event");
}

template <typename T>
std::vector<std::byte> bytes_of(T value) {
    std::vector<std::byte> bytes(sizeof(T));
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
}

template <typename T>
std::vector<std::byte> integer_bytes(const FillValue& fill, const SchemaError& error) {
    return std::visit(
        [&](auto value) -> std::vector<std::byte> {
            using V = decltype(value);
            if constexpr (std::is_same_v<V, bool>) {
                return bytes_of(static_cast<T>(value));
            } else if constexpr (std::is_same_v<V, double>) {
                const double limit = std::ldexp(1.0, std::numeric_limits<T>::digits);
                const bool fits = value == std::floor(value) && value < limit &&
                                  value >= (std::is_signed_v<T> ? -limit : 0.0);
                if (!fits) throw error;
                return bytes_of(static_cast<T>(value));
            } else {
                if (!std::in_range<T>(value)) throw error;
                return bytes_of(static_cast<T>(value));
            }
        },
        fill);
}

}  // namespace

Schema::Schema(std::vector<ObjectSpec> objects, std::string rows, Layout layout, Codec codec, std::optional<int> level,
               bool counts)
    : objects_(std::move(objects)), rows_(std::move(rows)), layout_(layout), codec_(codec), level_(level), counts_(counts) {
    if (level_ && (codec_ != Codec::gzip || *level_ < 1 || *level_ > 9))
        throw SchemaError(expected("compression level", std::to_string(*level_), "1 to 9, with gzip"));
    if (objects_.empty()) throw SchemaError("schema without objects: expected at least one");
    std::set<std::string> seen;
    for (const ObjectSpec& object : objects_) {
        check_name(object.name, "object name", "the schema");
        if (!seen.insert(object.name).second)
            throw SchemaError(expected("object named twice", "'" + object.name + "'", "distinct names"), {},
                              "renaming one of them");
    }
    check_rows(*this);
    for (std::size_t index = 0; index < objects_.size(); ++index) {
        check_fields(objects_[index]);
        check_level(*this, objects_[index]);
        if (objects_[index].is_list()) check_list(*this, index);
    }
    const bool anything = std::any_of(objects_.begin(), objects_.end(),
                                      [](const ObjectSpec& object) { return object.is_list() || !object.fields.empty(); });
    if (!anything) throw SchemaError("schema without fields: expected at least one field or list object");
}

std::optional<std::size_t> Schema::find(const std::string& name) const {
    for (std::size_t index = 0; index < objects_.size(); ++index)
        if (objects_[index].name == name) return index;
    return std::nullopt;
}

std::vector<std::size_t> Schema::children(const std::string& name) const {
    std::vector<std::size_t> found;
    for (std::size_t index = 0; index < objects_.size(); ++index)
        if (objects_[index].is_list() && objects_[index].parent == name) found.push_back(index);
    return found;
}

std::optional<std::size_t> Schema::list_parent(std::size_t index) const {
    const ObjectSpec& object = objects_.at(index);
    if (!object.is_list() || object.parent == rows_) return std::nullopt;
    return find(object.parent);
}

std::vector<std::byte> fill_bytes(DType dtype, const FillValue& fill, const std::string& where) {
    const SchemaError error(
        expected("fill value", text_of(fill), "a value that " + std::string(name_of(dtype)) + " can hold"), where);
    const double value = as_double(fill);
    switch (dtype) {
        case DType::boolean:
            if (value != 0.0 && value != 1.0) throw error;
            return bytes_of(static_cast<std::uint8_t>(value));
        case DType::int8: return integer_bytes<std::int8_t>(fill, error);
        case DType::int16: return integer_bytes<std::int16_t>(fill, error);
        case DType::int32: return integer_bytes<std::int32_t>(fill, error);
        case DType::int64: return integer_bytes<std::int64_t>(fill, error);
        case DType::uint8: return integer_bytes<std::uint8_t>(fill, error);
        case DType::uint16: return integer_bytes<std::uint16_t>(fill, error);
        case DType::uint32: return integer_bytes<std::uint32_t>(fill, error);
        case DType::uint64: return integer_bytes<std::uint64_t>(fill, error);
        case DType::float16:
            if (std::isfinite(value) && std::fabs(value) > static_cast<double>(detail::max_half)) throw error;
            return bytes_of(detail::half_from(value));
        case DType::float32:
            if (std::isfinite(value) && std::fabs(value) > static_cast<double>(std::numeric_limits<float>::max()))
                throw error;
            return bytes_of(static_cast<float>(value));
        case DType::float64: return bytes_of(value);
    }
    throw InternalError("an unknown dtype");
}

}  // namespace simdprep
