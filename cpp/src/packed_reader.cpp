#include "simdprep/detail/packed_reader.hpp"

#include <algorithm>
#include <string>

#include "simdprep/detail/scratch.hpp"
#include "simdprep/detail/unpad.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// The fields' values, one field after the other. Of what is asked for only the part that is used takes memory.
thread_local Scratch column_scratch;

void check_bools(const std::byte* bytes, std::size_t count) {
    std::byte most{0};
    for (std::size_t i = 0; i < count; ++i) most = std::max(most, bytes[i]);
    if (most > std::byte{1}) throw DatasetError(expected("bool", "byte " + std::to_string(static_cast<int>(most)), "0 or 1"));
}

ThreadPool& this_thread_alone() {
    thread_local ThreadPool pool(1);
    return pool;
}

}  // namespace

PackedReader::PackedReader(std::span<const StoredField> fields, const StoredField& valid, std::size_t outer, std::size_t slots)
    : fields_(fields), valid_(valid), outer_(outer), slots_(slots) {
    const auto check = [&](const StoredField& field) {
        const ChunkReader& reader = *field.reader;
        const bool sound = reader.chunk_rows() == valid.reader->chunk_rows() && reader.num_chunks() == valid.reader->num_chunks() &&
                           outer * slots > 0 && reader.row_bytes() % (outer * slots) == 0 &&
                           field.member.offset + field.member.size <= reader.row_bytes() / (outer * slots) &&
                           field.member.size == size_of(field.dtype);
        if (!sound) throw InternalError("fields of a packed reader that do not belong together");
    };
    check(valid);
    std::ranges::for_each(fields, check);
}

void PackedReader::read(std::uint64_t start, std::uint64_t stop, std::span<std::int64_t> offsets) {
    const std::size_t chunk_rows = valid_.reader->chunk_rows();
    const std::size_t num_lists = (stop - start) * outer_;
    if (start > stop || stop > std::uint64_t{chunk_rows} * valid_.reader->num_chunks() || offsets.size() != num_lists + 1)
        throw InternalError("rows of a packed reader beyond the stored ones");
    std::size_t bytes = 0;
    for (const StoredField& field : fields_) bytes += num_lists * slots_ * field.member.size + element_slack;
    std::byte* column = column_scratch.get(bytes).data();
    columns_.clear();
    for (const StoredField& field : fields_) {
        columns_.push_back(column);
        column += num_lists * slots_ * field.member.size + element_slack;
    }
    count_ = 0;
    unpacked_reader_ = nullptr;
    offsets[0] = 0;
    for (std::uint64_t row = start; row < stop;) {
        const std::size_t chunk = row / chunk_rows;
        const std::uint64_t end = std::min<std::uint64_t>(stop, std::uint64_t{chunk + 1} * chunk_rows);
        const std::size_t first = (row - std::uint64_t{chunk} * chunk_rows) * outer_ * slots_;
        const auto bounds = offsets.subspan((row - start) * outer_, (end - row) * outer_ + 1);
        count_chunk(chunk, first, bounds);
        for (std::size_t field = 0; field < fields_.size(); ++field) {
            const Member member = fields_[field].member;
            std::byte* to = columns_[field] + count_ * member.size;
            copy_lists(unpacked(*fields_[field].reader, chunk), member, first, slots_, bounds, to);
            if (fields_[field].dtype == DType::boolean)
                check_bools(to, static_cast<std::size_t>(bounds.back() - bounds.front()));
        }
        count_ = static_cast<std::uint64_t>(bounds.back());
        row = end;
    }
}

// Writes the offsets of a chunk's lists behind the first, which is that of the chunk before.
void PackedReader::count_chunk(std::size_t chunk, std::size_t first, std::span<std::int64_t> offsets) {
    const Elements& elements = unpacked(*valid_.reader, chunk);
    const std::size_t lists = offsets.size() - 1;
    const std::size_t step = elements.in_planes ? 1 : elements.size;
    const std::byte* mask = elements.data + (elements.in_planes ? valid_.member.offset * elements.count : valid_.member.offset) +
                            first * step;
    if (step == 1) {
        check_bools(mask, lists * slots_);
    } else {
        for (std::size_t slot = 0; slot < lists * slots_; ++slot) check_bools(mask + slot * step, 1);
    }
    const std::int64_t before = offsets[0];
    const SlotsView view{mask, slots_, 1, static_cast<std::ptrdiff_t>(slots_ * step), static_cast<std::ptrdiff_t>(step)};
    unpad_offsets(this_thread_alone(), view, lists, offsets.data());
    for (std::int64_t& offset : offsets) offset += before;
}

const Elements& PackedReader::unpacked(const ChunkReader& reader, std::size_t chunk) {
    if (unpacked_reader_ != &reader || unpacked_chunk_ != chunk) {
        unpacked_reader_ = nullptr;
        elements_ = reader.unpack(chunk, outer_ * slots_);
        unpacked_reader_ = &reader;
        unpacked_chunk_ = chunk;
    }
    return elements_;
}

void PackedReader::pack(ItemTransforms transforms, DType out, std::byte* items) const {
    std::vector<ColumnView> columns;
    for (std::size_t field = 0; field < fields_.size(); ++field) {
        const auto size = static_cast<std::ptrdiff_t>(fields_[field].member.size);
        columns.push_back({columns_[field], fields_[field].dtype, 0, size});
    }
    pack_items(this_thread_alone(), columns, transforms, count_, out, items);
}

}  // namespace simdprep::detail
