// From stored chunks straight to packed items: only what is valid is ever put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simdprep/detail/chunk_reader.hpp"
#include "simdprep/detail/packing.hpp"

namespace simdprep::detail {

// Where the values of a field, or a mask of one byte a slot, are stored.
struct StoredField {
    const ChunkReader* reader = nullptr;
    Member member;
    DType dtype = DType::float32;
};

// Reads rows of a padded object: lists of `slots` slots, `outer` of them in a row. It works on the thread that calls
// it, which has no more than one at a time.
class PackedReader {
public:
    PackedReader(std::span<const StoredField> fields, const StoredField& valid, std::size_t outer, std::size_t slots);

    // Reads rows [start, stop), chunk by chunk, and writes where the entries of their lists begin, from 0 on, to
    // `offsets`: (stop - start) * outer + 1. DatasetError if stored bytes are damaged, a bool is neither true nor
    // false, or an entry stands behind an empty slot.
    void read(std::uint64_t start, std::uint64_t stop, std::span<std::int64_t> offsets);

    // Writes the entries that were read, side by side: items (offsets.back(), fields) of dtype `out`.
    void pack(ItemTransforms transforms, DType out, std::byte* items) const;

private:
    void count_chunk(std::size_t chunk, std::size_t first, std::span<std::int64_t> offsets);
    const Elements& unpacked(const ChunkReader& reader, std::size_t chunk);

    std::span<const StoredField> fields_;
    StoredField valid_;
    std::size_t outer_;
    std::size_t slots_;
    std::uint64_t count_ = 0;
    std::vector<std::byte*> columns_;
    // What was unpacked last: fields of one dataset of records follow each other.
    const ChunkReader* unpacked_reader_ = nullptr;
    std::size_t unpacked_chunk_ = 0;
    Elements elements_;
};

}  // namespace simdprep::detail
