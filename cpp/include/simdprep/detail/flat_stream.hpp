// FlatStream: entries of one flat dataset, appended in any portions and cut into chunks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "simdprep/part.hpp"

namespace simdprep::detail {

class FlatStream {
public:
    explicit FlatStream(const DatasetDescription& dataset);

    void append(const std::byte* items, std::uint64_t count);
    // Appends offsets[1..count] - offsets[0] + what is stored so far; the first call adds the leading 0.
    void append_offsets(const std::int64_t* offsets, std::uint64_t count);
    std::uint64_t stored_bytes() const { return stored_bytes_; }
    // Takes the chunks that are full; more of the same follow.
    StoredDataset take_full();
    // Takes what is left, the last, partial chunk included, and starts anew.
    StoredDataset take();

private:
    void encode_open();

    const DatasetDescription& dataset_;
    std::vector<std::byte> open_;
    StoredDataset result_;
    std::uint64_t stored_bytes_ = 0;
    std::int64_t last_offset_ = 0;
};

}  // namespace simdprep::detail
