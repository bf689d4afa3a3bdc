// The decoder of one chunk: any stored bytes, filter mask and pipeline.
#include <algorithm>

#include "../foreign_streams.hpp"
#include "inflaters.hpp"
#include "patterns.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/codec.hpp"
#include "simdprep/error.hpp"
#include "target.hpp"

using namespace simdprep::detail;

namespace {

// In front of the stored bytes of an input.
struct Head {
    std::uint16_t shuffle_size = 0;
    // Bit 0: a compressor, 1: fletcher32, 2: the checksum is made right, which no fuzzer guesses;
    // 3 and 4: which compressor.
    std::uint8_t flags = 0;
    std::uint8_t filter_mask = 0;
    std::uint32_t size = 0;  // of the raw chunk
};

constexpr std::uint32_t largest = 1 << 16;

void append_checksum(std::vector<std::byte>& stored) {
    const std::uint32_t sum = fletcher32(stored);
    for (unsigned i = 0; i < 4; ++i) {
        stored.push_back(static_cast<std::byte>(sum >> (8 * i)));
    }
}

Compressor compressor_of(std::uint8_t flags) {
    const unsigned number = (flags >> 3) & 3;
    return (flags & 1) == 0 || number == 0 ? Compressor::deflate : number == 1 ? Compressor::lz4 : Compressor::zstd;
}

// Turns what was encoded without a compressor into what lz4 or zstd could have stored.
std::vector<std::byte> compressed_as(Compressor compressor, std::span<const std::byte> bytes, fuzz::Random& random) {
    if (compressor == Compressor::lz4) {
        return foreign::as_lz4(bytes, random.between(1, 5000), random.one_in(3));
    }
    return foreign::as_zstd(bytes, random.between(1, 5000));
}

bool decodes(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t mask, std::span<std::byte> out) {
    try {
        decode_chunk(pipeline, stored, mask, out);
        return true;
    } catch (const simdprep::DatasetError&) {
        return false;
    }
}

bool checks(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t mask) {
    try {
        check_chunk(pipeline, stored, mask);
        return true;
    } catch (const simdprep::DatasetError&) {
        return false;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Taker taker({data, size});
    Head head;
    head.shuffle_size = taker.take<std::uint16_t>();
    head.flags = taker.take<std::uint8_t>();
    head.filter_mask = taker.take<std::uint8_t>();
    head.size = std::min(taker.take<std::uint32_t>(), largest);

    const bool fletcher = (head.flags & 2) != 0;
    const ChunkPipeline pipeline{head.shuffle_size, head.flags & 1, fletcher, compressor_of(head.flags)};
    const auto rest = taker.rest();
    std::vector<std::byte> stored(rest.begin(), rest.end());
    if (fletcher && (head.flags & 4) != 0) {
        append_checksum(stored);
    }
    stored.shrink_to_fit();  // else one byte beyond the end would go unnoticed
    std::vector<std::byte> out(head.size);
    if (!decodes(pipeline, stored, head.filter_mask, out)) {
        return 0;
    }
    fuzz::require(checks(pipeline, stored, head.filter_mask));

    // zlib makes the same of it, or refuses: libdeflate knows two more symbols for a match of 258 bytes.
    const std::uint32_t deflate_bit = pipeline.has_shuffle() ? 2 : 1;
    const bool is_shuffled = pipeline.has_shuffle() && (head.filter_mask & 1) == 0;
    if (pipeline.has_deflate() && pipeline.compressor == Compressor::deflate && (head.filter_mask & deflate_bit) == 0 && !is_shuffled) {
        const bool is_checked = fletcher && (head.filter_mask & (deflate_bit << 1)) == 0;
        const auto stream = std::span(stored).first(stored.size() - (is_checked ? 4 : 0));
        std::vector<std::byte> other(head.size);
        fuzz::require(fuzz::inflaters()[0].inflate(stream, other) == 0 || other == out);
    }
    return 0;
}

std::vector<fuzz::Input> fuzz::corpus() {
    std::vector<Input> inputs;
    Random random(7);
    while (inputs.size() < 400) {
        const Chunk chunk = make_chunk(random, 4096);
        ChunkPipeline pipeline;
        pipeline.shuffle_size = random.one_in(4) ? 0 : chunk.element_size;
        pipeline.deflate_level = random.one_in(3) ? 0 : static_cast<int>(random.between(1, 9));
        pipeline.fletcher = random.one_in(2);
        const auto encoded = encode_chunk(pipeline, chunk.bytes);
        std::vector<std::byte> stored(encoded.bytes.begin(), encoded.bytes.end() - (pipeline.fletcher ? 4 : 0));
        unsigned foreign = 0;  // of the flags
        if (!pipeline.has_deflate() && random.one_in(2)) {
            foreign = random.one_in(2) ? 1 : 2;
            stored = compressed_as(foreign == 1 ? Compressor::lz4 : Compressor::zstd, stored, random);
        }
        Input input;
        put(input, static_cast<std::uint16_t>(pipeline.shuffle_size));
        put(input, static_cast<std::uint8_t>((pipeline.has_deflate() || foreign != 0 ? 1 : 0) | (foreign << 3) |
                                            (pipeline.fletcher ? 6 : 0)));
        put(input, static_cast<std::uint8_t>(encoded.filter_mask));
        put(input, static_cast<std::uint32_t>(chunk.bytes.size()));
        put_bytes(input, stored);
        inputs.push_back(std::move(input));
    }
    return inputs;
}
