// The header of an object in an HDF5 file: its messages, from all of its blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "simdprep/detail/metadata_file.hpp"

namespace simdprep::detail {

enum class MessageKind : std::uint8_t {
    nothing = 0,
    dataspace = 1,
    link_info = 2,
    datatype = 3,
    fill_value = 5,
    link = 6,
    layout = 8,
    group_info = 10,
    filters = 11,
    attribute = 12,
    continuation = 16,
    attribute_info = 21,
};

struct Message {
    MessageKind kind;
    std::span<const std::byte> data;
    std::uint64_t address;  // of the data
    std::size_t block;      // that holds it
};

// A run of messages with a checksum behind it.
struct MessageBlock {
    std::uint64_t address;
    std::vector<std::byte> bytes;  // without the checksum
};

// An attribute of fixed length in a header.
struct StoredAttribute {
    std::string_view name;
    std::span<const std::byte> type;
    std::span<const std::byte> value;
    bool is_scalar = false;
};

class ObjectHeader {
public:
    // NotExpected unless it is one of version 2 that says nothing of times and shares nothing with others.
    ObjectHeader(const MetadataFile& file, std::uint64_t address);

    ObjectHeader(const ObjectHeader&) = delete;  // the messages lie in its blocks
    ObjectHeader& operator=(const ObjectHeader&) = delete;

    [[nodiscard]] const std::vector<Message>& messages() const noexcept { return messages_; }
    [[nodiscard]] const MessageBlock& block(std::size_t index) const { return blocks_[index]; }
    // The only one of its kind; null where there is none, NotExpected where there are several.
    [[nodiscard]] const Message* find(MessageKind kind) const;
    // How many attributes the object has, also those that lie elsewhere.
    [[nodiscard]] std::uint64_t num_attributes(const MetadataFile& file) const;
    // Those that lie in the header; no value where the type or the shape is shared.
    [[nodiscard]] std::vector<StoredAttribute> attributes() const;

private:
    void add_messages(const MetadataFile& file, MetadataFields fields, bool with_order);
    void add_block(const MetadataFile& file, std::uint64_t address, std::uint64_t size, bool with_order);

    std::vector<MessageBlock> blocks_;
    std::vector<Message> messages_;
};

}  // namespace simdprep::detail
