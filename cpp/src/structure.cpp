#include "simdprep/detail/structure.hpp"

#include <algorithm>

#include "simdprep/detail/chunk_index.hpp"
#include "simdprep/detail/link_table.hpp"

namespace simdprep::detail {
namespace {

// The type of an unsigned number of 64 bits, little-endian.
constexpr std::array<std::uint8_t, 12> unsigned_64{0x10, 0, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0};
constexpr std::uint8_t class_of_texts = 0x13;
constexpr std::uint64_t superblock_bytes = 48;
// Of a file that is a chunk's, with what its index says of it: more chunks than that are the same ones again.
constexpr std::uint64_t least_chunk_bytes = 8;

// The address of the root group.
std::uint64_t root_of(const MetadataFile& file) {
    const std::vector<std::byte> bytes = file.read_checked(0, superblock_bytes);
    MetadataFields fields(bytes);
    fields.expect_text("\x89HDF\r\n\x1a\n");
    const std::uint8_t version = fields.u8();
    expect(version == 2 || version == 3);
    expect(fields.u8() == 8 && fields.u8() == 8 && fields.u8() == 0);  // bytes of addresses and lengths; not being written
    expect(fields.u64() == 0 && fields.u64() == undefined_address);    // begins here; no extension
    expect(fields.u64() <= file.size());
    return fields.u64();
}

bool is_unsigned_64(std::span<const std::byte> type) {
    return std::ranges::equal(type, std::as_bytes(std::span(unsigned_64)));
}

// With its size, so that no two rows of messages look the same.
void add(std::string& kind, MessageKind message, std::span<const std::byte> bytes) {
    kind += static_cast<char>(message);
    const std::uint64_t size = bytes.size();
    kind.append(reinterpret_cast<const char*>(&size), sizeof size);
    kind.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

std::uint64_t length_of(std::span<const std::byte> dataspace) {
    MetadataFields fields(dataspace);
    expect(fields.u8() == 2);
    const std::uint8_t rank = fields.u8();
    expect(rank > 0 && fields.u8() == 1 && fields.u8() == 1);  // with largest lengths, and neither a scalar nor nothing
    return fields.u64();
}

ChunkedLayout::ChunkedLayout(std::span<const std::byte> message) {
    constexpr std::uint8_t version = 4, chunked = 2, extensible_array = 4;
    constexpr std::uint64_t most_bytes = std::uint64_t{1} << 32U;
    MetadataFields fields(message);
    expect(fields.u8() == version && fields.u8() == chunked && fields.u8() == 0);
    const std::uint8_t rank = fields.u8();
    const std::uint8_t bytes = fields.u8();
    expect(rank >= 2 && bytes >= 1 && bytes <= 8);
    chunk_bytes = 1;
    for (std::uint8_t axis = 0; axis < rank; ++axis) {  // the last is the size of an item
        chunk.push_back(fields.number(bytes));
        expect(chunk.back() > 0 && chunk.back() <= most_bytes && chunk_bytes <= most_bytes / chunk.back());
        chunk_bytes *= chunk.back();
    }
    expect(fields.u8() == extensible_array);
    parameters = fields.bytes(IndexShape::parameter_bytes);
    address_at = fields.position();
    address = fields.u64();
    expect(fields.left() == 0);
}

Structure::Structure(const std::filesystem::path& path, bool compares_checksums) : file_(path, compares_checksums) {
    headers_.try_emplace("/", file_, root_of(file_));
}

std::map<std::string, std::string> Structure::texts() const {
    std::map<std::string, std::string> found;
    for (const StoredAttribute& attribute : headers_.at("/").attributes()) {
        if (!attribute.is_scalar || attribute.type.size() != 8 || attribute.type[0] != std::byte{class_of_texts}) continue;
        MetadataFields type(attribute.type.subspan(4));
        if (type.u32() != attribute.value.size()) continue;
        std::string text(reinterpret_cast<const char*>(attribute.value.data()), attribute.value.size());
        text.resize(text.find_last_not_of('\0') + 1);
        found.emplace(attribute.name, std::move(text));
    }
    return found;
}

std::uint64_t Structure::num_attributes(const std::string& path) { return header(path).num_attributes(file_); }

std::optional<std::uint64_t> Structure::number(const std::string& path, const std::string& name) {
    for (const StoredAttribute& attribute : header(path).attributes()) {
        if (attribute.name != name || !attribute.is_scalar || !is_unsigned_64(attribute.type) || attribute.value.size() != 8) continue;
        return MetadataFields(attribute.value).u64();
    }
    return std::nullopt;
}

StoredDatasets Structure::datasets(const std::vector<std::string>& paths, bool with_chunks) {
    StoredDatasets found;
    for (const std::string& path : paths) {
        const ObjectHeader& dataset = header(path);
        const Message* space = dataset.find(MessageKind::dataspace);
        const Message* type = dataset.find(MessageKind::datatype);
        const Message* fill = dataset.find(MessageKind::fill_value);
        const Message* layout = dataset.find(MessageKind::layout);
        const Message* filters = dataset.find(MessageKind::filters);
        expect(space != nullptr && type != nullptr && fill != nullptr && layout != nullptr && filters != nullptr);
        const std::uint64_t length = length_of(space->data);
        add(found.kinds, MessageKind::dataspace, space->data.first(length_at));
        add(found.kinds, MessageKind::dataspace, space->data.subspan(length_at + sizeof length));
        const ChunkedLayout chunked(layout->data);
        for (const Message* message : {type, fill, filters}) add(found.kinds, message->kind, message->data);
        add(found.kinds, MessageKind::layout, layout->data.first(chunked.address_at));
        found.lengths.push_back(length);
        if (!with_chunks) continue;
        const std::uint64_t count = length / chunked.chunk[0] + (length % chunked.chunk[0] != 0 ? 1 : 0);
        expect(count <= (file_.size() - found.chunks.size() * least_chunk_bytes) / least_chunk_bytes);
        const IndexShape shape(chunked.parameters, chunked.chunk_bytes);
        const std::vector<ChunkEntry> chunks = read_chunk_index(file_, chunked.address, shape, count);
        for (const ChunkEntry& entry : chunks) expect(entry.address <= file_.size() && entry.size <= file_.size() - entry.address);
        found.num_chunks.push_back(chunks.size());
        found.chunks.insert(found.chunks.end(), chunks.begin(), chunks.end());
    }
    return found;
}

const ObjectHeader& Structure::header(const std::string& path) {
    const auto known = headers_.find(path);
    if (known != headers_.end()) return known->second;
    const std::size_t slash = path.rfind('/');
    expect(slash != std::string::npos && slash + 1 < path.size());
    const Links& members = links(slash == 0 ? "/" : path.substr(0, slash));
    const auto found = members.find(path.substr(slash + 1));
    expect(found != members.end() && found->second != undefined_address);
    return headers_.try_emplace(path, file_, found->second).first->second;
}

const Structure::Links& Structure::links(const std::string& path) {
    const auto known = links_.find(path);
    return known != links_.end() ? known->second : links_.emplace(path, links_of(file_, header(path))).first->second;
}

}  // namespace simdprep::detail
