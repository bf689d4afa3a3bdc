#include "simdprep/detail/compressor.hpp"

#include <algorithm>
#include <array>

#include "check.hpp"
#include "foreign_streams.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/codec.hpp"

using namespace simdprep;
using namespace simdprep::detail;
using foreign::Bytes;

namespace {

// int32 values i / 3 * 1000 - 7 for i below 48, as h5py stored them with shuffle, lz4 (blocks of 64 bytes) or zstd 5,
// and fletcher32.
constexpr std::array<unsigned char, 159> lz4_by_h5py = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x40, 0xf9,
    0xf9, 0xf9, 0xe1, 0xe1, 0xe1, 0xc9, 0xc9, 0xc9, 0xb1, 0xb1, 0xb1, 0x99, 0x99, 0x99, 0x81, 0x81, 0x81,
    0x69, 0x69, 0x69, 0x51, 0x51, 0x51, 0x39, 0x39, 0x39, 0x21, 0x21, 0x21, 0x09, 0x09, 0x09, 0xf1, 0xf1,
    0xf1, 0xd9, 0xd9, 0xd9, 0xc1, 0xc1, 0xc1, 0xa9, 0xa9, 0xa9, 0x91, 0x91, 0x91, 0xff, 0xff, 0xff, 0x03,
    0x03, 0x03, 0x07, 0x07, 0x07, 0x0b, 0x0b, 0x0b, 0x0f, 0x0f, 0x0f, 0x13, 0x00, 0x00, 0x00, 0x2f, 0xff,
    0x15, 0x13, 0x13, 0x17, 0x17, 0x17, 0x1b, 0x1b, 0x1b, 0x1f, 0x1f, 0x1f, 0x23, 0x23, 0x23, 0x27, 0x27,
    0x27, 0x2a, 0x2a, 0x2a, 0x2e, 0x2e, 0x2e, 0x32, 0x32, 0x32, 0x36, 0x36, 0x36, 0x3a, 0x3a, 0x3a, 0xff,
    0xff, 0xff, 0x00, 0x01, 0x00, 0x04, 0x50, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x1b,
    0x00, 0x01, 0x00, 0x3b, 0xff, 0xff, 0xff, 0x12, 0x00, 0x0f, 0x02, 0x00, 0x06, 0x50, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x89, 0xab, 0x4f, 0xff};
constexpr std::array<unsigned char, 113> zstd_by_h5py = {
    0x28, 0xb5, 0x2f, 0xfd, 0x20, 0xc0, 0x25, 0x03, 0x00, 0x42, 0x46, 0x16, 0x18, 0xc0, 0x75, 0x26, 0xd3,
    0x26, 0xf7, 0xa3, 0x95, 0xfa, 0xd1, 0xea, 0xd2, 0xff, 0xfa, 0x13, 0xae, 0x4f, 0x92, 0xac, 0x4b, 0x89,
    0x17, 0xd1, 0x02, 0xc0, 0xff, 0xcf, 0x39, 0x63, 0x8c, 0x10, 0xc2, 0xf7, 0x9e, 0x73, 0xae, 0xb5, 0xc6,
    0x18, 0x53, 0x4a, 0xa5, 0x94, 0x10, 0x42, 0xe7, 0x1c, 0x63, 0x4c, 0x29, 0x65, 0x8c, 0x21, 0x84, 0xf8,
    0xff, 0x7b, 0x6f, 0xce, 0x79, 0xef, 0xdd, 0x7b, 0x17, 0x04, 0x81, 0x10, 0xb2, 0xd6, 0x92, 0x52, 0x52,
    0x4a, 0x6b, 0xad, 0xd6, 0x5a, 0x8c, 0xb1, 0xd6, 0x9a, 0x73, 0x1e, 0x04, 0xc1, 0x30, 0x0c, 0x01, 0x02,
    0x00, 0x4d, 0x15, 0x01, 0x99, 0x09, 0xcc, 0xef, 0x01, 0x51, 0x1b};

bool is_built_in(Compressor compressor) {
    const auto found = built_in_compressors();
    return std::ranges::find(found, compressor) != found.end();
}

ChunkPipeline pipeline_of(Compressor compressor, std::size_t shuffle_size = 0, bool fletcher = false) {
    return pipeline_to_read(shuffle_size, name_of(compressor), fletcher);
}

// Exactly as long as they are, so that the sanitizer sees a step beyond.
Bytes unpacked(Compressor compressor, std::span<const std::byte> stored, std::size_t size) {
    const Bytes in(stored.begin(), stored.end());
    Bytes out(size);
    decompress(compressor, in, out);
    return out;
}

Bytes packed(Compressor compressor, std::span<const std::byte> raw) {
    return compressor == Compressor::lz4 ? foreign::as_lz4(raw, 1000) : foreign::as_zstd(raw, 1000);
}

// Half a run, half noise.
Bytes mixed(std::size_t size) {
    Bytes raw(size / 2, std::byte{7});
    foreign::put(raw, check::random_bytes(size - raw.size(), 1.0, 1));
    return raw;
}

// A chunk of lz4 with the given head and `rest` behind.
Bytes lz4_chunk(std::uint64_t total, std::uint64_t block, std::uint64_t stored, std::span<const std::byte> rest) {
    Bytes out;
    foreign::put_big(out, total, 8);
    foreign::put_big(out, block, 4);
    foreign::put_big(out, stored, 4);
    foreign::put(out, rest);
    return out;
}

constexpr std::array foreigners = {Compressor::lz4, Compressor::zstd};

}  // namespace

TEST(names_lead_back) {
    for (const Compressor compressor : {Compressor::deflate, Compressor::lz4, Compressor::zstd}) {
        CHECK(compressor_from(name_of(compressor)) == compressor);
    }
    CHECK_THROWS(InternalError, "got snappy, expected deflate, lz4 or zstd", static_cast<void>(compressor_from("snappy")));
    CHECK(is_built_in(Compressor::deflate));
    CHECK(!pipeline_to_read(4, "", false).has_compressor());
}

TEST(only_deflate_is_written) {
    for (const Compressor compressor : foreigners) {
        CHECK_THROWS(InternalError, "compressor to write with", static_cast<void>(encode_chunk(pipeline_of(compressor), {})));
    }
}

TEST(a_library_that_was_not_there_is_named) {
    for (const Compressor compressor : foreigners) {
        if (!is_built_in(compressor)) {
            CHECK_THROWS(DatasetError, "filters: got " + std::string(name_of(compressor)), unpacked(compressor, {}, 0));
        }
    }
}

TEST(chunks_of_h5py) {
    const auto check = [](Compressor compressor, std::span<const std::byte> stored) {
        if (!is_built_in(compressor)) {
            return;
        }
        std::array<std::int32_t, 48> values{};
        decode_chunk(pipeline_of(compressor, 4, true), stored, 0, std::as_writable_bytes(std::span(values)));
        for (int i = 0; i < 48; ++i) {
            CHECK_EQUAL(values[static_cast<std::size_t>(i)], i / 3 * 1000 - 7);
        }
    };
    check(Compressor::lz4, std::as_bytes(std::span(lz4_by_h5py)));
    check(Compressor::zstd, std::as_bytes(std::span(zstd_by_h5py)));
}

TEST(any_size_and_block) {
    for (const std::size_t size : {0UL, 1UL, 11UL, 64UL, 65UL, 5000UL, 300'000UL}) {
        const Bytes raw = mixed(size);
        for (const std::size_t block : {1UL, 63UL, 64UL, 4096UL, 1UL << 30}) {
            if (is_built_in(Compressor::lz4)) {
                for (const bool stored : {false, true}) {
                    CHECK(unpacked(Compressor::lz4, foreign::as_lz4(raw, block, stored), size) == raw);
                }
            }
            if (is_built_in(Compressor::zstd)) {
                CHECK(unpacked(Compressor::zstd, foreign::as_zstd(raw, block), size) == raw);
            }
        }
    }
}

TEST(the_mask_counts_them_as_it_counts_deflate) {
    const Bytes raw = mixed(4000);
    for (const Compressor compressor : foreigners) {
        for (std::uint32_t mask = 0; is_built_in(compressor) && mask < 8; ++mask) {
            Bytes stored = raw;
            if ((mask & 1) == 0) {
                shuffle(raw.data(), stored.data(), raw.size() / 4, 4);
            }
            stored = (mask & 2) == 0 ? packed(compressor, stored) : stored;
            if ((mask & 4) == 0) {
                foreign::put_little(stored, fletcher32(stored), 4);
            }
            Bytes out(raw.size());
            const ChunkPipeline pipeline = pipeline_of(compressor, 4, true);
            check_chunk(pipeline, stored, mask);
            decode_chunk(pipeline, stored, mask, out);
            CHECK(out == raw);
        }
        CHECK_THROWS(DatasetError, "filter mask", check_chunk(pipeline_of(compressor, 4, true), raw, 8));
    }
}

TEST(every_truncation_and_every_other_size_is_found) {
    const Bytes raw = mixed(3000);
    for (const Compressor compressor : foreigners) {
        const Bytes stored = packed(compressor, raw);
        for (std::size_t size = 0; is_built_in(compressor) && size < stored.size(); ++size) {
            CHECK_THROWS(DatasetError, "compressed chunk", unpacked(compressor, std::span(stored).first(size), raw.size()));
        }
        for (const std::size_t size : {0UL, 2999UL, 3001UL}) {
            if (is_built_in(compressor)) {
                CHECK_THROWS(DatasetError, "compressed chunk", unpacked(compressor, stored, size));
            }
        }
        if (is_built_in(compressor)) {
            Bytes longer = stored;
            longer.push_back(std::byte{0});
            CHECK_THROWS(DatasetError, "compressed chunk", unpacked(compressor, longer, raw.size()));
        }
    }
}

TEST(any_flipped_bit_is_found_or_harmless) {
    const Bytes raw = mixed(900);
    for (const Compressor compressor : foreigners) {
        const Bytes stored = packed(compressor, raw);
        for (std::size_t bit = 0; is_built_in(compressor) && bit < stored.size() * 8; ++bit) {
            Bytes flipped = stored;
            flipped[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
            try {
                static_cast<void>(unpacked(compressor, flipped, raw.size()));
            } catch (const DatasetError&) {
            }
        }
    }
}

TEST(hostile_heads_of_lz4) {
    if (!is_built_in(Compressor::lz4)) {
        return;
    }
    constexpr std::uint64_t largest = ~std::uint64_t{0};
    const Bytes rest(100, std::byte{1});
    const auto refused = [](const char* why, const Bytes& stored) {
        CHECK_THROWS(DatasetError, why, unpacked(Compressor::lz4, stored, 100));
    };
    CHECK(unpacked(Compressor::lz4, lz4_chunk(100, 100, 100, rest), 100) == rest);
    CHECK(unpacked(Compressor::lz4, lz4_chunk(100, 0xffffffff, 100, rest), 100) == rest);
    refused("bytes", lz4_chunk(largest, 100, 100, rest));
    refused("bytes", lz4_chunk(99, 100, 100, rest));
    refused("blocks of no bytes", lz4_chunk(100, 0, 0, rest));
    refused("ends early", lz4_chunk(100, 100, 101, rest));
    refused("ends early", lz4_chunk(100, 100, 0xffffffff, rest));
    refused("a block of 0 bytes", lz4_chunk(100, 100, 0, rest));
    refused("ends early", lz4_chunk(100, 50, 50, std::span(rest).first(50)));
    refused("damaged data", lz4_chunk(100, 100, 99, rest));
    refused("behind the last block", lz4_chunk(100, 100, 100, Bytes(101)));
}

TEST(a_frame_of_zstd_that_lies) {
    if (!is_built_in(Compressor::zstd)) {
        return;
    }
    Bytes stored = foreign::as_zstd(Bytes(100));
    stored[5] = std::byte{200};  // its size
    CHECK_THROWS(DatasetError, "got 200 bytes", unpacked(Compressor::zstd, stored, 100));
    CHECK_THROWS(DatasetError, "damaged data", unpacked(Compressor::zstd, stored, 200));
}
