// Part: everything a sink needs to store a part, whole or run by run: lengths, encoded chunks, attributes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simdprep/description.hpp"
#include "simdprep/stored_chunk.hpp"

namespace simdprep {

struct StoredDataset {
    std::uint64_t length = 0;       // of the first axis, up to the last of these chunks
    std::uint64_t first_chunk = 0;  // those before it came with earlier runs of the part
    std::vector<StoredChunk> chunks;  // chunk first_chunk + i holds entries from (first_chunk + i) * chunk_rows on
};

struct Part {
    std::shared_ptr<const Description> description;
    std::uint64_t row_start = 0;  // number of its first row and event in the dataset
    std::uint64_t num_rows = 0;
    std::uint64_t event_start = 0;
    std::uint64_t num_events = 0;
    std::vector<std::uint64_t> num_items;      // per object of the schema: entries stored
    std::vector<std::uint64_t> num_truncated;  // per object of the schema
    std::vector<StoredDataset> datasets;       // as in description->datasets
    bool is_complete = true;  // false: a run of its chunks, more follow; the numbers count what there is up to here

    // All attributes of the file but those of root_attributes.
    std::vector<Attribute> attributes() const;
};

}  // namespace simdprep
