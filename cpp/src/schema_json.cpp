// The text of simdprep_schema: one author for C++ and Python.
#include "simdprep/detail/json_writer.hpp"
#include "simdprep/schema.hpp"

namespace simdprep {
namespace {

void write_optional(detail::JsonWriter& json, bool present, std::uint64_t value) {
    if (present) json.value(value);
    else json.null();
}

void write_field(detail::JsonWriter& json, const Field& field) {
    json.begin_object();
    json.key("name").value(field.name);
    json.key("dtype").value(name_of(field.dtype));
    json.key("fill");
    std::visit([&](auto value) { json.value(value); }, field.fill);
    json.key("unit").value(field.unit);
    json.key("description").value(field.description);
    json.key("categories");
    if (field.categories) {
        json.begin_array();
        for (const std::string& category : *field.categories) json.value(category);
        json.end_array();
    } else {
        json.null();
    }
    json.end_object();
}

void write_object(detail::JsonWriter& json, const ObjectSpec& object) {
    json.begin_object();
    json.key("name").value(object.name);
    json.key("level").value(name_of(object.level));
    json.key("parent");
    if (object.parent.empty()) json.null();
    else json.value(object.parent);
    json.key("pad");
    write_optional(json, object.pad.has_value(), object.pad.value_or(0));
    json.key("order").value(object.order);
    json.key("embedded").value(object.embedded);
    json.key("fields").begin_array();
    for (const Field& field : object.fields) write_field(json, field);
    json.end_array();
    json.end_object();
}

}  // namespace

std::string Schema::to_json() const {
    detail::JsonWriter json;
    json.begin_object();
    json.key("rows").value(rows_);
    json.key("layout").value(name_of(layout_));
    json.key("codec").value(name_of(codec_));
    json.key("level_of_effort");
    write_optional(json, level_.has_value(), static_cast<std::uint64_t>(level_.value_or(0)));
    json.key("counts").value(counts_);
    json.key("objects").begin_array();
    for (const ObjectSpec& object : objects_) write_object(json, object);
    json.end_array();
    json.end_object();
    return json.str();
}

}  // namespace simdprep
