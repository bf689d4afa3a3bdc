#include "simdprep/detail/object_header.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "simdprep/detail/name_tree.hpp"

namespace simdprep::detail {
namespace {

// More continue no header of ours; it bounds those that continue for ever.
constexpr std::size_t most_blocks = 64;
constexpr std::size_t signature_bytes = 4;
// Constant, and not to be shared: neither changes what a message means.
constexpr std::uint8_t harmless_flags = 0x05;
constexpr std::uint8_t attribute_order = 0x04, phases = 0x10, times = 0x20;

constexpr std::array known_kinds{MessageKind::nothing,    MessageKind::dataspace,    MessageKind::link_info, MessageKind::datatype,
                                 MessageKind::fill_value, MessageKind::link,         MessageKind::layout,    MessageKind::group_info,
                                 MessageKind::filters,    MessageKind::attribute,    MessageKind::continuation,
                                 MessageKind::attribute_info};

bool is_known(std::uint8_t kind) {
    for (const MessageKind known : known_kinds)
        if (static_cast<std::uint8_t>(known) == kind) return true;
    return false;
}

}  // namespace

ObjectHeader::ObjectHeader(const MetadataFile& file, std::uint64_t address) {
    constexpr std::uint64_t longest_prefix = signature_bytes + 2 + 4 + 8;
    const std::vector<std::byte> begin = file.read(address, std::min(longest_prefix, file.size() - std::min(address, file.size())));
    MetadataFields prefix(begin);
    prefix.expect_text("OHDR");
    expect(prefix.u8() == 2);
    const std::uint8_t flags = prefix.u8();
    expect((flags & ~(0x03 | attribute_order | 0x08 | phases)) == 0);
    if ((flags & phases) != 0) prefix.skip(4);
    const std::uint64_t size = prefix.number(std::size_t{1} << (flags & 0x03U));
    const std::size_t start = prefix.position();
    expect(size <= file.size());
    blocks_.push_back({address, file.read_checked(address, start + size + 4)});
    MetadataFields fields(blocks_.back().bytes);
    fields.skip(start);
    add_messages(file, fields, (flags & attribute_order) != 0);
}

void ObjectHeader::add_messages(const MetadataFile& file, MetadataFields fields, bool with_order) {
    const std::size_t block = blocks_.size() - 1;
    const std::uint64_t address = blocks_[block].address;
    const std::size_t prefix = with_order ? 6 : 4;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> continued;
    while (fields.left() >= prefix) {  // less is a gap
        const std::uint8_t kind = fields.u8();
        const std::uint16_t size = fields.u16();
        const std::uint8_t flags = fields.u8();
        if (with_order) fields.skip(2);
        expect(is_known(kind) && (flags & ~harmless_flags) == 0);
        const std::size_t at = fields.position();
        const std::span<const std::byte> data = fields.bytes(size);
        if (kind == static_cast<std::uint8_t>(MessageKind::continuation)) {
            MetadataFields place(data);
            const std::uint64_t where = place.u64();
            continued.emplace_back(where, place.u64());
        } else if (kind != static_cast<std::uint8_t>(MessageKind::nothing)) {
            messages_.push_back({static_cast<MessageKind>(kind), data, address + at, block});
        }
    }
    for (const auto& [where, size] : continued) add_block(file, where, size, with_order);
}

void ObjectHeader::add_block(const MetadataFile& file, std::uint64_t address, std::uint64_t size, bool with_order) {
    expect(blocks_.size() < most_blocks);
    blocks_.push_back({address, file.read_checked(address, size)});  // bytes of a vector stay where they are when it is moved
    MetadataFields fields(blocks_.back().bytes);
    fields.expect_text("OCHK");
    add_messages(file, fields, with_order);
}

const Message* ObjectHeader::find(MessageKind kind) const {
    const Message* found = nullptr;
    for (const Message& message : messages_) {
        if (message.kind != kind) continue;
        expect(found == nullptr);
        found = &message;
    }
    return found;
}

std::uint64_t ObjectHeader::num_attributes(const MetadataFile& file) const {
    std::uint64_t count = 0;
    for (const Message& message : messages_) count += message.kind == MessageKind::attribute ? 1U : 0U;
    const Message* info = find(MessageKind::attribute_info);
    if (info == nullptr) return count;
    MetadataFields fields(info->data);
    expect(fields.u8() == 0);
    const std::uint8_t flags = fields.u8();
    if ((flags & 1U) != 0) fields.skip(2);
    const std::uint64_t heap = fields.u64();
    const std::uint64_t names = fields.u64();
    if (heap == undefined_address) return count;
    expect(count == 0);
    constexpr std::uint8_t attribute_names = 8;
    return NameTree(file, names, attribute_names).num_records();
}

std::vector<StoredAttribute> ObjectHeader::attributes() const {
    std::vector<StoredAttribute> found;
    for (const Message& message : messages_) {
        if (message.kind != MessageKind::attribute) continue;
        MetadataFields fields(message.data);
        expect(fields.u8() == 3);
        const std::uint8_t shared = fields.u8();
        const std::uint16_t name_size = fields.u16();
        const std::uint16_t type_size = fields.u16();
        const std::uint16_t space_size = fields.u16();
        fields.skip(1);  // what its name is written in
        const std::span<const std::byte> name = fields.bytes(name_size);
        expect(shared == 0 && name_size > 1 && name.back() == std::byte{0});
        StoredAttribute attribute;
        attribute.name = {reinterpret_cast<const char*>(name.data()), name.size() - 1};
        attribute.type = fields.bytes(type_size);
        const std::span<const std::byte> space = fields.bytes(space_size);
        attribute.is_scalar = space.size() == 4 && space[0] == std::byte{2} && space[1] == std::byte{0} && space[3] == std::byte{0};
        attribute.value = fields.bytes(fields.left());
        found.push_back(attribute);
    }
    return found;
}

}  // namespace simdprep::detail
