// Batch: a run of whole events handed to the encoder, as flat contents and offsets. Views only;
// the caller keeps the memory alive during the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "simdprep/schema.hpp"

namespace simdprep {

struct ObjectBatch {
    std::uint64_t num_items = 0;
    // List objects: one offset per parent entry and one more, from 0 to num_items. Event level: the
    // same, from events to rows. Null for row level.
    const std::int64_t* offsets = nullptr;
    // Contents in the field's stored dtype, num_items long, in the order of the schema's fields.
    std::vector<const std::byte*> fields;
};

struct Batch {
    std::uint64_t num_rows = 0;
    std::uint64_t num_events = 0;  // equal to num_rows where the rows are events
    std::vector<ObjectBatch> objects;

    // Throws AlignmentError or SchemaError where counts, offsets and schema disagree.
    void check(const Schema& schema) const;
    // Offsets from events to rows, or null where the rows are events.
    const std::int64_t* event_offsets(const Schema& schema) const;
};

}  // namespace simdprep
