#include "simdprep/detail/link_table.hpp"

#include <algorithm>
#include <bit>

#include "simdprep/detail/name_tree.hpp"
#include "simdprep/detail/object_header.hpp"

namespace simdprep::detail {
namespace {

using Links = std::map<std::string, std::uint64_t, std::less<>>;

constexpr std::uint8_t link_names = 5;
constexpr std::size_t heap_id_bytes = 7, name_hash_bytes = 4;
constexpr unsigned heap_bits = 32;  // of an offset in the heap
constexpr std::size_t offset_bytes = heap_bits / 8;

void add_link(std::span<const std::byte> data, Links& links) {
    MetadataFields fields(data);
    expect(fields.u8() == 1);
    const std::uint8_t flags = fields.u8();
    expect((flags & 0xe0U) == 0);
    const std::uint8_t kind = (flags & 0x08U) != 0 ? fields.u8() : 0;
    if ((flags & 0x04U) != 0) fields.skip(8);  // when it was made
    if ((flags & 0x10U) != 0) fields.skip(1);  // what its name is written in
    const std::span<const std::byte> name = fields.bytes(fields.number(std::size_t{1} << (flags & 0x03U)));
    const std::uint64_t address = kind == 0 ? fields.u64() : undefined_address;
    expect(kind != 0 || fields.left() == 0);
    expect(links.emplace(std::string(reinterpret_cast<const char*>(name.data()), name.size()), address).second);
}

// A heap of links: blocks whose places follow from its first one's, without blocks of blocks of blocks.
class LinkHeap {
public:
    LinkHeap(const MetadataFile& file, std::uint64_t address) : file_(file), address_(address) {
        constexpr std::uint64_t header_bytes = 146;
        const std::vector<std::byte> bytes = file.read_checked(address, header_bytes);
        MetadataFields fields(bytes);
        fields.expect_text("FRHP");
        expect(fields.u8() == 0 && fields.u16() == heap_id_bytes && fields.u16() == 0);
        const std::uint8_t flags = fields.u8();
        expect((flags & ~0x02U) == 0);
        checksums_ = flags != 0;
        fields.skip(4 + 12 * 8);  // sizes and counts of what is in it
        width_ = fields.u16();
        first_bytes_ = fields.u64();
        most_bytes_ = fields.u64();
        expect(fields.u16() == heap_bits);
        fields.skip(2);
        root_ = fields.u64();
        num_rows_ = fields.u16();
        expect(width_ > 0 && std::has_single_bit(first_bytes_) && std::has_single_bit(most_bytes_) && most_bytes_ <= (1U << 16U));
        expect(first_bytes_ <= most_bytes_);
        add_blocks();
    }

    [[nodiscard]] std::span<const std::byte> find(std::span<const std::byte> id) const {
        MetadataFields fields(id);
        expect(fields.u8() == 0);  // lies in a block
        const std::uint64_t offset = fields.number(offset_bytes);
        const std::uint64_t size = fields.u16();
        const auto after = std::ranges::upper_bound(blocks_, offset, {}, &Block::offset);
        expect(after != blocks_.begin());
        const Block& block = *(after - 1);
        const std::uint64_t within = offset - block.offset;
        expect(within <= block.bytes.size() && size <= block.bytes.size() - within);
        return std::span(block.bytes).subspan(within, size);
    }

private:
    struct Block {
        std::uint64_t offset;
        std::vector<std::byte> bytes;
    };

    void add_blocks() {
        if (num_rows_ == 0) return add_block(root_, 0, first_bytes_);
        const unsigned direct_rows = static_cast<unsigned>(std::countr_zero(most_bytes_) - std::countr_zero(first_bytes_)) + 2;
        expect(num_rows_ <= direct_rows);
        const std::uint64_t children = std::uint64_t{num_rows_} * width_;
        const std::vector<std::byte> bytes = file_.read_checked(root_, 4 + 1 + 8 + offset_bytes + 8 * children + 4);
        MetadataFields fields(bytes);
        fields.expect_text("FHIB");
        expect(fields.u8() == 0 && fields.u64() == address_ && fields.number(offset_bytes) == 0);
        std::uint64_t offset = 0;
        for (unsigned row = 0; row < num_rows_; ++row) {
            const std::uint64_t size = first_bytes_ << (row == 0 ? 0 : row - 1);
            for (unsigned column = 0; column < width_; ++column, offset += size) {
                const std::uint64_t block = fields.u64();
                if (block != undefined_address) add_block(block, offset, size);
            }
        }
    }

    void add_block(std::uint64_t address, std::uint64_t offset, std::uint64_t size) {
        std::vector<std::byte> bytes = file_.read(address, size);
        MetadataFields fields(bytes);
        fields.expect_text("FHDB");
        expect(fields.u8() == 0 && fields.u64() == address_ && fields.number(offset_bytes) == offset);
        if (checksums_) {
            const std::size_t at = fields.position();
            const std::uint32_t stored = fields.u32();
            std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 4, std::byte{0});  // as it was when it was taken
            file_.compare(bytes, stored);
        }
        blocks_.push_back({offset, std::move(bytes)});
    }

    const MetadataFile& file_;
    std::uint64_t address_;
    bool checksums_ = false;
    std::uint16_t width_ = 0;
    std::uint64_t first_bytes_ = 0;
    std::uint64_t most_bytes_ = 0;
    std::uint64_t root_ = 0;
    std::uint16_t num_rows_ = 0;
    std::vector<Block> blocks_;  // ascending
};

}  // namespace

Links links_of(const MetadataFile& file, const ObjectHeader& group) {
    Links links;
    for (const Message& message : group.messages())
        if (message.kind == MessageKind::link) add_link(message.data, links);
    const Message* info = group.find(MessageKind::link_info);
    expect(info != nullptr);
    MetadataFields fields(info->data);
    expect(fields.u8() == 0);
    const std::uint8_t flags = fields.u8();
    if ((flags & 1U) != 0) fields.skip(8);
    const std::uint64_t heap_address = fields.u64();
    const std::uint64_t names = fields.u64();
    if (heap_address == undefined_address) return links;
    expect(links.empty());
    const LinkHeap heap(file, heap_address);
    const std::vector<std::byte> records = NameTree(file, names, link_names).records(name_hash_bytes + heap_id_bytes);
    for (std::size_t at = 0; at < records.size(); at += name_hash_bytes + heap_id_bytes)
        add_link(heap.find(std::span(records).subspan(at + name_hash_bytes, heap_id_bytes)), links);
    return links;
}

}  // namespace simdprep::detail
