#include "simdprep/batch.hpp"

#include "simdprep/error.hpp"

namespace simdprep {
namespace {

void check_offsets(const ObjectBatch& data, std::uint64_t parents, std::uint64_t items, const std::string& where) {
    if (data.offsets == nullptr) throw SchemaError("offsets missing: expected one per parent entry and one more", where);
    if (data.offsets[0] != 0) throw SchemaError(expected("first offset", std::to_string(data.offsets[0]), "0"), where);
    for (std::uint64_t entry = 0; entry < parents; ++entry)
        if (data.offsets[entry + 1] < data.offsets[entry])
            throw SchemaError(expected("offsets", "a decrease at entry " + std::to_string(entry), "no decrease"), where);
    if (static_cast<std::uint64_t>(data.offsets[parents]) != items)
        throw AlignmentError(expected("entries", std::to_string(items), "as many as the offsets say, " + std::to_string(data.offsets[parents])),
                             where);
}

}  // namespace

void Batch::check(const Schema& schema) const {
    if (objects.size() != schema.objects().size())
        throw AlignmentError(expected("objects in a batch", std::to_string(objects.size()), std::to_string(schema.objects().size())));
    for (std::size_t index = 0; index < objects.size(); ++index) {
        const ObjectSpec& object = schema.objects()[index];
        const ObjectBatch& data = objects[index];
        const std::string where = "object " + object.name;
        if (data.fields.size() != object.fields.size())
            throw AlignmentError(expected("fields in a batch", std::to_string(data.fields.size()), std::to_string(object.fields.size())), where);
        if (object.level == Level::row && data.num_items != num_rows)
            throw AlignmentError(expected("entries", std::to_string(data.num_items), "one per row, " + std::to_string(num_rows)), where);
        if (object.level == Level::event) {
            if (data.num_items != num_events)
                throw AlignmentError(expected("entries", std::to_string(data.num_items), "one per event, " + std::to_string(num_events)), where);
            check_offsets(data, num_events, num_rows, where);
        }
        if (object.is_list()) {
            const auto parent = schema.list_parent(index);
            check_offsets(data, parent ? objects[*parent].num_items : num_rows, data.num_items, where);
        }
    }
    if (schema.rows_are_events() && num_events != num_rows)
        throw AlignmentError(expected("events in a batch", std::to_string(num_events), "one per row, " + std::to_string(num_rows)));
}

const std::int64_t* Batch::event_offsets(const Schema& schema) const {
    if (schema.rows_are_events()) return nullptr;
    const auto events = schema.find(std::string(events_name));
    return events ? objects[*events].offsets : nullptr;
}

}  // namespace simdprep
