// What is written of a chunk index is what is read of it, at every length that changes its shape.
#include <fstream>
#include <initializer_list>

#include "check.hpp"
#include "simdprep/detail/chunk_index.hpp"

using namespace simdprep::detail;

namespace {

constexpr std::byte parameters[] = {std::byte{32}, std::byte{4}, std::byte{4}, std::byte{16}, std::byte{10}};  // HDF5's own
constexpr std::uint64_t address = 100;

std::vector<ChunkEntry> entries_of(std::size_t count) {
    std::vector<ChunkEntry> entries(count);
    for (std::size_t at = 0; at < count; ++at) entries[at] = {at * 7, 100 + at % 5000, static_cast<std::uint32_t>(at % 3)};
    return entries;
}

std::vector<std::byte> written(std::size_t count, const IndexShape& shape) {
    std::vector<std::byte> bytes(address);
    add_chunk_index(entries_of(count), shape, address, bytes);
    return bytes;
}

std::vector<ChunkEntry> read(const std::vector<std::byte>& bytes, const IndexShape& shape, std::uint64_t count) {
    const check::Folder folder;
    std::ofstream(folder.path() / "index", std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return read_chunk_index(MetadataFile(folder.path() / "index"), address, shape, count);
}

bool is_refused(const std::vector<std::byte>& bytes, const IndexShape& shape, std::uint64_t count) {
    try {
        read(bytes, shape, count);
    } catch (const NotExpected&) {
        return true;
    }
    return false;
}

}  // namespace

TEST(checksum_of_its_author) {
    CHECK_EQUAL(metadata_checksum(check::bytes_of("")), 0xdeadbeefU);
    CHECK_EQUAL(metadata_checksum(check::bytes_of("Four score and seven years ago")), 0x17770551U);
}

TEST(what_is_written_is_read) {
    for (const std::uint64_t chunk_bytes : {1UL, 4096UL, 1UL << 20}) {
        const IndexShape shape(parameters, chunk_bytes);
        for (const std::size_t count : std::initializer_list<std::size_t>{1, 4, 5, 20, 21, 52, 53, 116, 117, 244, 245, 1000, 131'060, 131'061, 140'000, 270'000}) {
            const auto found = read(written(count, shape), shape, count);
            const auto expected = entries_of(count);
            CHECK_EQUAL(found.size(), count);
            for (std::size_t at = 0; at < count; ++at) {
                CHECK_EQUAL(found[at].address, expected[at].address);
                CHECK_EQUAL(found[at].size, expected[at].size);
                CHECK_EQUAL(found[at].filter_mask, expected[at].filter_mask);
            }
        }
    }
}

TEST(no_changed_byte_is_believed) {
    const IndexShape shape(parameters, 4096);
    const auto sound = written(60, shape);
    for (std::size_t at = address; at < sound.size(); ++at) {
        auto bytes = sound;
        bytes[at] ^= std::byte{0x10};
        CHECK(is_refused(bytes, shape, 60));
    }
    for (std::size_t size = address; size < sound.size(); ++size)
        CHECK(is_refused({sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size)}, shape, 60));
}

TEST(another_number_of_chunks_is_refused) {
    const IndexShape shape(parameters, 4096);
    for (const std::size_t count : std::initializer_list<std::size_t>{3, 4, 21, 60, 500})
        for (const std::size_t wanted : {count - 1, count + 1}) CHECK(is_refused(written(count, shape), shape, wanted));
}
