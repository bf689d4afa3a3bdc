#include "simdprep/detail/flat_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace simdprep::detail {

FlatStream::FlatStream(const DatasetDescription& dataset) : dataset_(dataset) {}

void FlatStream::append(const std::byte* items, std::uint64_t count) {
    const std::size_t item = dataset_.item_bytes;
    result_.length += count;
    while (count > 0) {
        const std::uint64_t room = dataset_.chunk_rows - open_.size() / item;
        const std::uint64_t taken = std::min(room, count);
        open_.insert(open_.end(), items, items + taken * item);
        items += taken * item;
        count -= taken;
        if (taken == room) encode_open();
    }
}

void FlatStream::append_offsets(const std::int64_t* offsets, std::uint64_t count) {
    if (result_.length == 0) {
        last_offset_ = 0;
        append(reinterpret_cast<const std::byte*>(&last_offset_), 1);
    }
    std::vector<std::int64_t> shifted(count);
    for (std::uint64_t entry = 0; entry < count; ++entry) shifted[entry] = offsets[entry + 1] - offsets[0] + last_offset_;
    if (count > 0) last_offset_ = shifted.back();
    append(reinterpret_cast<const std::byte*>(shifted.data()), count);
}

void FlatStream::encode_open() {
    result_.chunks.push_back(encode_chunk(dataset_.pipeline, open_));
    stored_bytes_ += result_.chunks.back().bytes.size();
    open_.clear();
}

StoredDataset FlatStream::take_full() {
    StoredDataset full{0, result_.first_chunk, std::exchange(result_.chunks, {})};
    result_.first_chunk += full.chunks.size();
    full.length = result_.first_chunk * dataset_.chunk_rows;
    return full;
}

StoredDataset FlatStream::take() {
    if (!open_.empty()) {
        // Stored chunks are full-size; what lies past the end holds the fill value.
        const std::vector<std::byte> fill = dataset_.fill();
        while (open_.size() < dataset_.chunk_bytes()) open_.insert(open_.end(), fill.begin(), fill.end());
        encode_open();
    }
    stored_bytes_ = 0;
    last_offset_ = 0;
    return std::exchange(result_, {});
}

}  // namespace simdprep::detail
