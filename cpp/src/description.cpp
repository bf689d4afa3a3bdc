#include "simdprep/description.hpp"

#include <algorithm>
#include <set>

#include "simdprep/detail/chunk_choice.hpp"
#include "simdprep/detail/sha256.hpp"
#include "simdprep/error.hpp"

namespace simdprep {
namespace {

std::vector<std::byte> zeros(DType dtype) { return std::vector<std::byte>(size_of(dtype)); }

Member own_member(const Schema& schema, std::size_t object, std::size_t field, Origin origin = Origin::field) {
    const Field& source = schema.objects()[object].fields[field];
    return {source.name, source.dtype, 0, fill_bytes(source.dtype, source.fill, {}), origin, object, field};
}

Member made_member(std::string name, DType dtype, Origin origin, std::size_t object) {
    return {std::move(name), dtype, 0, zeros(dtype), origin, object, 0};
}

// Slots per row of the entries of an object.
std::vector<std::uint64_t> slots_of(const Schema& schema, std::size_t index) {
    const ObjectSpec& object = schema.objects()[index];
    if (object.level != Level::padded) return {};
    std::vector<std::uint64_t> slots;
    if (const auto parent = schema.list_parent(index)) slots.push_back(*schema.objects()[*parent].pad);
    slots.push_back(*object.pad);
    return slots;
}

// Bytes of an HDF5 datatype message (version 3, as bounds v110 write it) for a packed record.
std::size_t type_message_bytes(const DatasetDescription& dataset) {
    std::size_t offset_bytes = 1;
    for (std::size_t size = dataset.item_bytes; size > 255; size >>= 8) ++offset_bytes;
    std::size_t bytes = 8;
    for (const Member& member : dataset.members) {
        std::size_t type = 12;  // fixed point
        if (member.dtype == DType::float16 || member.dtype == DType::float32 || member.dtype == DType::float64) type = 20;
        if (member.dtype == DType::boolean) type = 8 + 12 + 6 + 5 + 2;  // enum, its base, FALSE, TRUE, two values
        bytes += member.name.size() + 1 + offset_bytes + type;
    }
    return bytes;
}

class Builder {
public:
    explicit Builder(const Schema& schema) : schema_(schema) {}

    Description build() {
        if (schema_.layout() == Layout::compound) add_compounds();
        else add_columns();
        finish_sizes();
        return std::move(result_);
    }

private:
    void add(DatasetDescription dataset) {
        for (Member& member : dataset.members) {
            member.offset = dataset.item_bytes;
            dataset.item_bytes += size_of(member.dtype);
        }
        result_.datasets.push_back(std::move(dataset));
    }

    void add_scalar(const std::string& group, std::size_t object, Axis axis, std::vector<std::uint64_t> slots, Member member) {
        DatasetDescription dataset;
        dataset.path = group + "/" + member.name;
        dataset.object = object;
        dataset.axis = axis;
        dataset.slots = std::move(slots);
        member.name.clear();
        dataset.members.push_back(std::move(member));
        add(std::move(dataset));
    }

    void add_columns() {
        for (std::size_t index = 0; index < schema_.objects().size(); ++index) {
            const ObjectSpec& object = schema_.objects()[index];
            const std::string group = "/" + object.name;
            result_.groups.push_back(group);
            result_.object_paths.push_back(group);
            const Axis axis = object.level == Level::row || object.level == Level::padded ? Axis::row : Axis::flat;
            const auto slots = slots_of(schema_, index);
            for (std::size_t field = 0; field < object.fields.size(); ++field) {
                const Field& source = object.fields[field];
                add_scalar(group, index, axis, slots, own_member(schema_, index, field));
                add_text(group + "/" + source.name, attribute::unit, source.unit);
                add_text(group + "/" + source.name, attribute::description, source.description);
            }
            if (object.level == Level::padded) {
                add_scalar(group, index, axis, slots, made_member(std::string(valid_name), DType::boolean, Origin::valid, index));
                auto parents = slots;
                parents.pop_back();
                add_scalar(group, index, axis, parents, made_member(std::string(count_name), DType::uint32, Origin::count, index));
            } else if (axis == Axis::flat) {
                add_scalar(group, index, axis, {}, made_member(std::string(offsets_name), DType::int64, Origin::offsets, index));
            }
        }
    }

    void add_text(const std::string& owner, std::string_view name, const std::string& text) {
        if (!text.empty()) result_.attributes.push_back({owner, std::string(name), text});
    }

    // The object whose record holds the multiplicities of what hangs on `parent`.
    std::size_t count_holder(const std::string& parent) const {
        if (const auto found = schema_.find(parent)) return *found;
        for (std::size_t index = 0; index < schema_.objects().size(); ++index)
            if (schema_.objects()[index].level == Level::row) return index;
        throw SchemaError("no row-level object to hold the multiplicities of layout compound: expected one", {},
                          "an object 'events' with at least one field, or counts: false");
    }

    void add_counts(DatasetDescription& dataset, std::size_t index) {
        if (!schema_.counts()) return;
        for (std::size_t child = 0; child < schema_.objects().size(); ++child) {
            const ObjectSpec& object = schema_.objects()[child];
            if (object.is_list() && count_holder(object.parent) == index)
                dataset.members.push_back(made_member("n_" + object.name, DType::uint32, Origin::count, child));
        }
    }

    void add_compounds() {
        for (std::size_t index = 0; index < schema_.objects().size(); ++index) {
            const ObjectSpec& object = schema_.objects()[index];
            if (object.name == "metadata" || object.name == "cutBookkeeper")
                throw SchemaError(expected("object name in layout compound", "'" + object.name + "'",
                                           "a name other tools do not reserve"), "object " + object.name, "renaming it");
            result_.object_paths.push_back("/" + object.name);
            if (object.level == Level::event) {
                result_.object_paths.back() = "/" + schema_.rows();  // its fields are copied there
                continue;
            }
            DatasetDescription dataset;
            dataset.path = "/" + object.name;
            dataset.object = index;
            dataset.compound = true;
            dataset.slots = slots_of(schema_, index);
            for (std::size_t field = 0; field < object.fields.size(); ++field)
                dataset.members.push_back(own_member(schema_, index, field));
            if (!schema_.rows_are_events() && object.level == Level::row) add_event_members(dataset);
            add_counts(dataset, index);
            if (object.is_list()) dataset.members.push_back(made_member(std::string(valid_name), DType::boolean, Origin::valid, index));
            if (dataset.members.empty())
                throw SchemaError("an object without fields in layout compound: expected at least one", "object " + object.name,
                                  "leaving it out");
            check_members(object, dataset);
            add(std::move(dataset));
            check_type_size(object, result_.datasets.back());
        }
    }

    void add_event_members(DatasetDescription& dataset) {
        if (const auto events = schema_.find(std::string(events_name)))
            for (std::size_t field = 0; field < schema_.objects()[*events].fields.size(); ++field)
                dataset.members.push_back(own_member(schema_, *events, field, Origin::event_field));
        dataset.members.push_back(made_member(std::string(event_index_name), DType::int64, Origin::event_index, 0));
    }

    static void check_members(const ObjectSpec& object, const DatasetDescription& dataset) {
        std::set<std::string> seen;
        for (const Member& member : dataset.members)
            if (!seen.insert(member.name).second)
                throw SchemaError(expected("two members of one record", "'" + member.name + "' twice", "distinct names"),
                                  "object " + object.name,
                                  "renaming the field '" + member.name + "'" +
                                      (member.origin == Origin::count ? ", or counts: false" : ""));
    }

    static void check_type_size(const ObjectSpec& object, const DatasetDescription& dataset) {
        const std::size_t bytes = type_message_bytes(dataset);
        if (bytes > max_compound_type_bytes)
            throw SchemaError(expected("compound type of " + std::to_string(dataset.members.size()) + " members",
                                       std::to_string(bytes) + " bytes",
                                       "at most " + std::to_string(max_compound_type_bytes) + ", what an HDF5 object header holds"),
                              "object " + object.name, "a list of 'fields:' for it, or the layout columns");
    }

    void finish_sizes() {
        std::uint64_t widest = 1;
        for (const DatasetDescription& dataset : result_.datasets)
            if (dataset.axis == Axis::row) widest = std::max(widest, dataset.row_bytes());
        std::uint64_t rows = max_chunk_rows;
        while (rows > min_chunk_rows && rows * widest > target_chunk_bytes) rows /= 2;
        result_.chunk_rows = rows;
        for (DatasetDescription& dataset : result_.datasets) {
            dataset.chunk_rows = dataset.axis == Axis::row ? rows : flat_chunk_items;
            if (schema_.codec() == Codec::gzip) {
                dataset.pipeline.deflate_level = schema_.level().value_or(detail::default_deflate_level);
                dataset.pipeline.shuffle_size = dataset.item_bytes > 1 ? dataset.item_bytes : 0;
            }
            dataset.pipeline.fletcher = true;
            // HDF5 keeps the size of a chunk in 32 bits.
            if (dataset.chunk_bytes() > (std::uint64_t{1} << 31))
                throw SchemaError(expected("bytes in one row of " + dataset.path, std::to_string(dataset.row_bytes()),
                                           "at most " + std::to_string((std::uint64_t{1} << 31) / dataset.chunk_rows)),
                                  {}, "a smaller pad, or the layout ragged");
        }
    }

    const Schema& schema_;
    Description result_;
};

}  // namespace

std::uint64_t DatasetDescription::slots_per_row() const {
    std::uint64_t count = 1;
    for (const std::uint64_t slot : slots) count *= slot;
    return count;
}

std::vector<std::byte> DatasetDescription::fill() const {
    std::vector<std::byte> record(item_bytes);
    for (const Member& member : members)
        std::copy(member.fill.begin(), member.fill.end(), record.begin() + static_cast<std::ptrdiff_t>(member.offset));
    return record;
}

Description describe(const Schema& schema) { return Builder(schema).build(); }

std::vector<Attribute> root_attributes(const Schema& schema, const std::string& provenance_json) {
    const std::string schema_json = schema.to_json();
    const auto hash = [](const std::string& text) { return detail::sha256_hex(std::as_bytes(std::span(text))); };
    const auto root = [](std::string_view name, std::string value) { return Attribute{"/", std::string(name), std::move(value)}; };
    return {
        root(attribute::format, std::string(format_version)),
        root(attribute::schema, schema_json),
        root(attribute::schema_sha256, hash(schema_json)),
        root(attribute::provenance, provenance_json),
        root(attribute::provenance_sha256, hash(provenance_json)),
    };
}

}  // namespace simdprep
