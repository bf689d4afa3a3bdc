// StoredChunk: a chunk as it lies in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace simdprep {

struct StoredChunk {
    std::vector<std::byte> bytes;   // all filters applied but those of the mask
    std::uint32_t filter_mask = 0;  // bit i: the i-th filter of the dataset's pipeline was skipped

    bool operator==(const StoredChunk&) const = default;
};

}  // namespace simdprep
