#include "simdprep/detail/chunk_index_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "simdprep/detail/chunk_index.hpp"
#include "simdprep/detail/structure.hpp"

namespace simdprep::detail {
namespace {

constexpr std::uint64_t superblock_bytes = 48, end_of_file_at = 28;

void put(std::vector<std::byte>& out, std::uint64_t value, std::size_t size) {
    for (std::size_t byte = 0; byte < size; ++byte) out.push_back(static_cast<std::byte>(value >> (8 * byte)));
}

void put(std::vector<std::byte>& out, std::span<const std::byte> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// The checksum of all from `start` on.
void put_checksum(std::vector<std::byte>& out, std::size_t start) {
    put(out, metadata_checksum(std::span(out).subspan(start)), index_checksum_bytes);
}

// Writes one index; where its blocks lie is planned before the first, because those before point to those behind.
class IndexWriter {
public:
    IndexWriter(std::span<const ChunkEntry> entries, const IndexShape& shape, std::uint64_t address, std::vector<std::byte>& out)
        : entries_(entries), shape_(shape), address_(address), out_(out) {
        std::uint64_t at = address + index_header_bytes + shape.index_block_bytes();
        std::uint64_t planned = shape.first_entries;
        for (unsigned group = 0; planned < entries.size(); ++group) {
            Group& found = groups_.emplace_back();
            if (group >= shape.direct_groups) {
                found.super_block = at;
                at += shape.super_block_bytes(group);
                super_bytes_ += shape.super_block_bytes(group);
            }
            for (std::uint64_t block = 0; block < shape.blocks(group); ++block) {
                const bool is_used = planned < entries.size();
                found.data_blocks.push_back(is_used ? at : undefined_address);
                if (!is_used) continue;
                at += shape.data_block_bytes(group);
                data_bytes_ += shape.data_block_bytes(group);
                planned += shape.entries(group);
                ++num_data_;
            }
        }
        room_ = planned;
    }

    void write() {
        write_header();
        write_index_block();
        std::uint64_t first = shape_.first_entries;
        for (unsigned group = 0; group < groups_.size(); ++group) {
            if (group >= shape_.direct_groups) write_super_block(group);
            for (std::uint64_t block = 0; block < shape_.blocks(group); ++block) {
                if (groups_[group].data_blocks[block] != undefined_address) write_data_block(group, block, first);
                first += shape_.entries(group);
            }
        }
    }

private:
    struct Group {
        std::uint64_t super_block = undefined_address;
        std::vector<std::uint64_t> data_blocks;
    };

    std::size_t begin(std::string_view kind) {
        const std::size_t start = out_.size();
        put(out_, std::as_bytes(std::span(kind)));
        put(out_, 0, 1);
        put(out_, 1, 1);  // of chunks that pass filters
        if (kind != "EAHD") put(out_, address_, 8);
        return start;
    }

    void put_entries(std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t number = first; number < first + count; ++number) {
            const ChunkEntry entry = number < entries_.size() ? entries_[number] : ChunkEntry{undefined_address, 0, 0};
            put(out_, entry.address, 8);
            put(out_, entry.size, shape_.size_bytes);
            put(out_, entry.filter_mask, 4);
        }
    }

    void write_header() {
        const std::size_t start = begin("EAHD");
        put(out_, shape_.entry_bytes, 1);
        put(out_, shape_.as_in_header());
        const std::uint64_t super_blocks = groups_.size() - std::min<std::size_t>(groups_.size(), shape_.direct_groups);
        for (const std::uint64_t number : {super_blocks, super_bytes_, num_data_, data_bytes_, std::uint64_t{entries_.size()}, room_})
            put(out_, number, 8);
        put(out_, address_ + index_header_bytes, 8);
        put_checksum(out_, start);
    }

    void write_index_block() {
        const std::size_t start = begin("EAIB");
        put_entries(0, shape_.first_entries);
        for (unsigned group = 0; group < shape_.direct_groups; ++group)
            for (std::uint64_t block = 0; block < shape_.blocks(group); ++block)
                put(out_, group < groups_.size() ? groups_[group].data_blocks[block] : undefined_address, 8);
        for (unsigned group = shape_.direct_groups; group < shape_.num_groups; ++group)
            put(out_, group < groups_.size() ? groups_[group].super_block : undefined_address, 8);
        put_checksum(out_, start);
    }

    void write_super_block(unsigned group) {
        const std::size_t start = begin("EASB");
        put(out_, shape_.entries_before(group), shape_.offset_bytes);
        std::vector<std::byte> mask(shape_.page_mask_bytes(group) * shape_.blocks(group));
        std::uint64_t page = 0;  // all pages of a block are written, also where no entry is set
        for (const std::uint64_t place : groups_[group].data_blocks)
            for (std::uint64_t pages = shape_.pages(group); pages > 0; --pages, ++page)
                if (place != undefined_address) mask[page / 8] |= std::byte{0x80} >> (page % 8);
        put(out_, mask);
        for (const std::uint64_t place : groups_[group].data_blocks) put(out_, place, 8);
        put_checksum(out_, start);
    }

    void write_data_block(unsigned group, std::uint64_t block, std::uint64_t first) {
        std::size_t start = begin("EADB");
        put(out_, shape_.offset_of_block(group, block), shape_.offset_bytes);
        if (shape_.pages(group) == 0) put_entries(first, shape_.entries(group));
        put_checksum(out_, start);
        for (std::uint64_t page = 0; page < shape_.pages(group); ++page) {
            start = out_.size();
            put_entries(first + page * shape_.page_entries, shape_.page_entries);
            put_checksum(out_, start);
        }
    }

    std::span<const ChunkEntry> entries_;
    const IndexShape& shape_;
    std::uint64_t address_;
    std::vector<std::byte>& out_;
    std::vector<Group> groups_;
    std::uint64_t super_bytes_ = 0;
    std::uint64_t num_data_ = 0;
    std::uint64_t data_bytes_ = 0;
    std::uint64_t room_ = 0;
};

// Writes all of it; returns the errno of a write that failed, or 0.
int write_all(int file, std::span<const std::byte> bytes, std::uint64_t at) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        at += static_cast<std::uint64_t>(written);
    }
    return 0;
}

// Blocks of metadata in which numbers change.
class ChangedBlocks {
public:
    void change(const MessageBlock& block, std::uint64_t at, std::uint64_t value) {
        std::vector<std::byte>& bytes = blocks_.try_emplace(block.address, block.bytes).first->second;
        std::vector<std::byte> number;
        put(number, value, 8);
        std::ranges::copy(number, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }

    // With their checksums; returns as write_all().
    [[nodiscard]] int write(int file) {
        for (auto& [address, bytes] : blocks_) {
            put_checksum(bytes, 0);
            if (const int code = write_all(file, bytes, address); code != 0) return code;
        }
        return 0;
    }

private:
    std::map<std::uint64_t, std::vector<std::byte>> blocks_;
};

}  // namespace

void add_chunk_index(std::span<const ChunkEntry> entries, const IndexShape& shape, std::uint64_t address, std::vector<std::byte>& out) {
    IndexWriter(entries, shape, address, out).write();
}

int write_end_of_file(const std::filesystem::path& path, int file, std::uint64_t end) {
    ChangedBlocks changed;
    changed.change({0, MetadataFile(path).read_checked(0, superblock_bytes)}, end_of_file_at, end);
    return changed.write(file);
}

int write_chunk_indexes(const std::filesystem::path& path, int file, std::span<const IndexedDataset> datasets) {
    constexpr std::size_t most_held = 16 << 20;
    Structure structure(path);
    std::vector<std::byte> bytes;
    std::uint64_t written = structure.identity().size;
    for (const IndexedDataset& dataset : datasets) {
        if (dataset.length == 0) continue;
        const ObjectHeader& header = structure.header(dataset.path);
        const Message* space = header.find(MessageKind::dataspace);
        const Message* layout = header.find(MessageKind::layout);
        expect(space != nullptr && layout != nullptr && length_of(space->data) == 0);
        const ChunkedLayout chunked(layout->data);
        expect(chunked.address == undefined_address && !dataset.chunks.empty());
        const std::uint64_t address = written + bytes.size();
        add_chunk_index(dataset.chunks, IndexShape(chunked.parameters, chunked.chunk_bytes), address, bytes);
        ChangedBlocks changed;
        changed.change(header.block(space->block), space->address - header.block(space->block).address + length_at, dataset.length);
        changed.change(header.block(layout->block), layout->address - header.block(layout->block).address + chunked.address_at, address);
        if (const int code = changed.write(file); code != 0) return code;
        if (bytes.size() < most_held) continue;
        if (const int code = write_all(file, bytes, written); code != 0) return code;
        written += bytes.size();
        bytes.clear();
    }
    if (const int code = write_all(file, bytes, written); code != 0) return code;
    return write_end_of_file(path, file, written + bytes.size());
}

}  // namespace simdprep::detail
