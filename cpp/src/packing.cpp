// Fields are taken in tiles: some hundred entries of 16 fields are converted and transformed while they lie in the
// first-level cache, column by column, and then interleaved.
#include "simdprep/detail/packing.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "simdprep/detail/conversion.hpp"
#include "simdprep/detail/interleave.hpp"
#include "simdprep/detail/runs.hpp"
#include "simdprep/detail/scratch.hpp"
#include "simdprep/detail/slots.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

constexpr std::size_t tile_items = 256;
constexpr std::size_t column_stride = tile_items + 16;  // not a power of two: columns would meet in the cache

// Results of so many bytes are written past the caches: as many as the last of them holds on common processors, so
// that whoever reads the result would not find it there anyway.
constexpr std::uint64_t streamed_bytes = std::uint64_t{32} << 20;

// Entries that stand side by side in a list of slots.
struct Segment {
    std::uint64_t list;
    std::uint64_t slot;
    std::uint64_t count;
};

// The fields with the functions that convert them.
class Packer {
public:
    Packer(std::span<const ColumnView> fields, ItemTransforms transforms, DType out)
        : fields_(fields), transforms_(transforms), out_(out), item_bytes_(fields.size() * size_of(out)) {
        if (!transforms.empty() && transforms.size() != fields.size())
            throw InternalError(expected("transforms", transforms.size(), std::to_string(fields.size())));
        const bool changed = std::ranges::any_of(transforms, [](const auto& entry) { return entry.has_value(); });
        through_tiles_ = out == DType::float32 || changed;
        for (const ColumnView& field : fields)
            conversions_.push_back(conversion(field.dtype, through_tiles_ ? DType::float32 : out));
        if (through_tiles_ && out != DType::float32) finish_ = conversion(DType::float32, out);
    }

    [[nodiscard]] std::size_t item_bytes() const { return item_bytes_; }

    // Packs segments of together `count` items, tile_items at most.
    void pack(std::span<const Segment> segments, std::uint64_t count, std::byte* items) const {
        if (!through_tiles_) return convert(segments, items);
        if (finish_ == nullptr) return tile(segments, count, reinterpret_cast<float*>(items));
        thread_local Scratch scratch;
        const std::size_t values = count * fields_.size();
        const auto floats = scratch.get(values * sizeof(float));
        tile(segments, count, reinterpret_cast<float*>(floats.data()));
        finish_(floats.data(), sizeof(float), values, items, size_of(out_));
    }

private:
    [[nodiscard]] const std::byte* start(const ColumnView& field, const Segment& segment) const {
        return field.data + static_cast<std::ptrdiff_t>(segment.list) * field.list +
               static_cast<std::ptrdiff_t>(segment.slot) * field.slot;
    }

    // Each field is read a tile at a time, between those of all others, which is too little for the processor to see
    // ahead: while this tile is transformed, the next of the same field is on its way.
    void prefetch_next(const ColumnView& field, const Segment& segment) const {
        if (field.slot != static_cast<std::ptrdiff_t>(size_of(field.dtype))) return;
        const std::size_t bytes = segment.count * size_of(field.dtype);
        const std::byte* const next = start(field, segment) + bytes;
        for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(next + at);
    }

    // Straight to the items' dtype.
    void convert(std::span<const Segment> segments, std::byte* items) const {
        for (std::size_t index = 0; index < fields_.size(); ++index) {
            std::byte* to = items + index * size_of(out_);
            for (const Segment& segment : segments) {
                conversions_[index](start(fields_[index], segment), fields_[index].slot, segment.count, to, item_bytes_);
                to += segment.count * item_bytes_;
            }
        }
    }

    void tile(std::span<const Segment> segments, std::uint64_t count, float* items) const {
        alignas(64) std::array<float, interleaved_fields * column_stride> columns;
        for (std::size_t first = 0; first < fields_.size(); first += interleaved_fields) {
            const std::size_t here = std::min(interleaved_fields, fields_.size() - first);
            for (std::size_t index = 0; index < here; ++index) {
                float* const column = columns.data() + index * column_stride;
                const ColumnView& field = fields_[first + index];
                float* to = column;
                for (const Segment& segment : segments) {
                    conversions_[first + index](start(field, segment), field.slot, segment.count,
                                                reinterpret_cast<std::byte*>(to), sizeof(float));
                    to += segment.count;
                }
                if (segments.size() == 1) prefetch_next(field, segments.front());
                if (!transforms_.empty() && transforms_[first + index]) transform_items(*transforms_[first + index], column, count);
            }
            interleave(columns.data(), column_stride, here, count, items + first, fields_.size());
        }
    }

    std::span<const ColumnView> fields_;
    ItemTransforms transforms_;
    DType out_;
    std::size_t item_bytes_;
    bool through_tiles_ = false;
    std::vector<Conversion> conversions_;
    Conversion finish_ = nullptr;
};

// Packs the entries [begin, end) of flat columns.
void pack_flat(const Packer& packer, std::uint64_t begin, std::uint64_t end, std::byte* items) {
    for (; begin < end; begin += tile_items) {
        const Segment segment{0, begin, std::min<std::uint64_t>(tile_items, end - begin)};
        packer.pack(std::span(&segment, 1), segment.count, items);
        items += segment.count * packer.item_bytes();
    }
}

}  // namespace

void count_valid(const ColumnView& valid, std::uint64_t lists, std::uint64_t slots, std::int64_t* offsets) {
    std::int64_t total = 0;
    offsets[0] = 0;
    for (std::uint64_t list = 0; list < lists; ++list) {
        const std::byte* mask = valid.data + static_cast<std::ptrdiff_t>(list) * valid.list;
        const auto valid_at = [&](std::uint64_t slot) {
            return mask[static_cast<std::ptrdiff_t>(slot) * valid.slot] != std::byte{0};
        };
        std::uint64_t count = 0;
        while (count < slots && valid_at(count)) ++count;
        for (std::uint64_t slot = count; slot < slots; ++slot)
            if (valid_at(slot))
                throw DatasetError(expected("valid", "an entry in slot " + std::to_string(slot) + " behind an empty slot",
                                            "valid entries first"));
        total += static_cast<std::int64_t>(count);
        offsets[list + 1] = total;
    }
}

void pack_lists(ThreadPool& pool, std::span<const ColumnView> fields, ItemTransforms transforms,
                std::span<const std::int64_t> offsets, DType out, std::byte* items) {
    const Packer packer(fields, transforms, out);
    const std::uint64_t lists = offsets.size() - 1;
    const auto bytes = static_cast<std::size_t>(offsets[lists]) * packer.item_bytes() / std::max<std::uint64_t>(1, lists);
    for_runs(pool, lists, bytes, [&](std::uint64_t begin, std::uint64_t end) {
        std::array<Segment, tile_items> segments;
        std::size_t used = 0;
        std::uint64_t count = 0;
        std::byte* to = items + static_cast<std::size_t>(offsets[begin]) * packer.item_bytes();
        const auto flush = [&] {
            packer.pack(std::span(segments).first(used), count, to);
            to += count * packer.item_bytes();
            used = 0;
            count = 0;
        };
        for (std::uint64_t list = begin; list < end; ++list) {
            const auto length = static_cast<std::uint64_t>(offsets[list + 1] - offsets[list]);
            for (std::uint64_t slot = 0; slot < length;) {
                const std::uint64_t taken = std::min(length - slot, tile_items - count);
                segments[used++] = {list, slot, taken};
                count += taken;
                slot += taken;
                if (count == tile_items) flush();
            }
        }
        if (count > 0) flush();
    });
}

void pack_items(ThreadPool& pool, std::span<const ColumnView> fields, ItemTransforms transforms, std::uint64_t count,
                DType out, std::byte* items) {
    const Packer packer(fields, transforms, out);
    for_runs(pool, count, packer.item_bytes(), [&](std::uint64_t begin, std::uint64_t end) {
        pack_flat(packer, begin, end, items + begin * packer.item_bytes());
    });
}

void pad_items(ThreadPool& pool, std::span<const ColumnView> fields, ItemTransforms transforms,
               std::span<const std::int64_t> offsets, std::uint64_t pad, float* items, std::uint8_t* valid) {
    const Packer packer(fields, transforms, DType::float32);
    const std::uint64_t lists = offsets.size() - 1;
    const std::uint64_t list_floats = pad * fields.size();
    constexpr float blank = 0;
    const Slots slots{list_floats, sizeof(float), reinterpret_cast<const std::byte*>(&blank)};
    const bool is_large = lists * list_floats * sizeof(float) >= streamed_bytes;
    const auto write = is_large && can_stream(slots, reinterpret_cast<std::byte*>(items)) ? stream_slots : write_slots;
    for_runs(pool, lists, list_floats * sizeof(float), [&](std::uint64_t begin, std::uint64_t end) {
        thread_local Scratch scratch;
        std::array<std::int64_t, tile_items + 1> bounds;  // of lists, in floats of the packed items
        while (begin < end) {
            // As many lists as make a tile, one at least.
            std::uint64_t next = begin;
            do {
                bounds[next - begin] = (offsets[next] - offsets[begin]) * static_cast<std::int64_t>(fields.size());
                ++next;
            } while (next < end && next - begin < tile_items && offsets[next + 1] - offsets[begin] <= std::int64_t{tile_items});
            bounds[next - begin] = (offsets[next] - offsets[begin]) * static_cast<std::int64_t>(fields.size());
            const auto packed = scratch.get(static_cast<std::size_t>(bounds[next - begin]) * sizeof(float));
            pack_flat(packer, static_cast<std::uint64_t>(offsets[begin]), static_cast<std::uint64_t>(offsets[next]), packed.data());
            write(packed.data(), bounds.data(), next - begin, slots, reinterpret_cast<std::byte*>(items + begin * list_floats));
            write_valid(offsets.data() + begin, next - begin, pad, valid + begin * pad);
            begin = next;
        }
    });
}

}  // namespace simdprep::detail
