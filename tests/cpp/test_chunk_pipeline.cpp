#include <array>

#include "check.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/codec.hpp"

using namespace simdprep;
using namespace simdprep::detail;

namespace {

// int32 values i / 3 * 1000 - 7 for i below 48, as h5py stored them with shuffle, gzip 4 and fletcher32.
constexpr std::array<unsigned char, 119> stored_by_h5py = {
    0x78, 0x5e, 0xfb, 0xf9, 0xf3, 0xe7, 0xc3, 0x87, 0x0f, 0x4f, 0x9e, 0x3c, 0xb9, 0x71, 0xe3, 0xc6, 0x99,
    0x33, 0x67, 0x36, 0x36, 0x36, 0x66, 0x66, 0x66, 0x06, 0x06, 0x06, 0x5a, 0x5a, 0x5a, 0x2a, 0x2a, 0x2a,
    0x72, 0x72, 0x72, 0x7e, 0xfc, 0xf8, 0xf1, 0xe6, 0xcd, 0x9b, 0x07, 0x0f, 0x1e, 0x5c, 0xb9, 0x72, 0xe5,
    0xc4, 0x89, 0x13, 0xff, 0xff, 0xff, 0xcf, 0xcc, 0xcc, 0xcc, 0xce, 0xce, 0xce, 0xcd, 0xcd, 0xcd, 0xcf,
    0xcf, 0x2f, 0x2c, 0x2c, 0x2c, 0x2e, 0x2e, 0x2e, 0x2d, 0x2d, 0x2d, 0x2f, 0x2f, 0xaf, 0xac, 0xac, 0xac,
    0xae, 0xae, 0xae, 0xa5, 0xa5, 0xa5, 0xa7, 0xa7, 0x67, 0x64, 0x64, 0x64, 0x66, 0x66, 0x66, 0x65, 0x65,
    0x05, 0x54, 0xcf, 0x40, 0x0a, 0x20, 0x55, 0x3d, 0x00, 0x3b, 0xa6, 0x2a, 0x4c, 0xba, 0xe6, 0x0b, 0xdc};

constexpr ChunkPipeline full = {.shuffle_size = 4, .deflate_level = 4, .fletcher = true};

std::vector<ChunkPipeline> all_pipelines() {
    std::vector<ChunkPipeline> all;
    for (const std::size_t size : {0UL, 1UL, 2UL, 4UL, 8UL, 21UL}) {
        for (const int level : {0, 1, 4, 9}) {
            for (const bool fletcher : {false, true}) {
                all.push_back({.shuffle_size = size, .deflate_level = level, .fletcher = fletcher});
            }
        }
    }
    return all;
}

void decode(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t mask, std::size_t size) {
    std::vector<std::byte> out(size);
    decode_chunk(pipeline, stored, mask, out);
}

}  // namespace

TEST(chunk_of_h5py) {
    std::array<std::int32_t, 48> values{};
    decode_chunk(full, std::as_bytes(std::span(stored_by_h5py)), 0, std::as_writable_bytes(std::span(values)));
    for (int i = 0; i < 48; ++i) {
        CHECK_EQUAL(values[static_cast<std::size_t>(i)], i / 3 * 1000 - 7);
    }
}

TEST(round_trip_of_every_pipeline) {
    for (const ChunkPipeline& pipeline : all_pipelines()) {
        // 42 * 24 divides by all element sizes; one byte more leaves a remainder behind the last element.
        for (const std::size_t size : {0UL, 1UL, 42UL * 24, 42UL * 24 + 1, 42UL * 2000}) {
            const auto raw = check::random_bytes(size, 0.2, 1);
            std::vector<std::byte> out(size);
            const StoredChunk stored = encode_chunk(pipeline, raw);
            decode_chunk(pipeline, stored.bytes, stored.filter_mask, out);
            CHECK(out == raw);
        }
    }
}

TEST(the_checksum_comes_last_and_little_endian) {
    const auto raw = check::random_bytes(99, 1.0, 1);
    const auto stored = encode_chunk({}, raw).bytes;
    CHECK_EQUAL(stored.size(), 103);
    CHECK(std::equal(raw.begin(), raw.end(), stored.begin()));
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_EQUAL(std::to_integer<std::uint32_t>(stored[99 + i]), (fletcher32(raw) >> (8 * i)) & 0xff);
    }
}

// The filters of a pipeline done one after the other, none left out.
std::vector<std::byte> by_definition(const ChunkPipeline& pipeline, std::vector<std::byte> bytes) {
    if (pipeline.has_shuffle()) {
        const std::vector<std::byte> in = bytes;
        shuffle(in.data(), bytes.data(), in.size() / pipeline.shuffle_size, pipeline.shuffle_size);
    }
    if (pipeline.has_deflate()) {
        std::vector<std::byte> out(deflate_bound(bytes.size()));
        out.resize(deflater(pipeline.deflate_level).compress(bytes, out));
        bytes = out;
    }
    const std::uint32_t sum = fletcher32(bytes);
    for (unsigned i = 0; pipeline.fletcher && i < 4; ++i) {
        bytes.push_back(static_cast<std::byte>(sum >> (8 * i)));
    }
    return bytes;
}

TEST(mask_counts_only_filters_that_are_there) {
    const auto raw = check::random_bytes(4000, 0.2, 1);
    for (const ChunkPipeline& pipeline : all_pipelines()) {
        // The filters of this pipeline in order; those of the mask are left out when encoding.
        std::vector<char> filters;
        if (pipeline.has_shuffle()) {
            filters.push_back('s');
        }
        if (pipeline.has_deflate()) {
            filters.push_back('d');
        }
        if (pipeline.fletcher) {
            filters.push_back('f');
        }
        for (std::uint32_t mask = 0; mask < (1U << filters.size()); ++mask) {
            ChunkPipeline used = pipeline;
            for (std::size_t i = 0; i < filters.size(); ++i) {
                if ((mask >> i) & 1) {
                    used.shuffle_size = filters[i] == 's' ? 0 : used.shuffle_size;
                    used.deflate_level = filters[i] == 'd' ? 0 : used.deflate_level;
                    used.fletcher = filters[i] == 'f' ? false : used.fletcher;
                }
            }
            std::vector<std::byte> out(raw.size());
            decode_chunk(pipeline, by_definition(used, raw), mask, out);
            CHECK(out == raw);
        }
        CHECK_THROWS(DatasetError, "filter mask",
                     decode(pipeline, by_definition(pipeline, raw), 1U << filters.size(), raw.size()));
    }
}

TEST(every_flipped_bit_is_found) {
    const auto raw = check::random_bytes(200, 0.3, 1);
    for (const ChunkPipeline& pipeline : {full, ChunkPipeline{}, ChunkPipeline{.shuffle_size = 2}}) {
        const auto [stored, mask] = encode_chunk(pipeline, raw);
        for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
            auto flipped = stored;
            flipped[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
            CHECK_THROWS(DatasetError, "checksum", decode(pipeline, flipped, mask, raw.size()));
        }
    }
}

TEST(wrong_sizes_are_found) {
    const auto raw = check::random_bytes(200, 0.3, 1);
    for (const std::size_t size : {199UL, 201UL}) {
        CHECK_THROWS(DatasetError, "compressed chunk", decode(full, by_definition(full, raw), 0, size));
        CHECK_THROWS(DatasetError, "bytes in a chunk: got 200", decode({}, encode_chunk({}, raw).bytes, 0, size));
    }
    for (std::size_t size = 0; size < 4; ++size) {
        CHECK_THROWS(DatasetError, "at least the 4", decode(full, std::span(raw).first(size), 0, 200));
    }
}

TEST(never_larger_than_raw) {
    for (const int level : {1, 4, 9}) {
        for (const std::size_t size : {0UL, 1UL, 2UL, 3UL, 4UL, 5UL, 100UL, 4096UL, 300'000UL}) {
            const ChunkPipeline pipeline = {.shuffle_size = 4, .deflate_level = level, .fletcher = true};
            const auto stored = encode_chunk(pipeline, check::random_bytes(size, 1.0, 1));
            CHECK(stored.bytes.size() <= size + 4);
            CHECK_EQUAL(stored.filter_mask, 3);  // neither shuffled nor deflated
        }
    }
}
