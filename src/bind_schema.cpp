#include "bind.hpp"
#include <pybind11/stl_bind.h>

#include "simdprep/description.hpp"

// A view: a wide schema has thousands, and code asks for one at a time.
PYBIND11_MAKE_OPAQUE(std::vector<simdprep::DatasetDescription>)

namespace simdprep::bind {
namespace {

FillValue fill_from(const py::object& value) {
    if (py::isinstance<py::bool_>(value)) return value.cast<bool>();
    if (!py::isinstance<py::int_>(value)) return value.cast<double>();
    const int negative = value < py::int_(0);
    if (negative) return value.cast<std::int64_t>();
    return value.cast<std::uint64_t>();
}

Field make_field(std::string name, const std::string& dtype, const py::object& fill, std::string unit,
                 std::string description, std::optional<std::vector<std::string>> categories) {
    return {std::move(name), dtype_from(dtype), fill_from(fill), std::move(unit), std::move(description), std::move(categories)};
}

ObjectSpec make_object(std::string name, const std::string& level, std::optional<std::string> parent,
                       std::optional<std::uint64_t> pad, std::string order, bool embedded, std::vector<Field> fields) {
    return {std::move(name), level_from(level), parent.value_or(""), pad, std::move(order), embedded, std::move(fields)};
}

void bind_attribute(py::module_& module) {
    py::class_<Attribute>(module, "Attribute")
        .def_readonly("owner", &Attribute::owner)
        .def_readonly("name", &Attribute::name)
        .def_readonly("value", &Attribute::value);
}

void bind_description(py::module_& module) {
    py::class_<Member>(module, "Member")
        .def_readonly("name", &Member::name)
        .def_property_readonly("dtype", [](const Member& member) { return name_of(member.dtype); })
        .def_readonly("offset", &Member::offset);
    py::class_<DatasetDescription>(module, "DatasetDescription")
        .def_readonly("path", &DatasetDescription::path)
        .def_readonly("object", &DatasetDescription::object)
        .def_property_readonly("is_flat", [](const DatasetDescription& dataset) { return dataset.axis == Axis::flat; })
        .def_readonly("compound", &DatasetDescription::compound)
        .def_readonly("members", &DatasetDescription::members)
        .def_readonly("slots", &DatasetDescription::slots)
        .def_readonly("chunk_rows", &DatasetDescription::chunk_rows)
        .def_property_readonly("row_bytes", &DatasetDescription::row_bytes)
        .def_property_readonly("shuffle", [](const DatasetDescription& dataset) { return dataset.pipeline.has_shuffle(); })
        .def_property_readonly("deflate_level", [](const DatasetDescription& dataset) { return dataset.pipeline.deflate_level; })
        .def_property_readonly("fletcher", [](const DatasetDescription& dataset) { return dataset.pipeline.fletcher; })
        .def_property_readonly("fill", [](const DatasetDescription& dataset) {
            const std::vector<std::byte> fill = dataset.fill();
            return py::bytes(reinterpret_cast<const char*>(fill.data()), fill.size());
        });
    py::bind_vector<std::vector<DatasetDescription>>(module, "DatasetDescriptions");
    py::class_<Description, std::shared_ptr<Description>>(module, "Description")
        .def_readonly("groups", &Description::groups)
        .def_readonly("object_paths", &Description::object_paths)
        .def_readonly("datasets", &Description::datasets)
        .def_readonly("attributes", &Description::attributes)
        .def_readonly("chunk_rows", &Description::chunk_rows);
}

}  // namespace

void bind_schema(py::module_& module) {
    using namespace py::literals;
    py::class_<Field>(module, "Field")
        .def(py::init(&make_field), py::kw_only(), "name"_a, "dtype"_a, "fill"_a, "unit"_a, "description"_a, "categories"_a);
    py::class_<ObjectSpec>(module, "ObjectSpec")
        .def(py::init(&make_object), py::kw_only(), "name"_a, "level"_a, "parent"_a, "pad"_a, "order"_a, "embedded"_a, "fields"_a);
    py::class_<Schema>(module, "Schema", "The checked form of simdprep.Schema.")
        .def(py::init([](std::vector<ObjectSpec> objects, std::string rows, const std::string& layout,
                         const std::string& codec, std::optional<int> level, bool counts) {
                 Schema schema(std::move(objects), std::move(rows), layout_from(layout), codec_from(codec), level, counts);
                 describe(schema);  // throws where the layout cannot hold the schema
                 return schema;
             }),
             py::kw_only(), "objects"_a, "rows"_a, "layout"_a, "codec"_a, "level"_a, "counts"_a)
        .def("to_json", &Schema::to_json)
        .def("describe", [](const Schema& schema) { return std::make_shared<Description>(describe(schema)); });
    bind_attribute(module);
    bind_description(module);
    module.def("root_attributes", &root_attributes, "schema"_a, "provenance"_a,
               "Attributes of the file itself, each JSON with its SHA-256.");
}

}  // namespace simdprep::bind
