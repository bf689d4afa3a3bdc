#include "bind.hpp"
#include "simdprep/encoder.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using ObjectArrays = std::tuple<std::uint64_t, std::optional<OffsetArray>, std::vector<py::array>>;

// Views of the caller's arrays, which stay referenced for the length of the call.
Batch batch_of(const Schema& schema, std::uint64_t num_rows, std::uint64_t num_events, const std::vector<ObjectArrays>& objects) {
    Batch batch;
    batch.num_rows = num_rows;
    batch.num_events = num_events;
    for (std::size_t index = 0; index < objects.size(); ++index) {
        const auto& [items, offsets, fields] = objects[index];
        ObjectBatch data;
        data.num_items = items;
        if (offsets) {
            const std::uint64_t parents = static_cast<std::uint64_t>(offsets->size());
            if (parents == 0) throw SchemaError("offsets: got none, expected at least one");
            data.offsets = offsets->data();
        }
        for (std::size_t field = 0; field < fields.size(); ++field) {
            const py::array& values = fields[field];
            const bool known = index < schema.objects().size() && field < schema.objects()[index].fields.size();
            const bool sound = (values.flags() & py::array::c_style) != 0 && static_cast<std::uint64_t>(values.size()) == items &&
                               (!known || static_cast<std::size_t>(values.itemsize()) == size_of(schema.objects()[index].fields[field].dtype));
            if (!sound) throw InternalError("a field's content does not have its dtype or length");
            data.fields.push_back(bytes_of(values));
        }
        batch.objects.push_back(std::move(data));
    }
    return batch;
}

void check_offset_lengths(const Schema& schema, std::uint64_t num_rows, std::uint64_t num_events, const std::vector<ObjectArrays>& objects) {
    for (std::size_t index = 0; index < objects.size() && index < schema.objects().size(); ++index) {
        const auto& offsets = std::get<1>(objects[index]);
        if (!offsets) continue;
        const auto parent = schema.list_parent(index);
        std::uint64_t parents = parent ? std::get<0>(objects[*parent]) : num_rows;
        if (schema.objects()[index].level == Level::event) parents = num_events;
        if (static_cast<std::uint64_t>(offsets->size()) != parents + 1)
            throw AlignmentError(expected("offsets", std::to_string(offsets->size()), "one per parent entry and one more, " + std::to_string(parents + 1)),
                                 "object " + schema.objects()[index].name);
    }
}

// Hands parts to Python, for which the lock is taken back.
TakePart to_python(const py::function& take) {
    return [&take](Part part) {
        const py::gil_scoped_acquire acquire;
        take(std::move(part));
    };
}

void fill(Encoder& encoder, std::uint64_t num_rows, std::uint64_t num_events, const std::vector<ObjectArrays>& objects,
          const py::function& take) {
    check_offset_lengths(encoder.schema(), num_rows, num_events, objects);
    const Batch batch = batch_of(encoder.schema(), num_rows, num_events, objects);
    const ReleasedGil release;
    encoder.fill(batch, to_python(take));
}

py::memoryview view_of(const StoredChunk& chunk) {
    return py::memoryview::from_memory(static_cast<const void*>(chunk.bytes.data()), static_cast<py::ssize_t>(chunk.bytes.size()));
}

}  // namespace

void bind_encoder(py::module_& module) {
    using namespace py::literals;
    module.attr("part_bytes") = simdprep::part_bytes;
    module.attr("file_part_bytes") = simdprep::file_part_bytes;
    py::class_<StoredDataset>(module, "StoredDataset")
        .def_readonly("length", &StoredDataset::length)
        .def_readonly("first_chunk", &StoredDataset::first_chunk)
        .def_property_readonly("num_chunks", [](const StoredDataset& dataset) { return dataset.chunks.size(); })
        .def("chunk", [](const StoredDataset& dataset, std::size_t index) { return view_of(dataset.chunks.at(index)); },
             py::keep_alive<0, 1>(), "index"_a, "A view of the stored bytes of a chunk.")
        .def("filter_mask", [](const StoredDataset& dataset, std::size_t index) { return dataset.chunks.at(index).filter_mask; },
             "index"_a, "The filters that were skipped for a chunk, as HDF5 stores them.")
        .def("sizes_and_masks", [](const StoredDataset& dataset) {
                 std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
                 for (const StoredChunk& chunk : dataset.chunks) found.emplace_back(chunk.bytes.size(), chunk.filter_mask);
                 return found;
             }, "Stored bytes and skipped filters of each chunk.");
    py::class_<Part>(module, "Part")
        .def_readonly("row_start", &Part::row_start)
        .def_readonly("num_rows", &Part::num_rows)
        .def_readonly("event_start", &Part::event_start)
        .def_readonly("num_events", &Part::num_events)
        .def_readonly("num_items", &Part::num_items)
        .def_readonly("num_truncated", &Part::num_truncated)
        .def_readonly("is_complete", &Part::is_complete)
        .def_property_readonly("description", [](const Part& part) { return *part.description; })
        .def("dataset", [](Part& part, std::size_t index) -> StoredDataset& { return part.datasets.at(index); },
             py::return_value_policy::reference_internal, "index"_a)
        .def("attributes", &Part::attributes);
    py::class_<Encoder>(module, "Encoder")
        .def(py::init([](const Schema& schema, unsigned threads, std::uint64_t part_rows, std::uint64_t part_bytes,
                         std::uint64_t first_event, std::uint64_t run_bytes) {
                 return Encoder(schema, {threads, part_rows, part_bytes, first_event, run_bytes});
             }),
             "schema"_a, py::kw_only(), "threads"_a = 0, "part_rows"_a = 0, "part_bytes"_a = simdprep::part_bytes,
             "first_event"_a = 0, "run_bytes"_a = simdprep::run_bytes)
        .def("fill", &fill, "num_rows"_a, "num_events"_a, "objects"_a, "take"_a,
             "Takes (num_items, offsets or None, contents) per object; calls take(part) with the runs and parts that were completed.")
        .def("finish", [](Encoder& encoder, const py::function& take) {
                 const ReleasedGil release;
                 encoder.finish(to_python(take));
             }, "take"_a)
        .def_property_readonly("num_rows", &Encoder::num_rows)
        .def_property_readonly("num_events", &Encoder::num_events);
}

}  // namespace simdprep::bind
