// Description: the HDF5 datasets of a schema, derived once. Encoder, sinks and readers execute it,
// so the format has one author.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/schema.hpp"

namespace simdprep {

// row: one entry per row, in chunks of the schema's chunk_rows. flat: entries of a ragged object,
// offsets, or events above another row object, in chunks of flat_chunk_items.
enum class Axis : std::uint8_t { row, flat };

// Where the values of a member come from.
enum class Origin : std::uint8_t {
    field,        // a field of the dataset's own object
    valid,        // true for slots that hold an object
    count,        // multiplicity of `object` before truncation
    offsets,      // where the entries of `object` begin, per parent entry
    event_field,  // a field of `events`, repeated for each row of the event
    event_index,  // number of the event a row belongs to
};

struct Member {
    std::string name;  // empty for the only member of a scalar dataset
    DType dtype = DType::float32;
    std::size_t offset = 0;  // within the record
    std::vector<std::byte> fill;
    Origin origin = Origin::field;
    std::size_t object = 0;  // index in the schema
    std::size_t field = 0;   // index in that object, for fields
};

using AttributeValue = std::variant<std::string, std::uint64_t>;

struct Attribute {
    std::string owner;  // path of the group or dataset; "/" for the file
    std::string name;
    AttributeValue value;
};

struct DatasetDescription {
    std::string path;
    std::size_t object = 0;  // the object whose entries this dataset holds
    Axis axis = Axis::row;
    bool compound = false;
    std::vector<Member> members;
    std::vector<std::uint64_t> slots;  // shape after the first axis
    std::size_t item_bytes = 0;        // of one slot: a value or a packed record
    std::uint64_t chunk_rows = 0;
    detail::ChunkPipeline pipeline;

    std::uint64_t slots_per_row() const;
    std::uint64_t row_bytes() const { return slots_per_row() * item_bytes; }
    std::uint64_t chunk_bytes() const { return row_bytes() * chunk_rows; }
    // One record of fill values.
    std::vector<std::byte> fill() const;
};

struct Description {
    std::vector<std::string> groups;         // paths, one per object, except in layout compound
    std::vector<std::string> object_paths;   // the group or dataset of each object of the schema
    std::vector<DatasetDescription> datasets;
    std::vector<Attribute> attributes;       // those that are known before any row
    std::uint64_t chunk_rows = 0;
};

// Throws SchemaError when the layout cannot hold the schema (compound types too large, names that
// meet in one record).
Description describe(const Schema& schema);

// Attributes of the file itself: format, schema and provenance, each with its SHA-256.
std::vector<Attribute> root_attributes(const Schema& schema, const std::string& provenance_json);

}  // namespace simdprep
