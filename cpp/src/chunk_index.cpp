#include "simdprep/detail/chunk_index.hpp"

#include <algorithm>
#include <bit>

namespace simdprep::detail {
namespace {

constexpr std::uint8_t filtered_chunks = 1;
constexpr std::size_t mask_bytes = 4;

ChunkEntry take_entry(MetadataFields& fields, const IndexShape& shape) {
    ChunkEntry entry;
    entry.address = fields.u64();
    entry.size = fields.number(shape.size_bytes);
    entry.filter_mask = fields.u32();
    return entry;
}

// Reads one index; entries are taken in their order until there are as many as wanted, and after that must be unset.
class IndexReader {
public:
    IndexReader(const MetadataFile& file, std::uint64_t address, const IndexShape& shape, std::uint64_t count)
        : file_(file), address_(address), shape_(shape), count_(count) {
        expect(count <= file.size() / shape.entry_bytes);
        entries_.reserve(count);
    }

    std::vector<ChunkEntry> read() {
        const std::vector<std::byte> bytes = file_.read_checked(address_, index_header_bytes);
        MetadataFields header(bytes);
        header.expect_text("EAHD");
        expect(header.u8() == 0 && header.u8() == filtered_chunks && header.u8() == shape_.entry_bytes);
        expect(std::ranges::equal(header.bytes(IndexShape::parameter_bytes), shape_.as_in_header()));
        header.skip(4 * 8);  // numbers and sizes of blocks
        expect(header.u64() == count_);
        header.skip(8);  // entries there is room for
        read_index_block(header.u64());
        expect(entries_.size() == count_);
        return std::move(entries_);
    }

private:
    [[nodiscard]] bool is_done() const noexcept { return entries_.size() == count_; }

    void take(MetadataFields& fields, std::uint64_t count) {
        for (; count > 0; --count) {
            const ChunkEntry entry = take_entry(fields, shape_);
            expect((entry.address == undefined_address) == is_done());
            if (!is_done()) entries_.push_back(entry);
        }
    }

    // A block with its kind and its index told; whatever follows is up to the caller.
    [[nodiscard]] MetadataFields begin(std::span<const std::byte> bytes, std::string_view kind) const {
        MetadataFields fields(bytes);
        fields.expect_text(kind);
        expect(fields.u8() == 0 && fields.u8() == filtered_chunks && fields.u64() == address_);
        return fields;
    }

    void read_index_block(std::uint64_t address) {
        const std::vector<std::byte> bytes = file_.read_checked(address, shape_.index_block_bytes());
        MetadataFields fields = begin(bytes, "EAIB");
        take(fields, shape_.first_entries);
        for (unsigned group = 0; group < shape_.direct_groups; ++group)
            for (std::uint64_t block = 0; block < shape_.blocks(group); ++block) read_data_block(fields.u64(), group, block);
        for (unsigned group = shape_.direct_groups; group < shape_.num_groups; ++group) read_super_block(fields.u64(), group);
    }

    void read_super_block(std::uint64_t address, unsigned group) {
        expect((address == undefined_address) == is_done());
        if (is_done()) return;
        const std::vector<std::byte> bytes = file_.read_checked(address, shape_.super_block_bytes(group));
        MetadataFields fields = begin(bytes, "EASB");
        expect(fields.number(shape_.offset_bytes) == shape_.entries_before(group));
        fields.skip(shape_.page_mask_bytes(group) * shape_.blocks(group));
        for (std::uint64_t block = 0; block < shape_.blocks(group); ++block) read_data_block(fields.u64(), group, block);
    }

    void read_data_block(std::uint64_t address, unsigned group, std::uint64_t block) {
        expect((address == undefined_address) == is_done());
        if (is_done()) return;
        const std::uint64_t pages = shape_.pages(group);
        const std::uint64_t head = index_prefix_bytes + shape_.offset_bytes + index_checksum_bytes;
        const std::vector<std::byte> bytes = file_.read_checked(address, pages == 0 ? shape_.data_block_bytes(group) : head);
        MetadataFields fields = begin(bytes, "EADB");
        expect(fields.number(shape_.offset_bytes) == shape_.offset_of_block(group, block));
        if (pages == 0) return take(fields, shape_.entries(group));
        const std::uint64_t page_bytes = shape_.page_entries * shape_.entry_bytes + index_checksum_bytes;
        for (std::uint64_t page = 0; page < pages && !is_done(); ++page) {
            const std::vector<std::byte> stored = file_.read_checked(address + head + page * page_bytes, page_bytes);
            MetadataFields entries(stored);
            take(entries, shape_.page_entries);
        }
    }

    const MetadataFile& file_;
    std::uint64_t address_;
    const IndexShape& shape_;
    std::uint64_t count_;
    std::vector<ChunkEntry> entries_;
};

}  // namespace

IndexShape::IndexShape(std::span<const std::byte> given, std::uint64_t chunk_bytes) {
    expect(given.size() == parameter_bytes && chunk_bytes > 0);
    std::ranges::copy(given, parameters.begin());
    MetadataFields fields(given);
    const unsigned bits = fields.u8();
    first_entries = fields.u8();
    const unsigned least_pointers = fields.u8();
    least_entries = fields.u8();
    const unsigned page_bits = fields.u8();
    expect(bits <= 48 && page_bits < bits && std::has_single_bit(least_pointers) && std::has_single_bit(least_entries));
    const auto least_bits = static_cast<unsigned>(std::countr_zero(least_entries));
    direct_groups = 2 * static_cast<unsigned>(std::countr_zero(least_pointers));
    direct_blocks = 2 * (std::uint64_t{least_pointers} - 1);
    expect(bits >= least_bits && page_bits >= least_bits);
    num_groups = 1 + bits - least_bits;
    expect(direct_groups < num_groups);
    page_entries = std::uint64_t{1} << page_bits;
    offset_bytes = (bits + 7) / 8;
    const auto chunk_bits = static_cast<std::size_t>(std::bit_width(chunk_bytes)) - 1;
    size_bytes = std::min<std::size_t>(1 + (chunk_bits + 8) / 8, 8);
    entry_bytes = 8 + size_bytes + mask_bytes;
}

std::array<std::byte, IndexShape::parameter_bytes> IndexShape::as_in_header() const noexcept {
    return {parameters[0], parameters[1], parameters[3], parameters[2], parameters[4]};
}

std::uint64_t IndexShape::entries_before(unsigned group) const noexcept {
    std::uint64_t found = 0;
    for (unsigned before = 0; before < group; ++before) found += blocks(before) * entries(before);
    return found;
}

std::uint64_t IndexShape::blocks_before(unsigned group) const noexcept {
    std::uint64_t found = 0;
    for (unsigned before = 0; before < group; ++before) found += blocks(before);
    return found;
}

std::uint64_t IndexShape::index_block_bytes() const noexcept {
    const std::uint64_t pointers = direct_blocks + (num_groups - direct_groups);
    return index_prefix_bytes + first_entries * entry_bytes + pointers * 8 + index_checksum_bytes;
}

std::uint64_t IndexShape::super_block_bytes(unsigned group) const noexcept {
    return index_prefix_bytes + offset_bytes + blocks(group) * (page_mask_bytes(group) + 8) + index_checksum_bytes;
}

std::uint64_t IndexShape::data_block_bytes(unsigned group) const noexcept {
    const std::uint64_t checksums = pages(group) * index_checksum_bytes;
    return index_prefix_bytes + offset_bytes + entries(group) * entry_bytes + checksums + index_checksum_bytes;
}

std::vector<ChunkEntry> read_chunk_index(const MetadataFile& file, std::uint64_t address, const IndexShape& shape, std::uint64_t count) {
    if (address == undefined_address) {
        expect(count == 0);
        return {};
    }
    return IndexReader(file, address, shape, count).read();
}

}  // namespace simdprep::detail
