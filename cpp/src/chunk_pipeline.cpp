#include "simdprep/detail/chunk_pipeline.hpp"

#include <algorithm>
#include <string>

#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/run_deflate.hpp"
#include "simdprep/detail/scratch.hpp"
#include "simdprep/detail/search_deflate.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

constexpr std::size_t checksum_bytes = 4;

thread_local Scratch shuffled_scratch;
thread_local Scratch deflated_scratch;
thread_local RunDeflater run_deflater;
thread_local SearchDeflater search_deflater;

// Like HDF5, leaves bytes behind the last whole element where they are.
void shuffle_all(std::span<const std::byte> in, std::byte* out, std::size_t size) {
    const std::size_t whole = in.size() / size * size;
    shuffle(in.data(), out, in.size() / size, size);
    std::copy(in.begin() + static_cast<std::ptrdiff_t>(whole), in.end(), out + whole);
}

void unshuffle_all(std::span<const std::byte> in, std::byte* out, std::size_t size) {
    const std::size_t whole = in.size() / size * size;
    unshuffle(in.data(), out, in.size() / size, size);
    std::copy(in.begin() + static_cast<std::ptrdiff_t>(whole), in.end(), out + whole);
}

void put_checksum(std::byte* to, std::uint32_t sum) {
    for (std::size_t i = 0; i < checksum_bytes; ++i) {
        to[i] = static_cast<std::byte>(sum >> (8 * i));
    }
}

std::uint32_t get_checksum(const std::byte* from) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < checksum_bytes; ++i) {
        sum |= std::to_integer<std::uint32_t>(from[i]) << (8 * i);
    }
    return sum;
}

// The stored bytes without their checksum, which has been compared.
std::span<const std::byte> checked(std::span<const std::byte> stored) {
    if (stored.size() < checksum_bytes) {
        throw DatasetError(expected("stored bytes of a chunk", stored.size(), "at least the 4 of its checksum"));
    }
    const auto payload = stored.first(stored.size() - checksum_bytes);
    if (fletcher32(payload) != get_checksum(stored.data() + payload.size())) {
        throw DatasetError("chunk checksum: got other bytes than were written, expected the same");
    }
    return payload;
}

std::span<const std::byte> shuffled(const ChunkPipeline& pipeline, std::span<const std::byte> raw) {
    const auto bytes = shuffled_scratch.get(raw.size());
    shuffle_all(raw, bytes.data(), pipeline.shuffle_size);
    return bytes;
}

StoredChunk stored_as(std::span<const std::byte> bytes, std::uint32_t filter_mask) {
    StoredChunk stored{{}, filter_mask};
    stored.bytes.reserve(bytes.size() + checksum_bytes);
    stored.bytes.assign(bytes.begin(), bytes.end());
    return stored;
}

StoredChunk with_checksum(const ChunkPipeline& pipeline, StoredChunk stored) {
    if (pipeline.fletcher) {
        const std::uint32_t sum = fletcher32(stored.bytes);
        stored.bytes.resize(stored.bytes.size() + checksum_bytes);
        put_checksum(stored.bytes.data() + stored.bytes.size() - checksum_bytes, sum);
    }
    return stored;
}

// Bits of the filter mask, where the pipeline has deflate.
std::uint32_t skip_shuffle(const ChunkPipeline& pipeline) { return pipeline.has_shuffle() ? 1 : 0; }
std::uint32_t skip_deflate(const ChunkPipeline& pipeline) { return pipeline.has_shuffle() ? 2 : 1; }

// The stream of one choice in deflated_scratch, if it is smaller than `limit` bytes; else nothing.
std::span<const std::byte> deflated_as(const Choice& choice, const ChunkPipeline& pipeline, const Effort& effort,
                                       std::span<const std::byte> raw, std::size_t limit) {
    const auto bytes = choice.shuffle ? shuffled(pipeline, raw) : raw;
    const std::size_t element = std::max<std::size_t>(pipeline.shuffle_size, 1);
    if (choice.method == Method::library) {
        const auto out = deflated_scratch.get(deflate_bound(raw.size()));
        const std::size_t size = deflater(effort.library_level).compress(bytes, out);
        return size < limit ? out.first(size) : out.first(0);
    }
    const auto planned = [&](auto& encoder, auto... how) -> std::span<const std::byte> {
        const std::size_t size = encoder.plan(bytes, how...);
        if (size >= limit) {
            return {};
        }
        const auto out = deflated_scratch.get(size + BitWriter::slack);
        encoder.write(out.data());
        return out.first(size);
    };
    if (choice.method == Method::search) {
        return planned(search_deflater, choice.shuffle ? 1 : element, effort.places);
    }
    return choice.shuffle ? planned(run_deflater, raw.size() / element, std::size_t{1})
                          : planned(run_deflater, std::size_t{0}, element);
}

// Chooses what makes the chunk small; bytes that cannot be made smaller are stored as they are.
StoredChunk deflate_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> raw) {
    const Effort effort = effort_of(pipeline.deflate_level);
    const std::size_t element = std::max<std::size_t>(pipeline.shuffle_size, 1);
    std::vector<Choice> choices;
    if (raw.empty()) {
        choices = {};
    } else if (effort.library_level > 0) {
        choices = all_choices(element, effort);
    } else {
        choices = {choose(raw, element, effort)};
    }
    StoredChunk best;
    std::size_t limit = raw.size();
    for (const Choice& choice : choices) {
        const auto found = deflated_as(choice, pipeline, effort, raw, limit);
        if (!found.empty()) {
            best = stored_as(found, choice.shuffle ? 0 : skip_shuffle(pipeline));
            limit = found.size();
        }
    }
    return best.bytes.empty() ? stored_as(raw, skip_shuffle(pipeline) | skip_deflate(pipeline)) : best;
}

// Which filters were applied to one chunk.
struct Applied {
    bool shuffle = false;
    bool compressor = false;
    bool fletcher = false;
};

Applied applied(const ChunkPipeline& pipeline, std::uint32_t filter_mask) {
    std::uint32_t bit = 1;
    const auto next = [&](bool present) {
        const bool used = present && (filter_mask & bit) == 0;
        bit <<= present ? 1 : 0;
        return used;
    };
    Applied filters;
    filters.shuffle = next(pipeline.has_shuffle());
    filters.compressor = next(pipeline.has_compressor());
    filters.fletcher = next(pipeline.fletcher);
    if (filter_mask >= bit) {
        throw DatasetError(expected("filter mask of a chunk", filter_mask, "bits of the dataset's filters only"));
    }
    return filters;
}

}  // namespace

ChunkPipeline pipeline_to_read(std::size_t shuffle_size, std::string_view compressor, bool fletcher) {
    ChunkPipeline pipeline{.shuffle_size = shuffle_size, .fletcher = fletcher};
    if (!compressor.empty()) {
        pipeline.deflate_level = 1;  // any: reading asks for none
        pipeline.compressor = compressor_from(compressor);
    }
    return pipeline;
}

StoredChunk encode_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> raw) {
    if (pipeline.compressor != Compressor::deflate) {
        throw InternalError(expected("compressor to write with", name_of(pipeline.compressor), "deflate"));
    }
    if (pipeline.has_deflate()) {
        return with_checksum(pipeline, deflate_chunk(pipeline, raw));
    }
    std::span<const std::byte> bytes = raw;
    if (pipeline.has_shuffle()) {
        bytes = shuffled(pipeline, raw);
    }
    return with_checksum(pipeline, stored_as(bytes, 0));
}

ChoiceSizes choice_sizes(const ChunkPipeline& pipeline, std::span<const std::byte> raw) {
    const Effort effort = effort_of(pipeline.deflate_level);
    const std::size_t element = std::max<std::size_t>(pipeline.shuffle_size, 1);
    ChoiceSizes all{{}, choose(raw, element, effort)};
    for (const Choice& choice : all_choices(element, effort)) {
        const auto found = deflated_as(choice, pipeline, effort, raw, raw.size());
        all.sizes.emplace_back(choice, found.empty() ? raw.size() : found.size());
    }
    return all;
}

void check_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t filter_mask) {
    if (applied(pipeline, filter_mask).fletcher) {
        checked(stored);
    }
}

UnpackedChunk unpack_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t filter_mask,
                           std::span<std::byte> out) {
    const Applied filters = applied(pipeline, filter_mask);
    std::span<const std::byte> bytes = filters.fletcher ? checked(stored) : stored;
    if (filters.compressor) {
        decompress(pipeline.compressor, bytes, out);
        bytes = out;
    } else if (bytes.size() != out.size()) {
        throw DatasetError(expected("bytes in a chunk", bytes.size(), std::to_string(out.size())));
    }
    return {bytes, filters.shuffle};
}

void decode_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t filter_mask,
                  std::span<std::byte> out) {
    const bool shuffle = applied(pipeline, filter_mask).shuffle;
    const auto unpacked = unpack_chunk(pipeline, stored, filter_mask, shuffle ? shuffled_scratch.get(out.size()) : out);
    if (shuffle) {
        unshuffle_all(unpacked.bytes, out.data(), pipeline.shuffle_size);
    } else if (unpacked.bytes.data() != out.data()) {
        std::ranges::copy(unpacked.bytes, out.begin());
    }
}

}  // namespace simdprep::detail
