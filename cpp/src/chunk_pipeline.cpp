#include "simdprep/detail/chunk_pipeline.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/scratch.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

constexpr std::size_t checksum_bytes = 4;

thread_local Scratch shuffled_scratch;
thread_local Scratch deflated_scratch;

Deflater& deflater(int level) {
    thread_local std::array<std::optional<Deflater>, 10> deflaters;
    if (level < 1 || level > 9) {
        throw InternalError(expected("deflate level", level, "1 to 9"));
    }
    auto& entry = deflaters[static_cast<std::size_t>(level)];
    if (!entry) {
        entry.emplace(level);
    }
    return *entry;
}

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

// Which filters were applied to one chunk.
struct Applied {
    bool shuffle = false;
    bool deflate = false;
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
    filters.deflate = next(pipeline.has_deflate());
    filters.fletcher = next(pipeline.fletcher);
    if (filter_mask >= bit) {
        throw DatasetError(expected("filter mask of a chunk", filter_mask, "bits of the dataset's filters only"));
    }
    return filters;
}

}  // namespace

StoredChunk encode_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> raw) {
    std::span<const std::byte> bytes = raw;
    if (pipeline.has_shuffle()) {
        const auto shuffled = shuffled_scratch.get(bytes.size());
        shuffle_all(bytes, shuffled.data(), pipeline.shuffle_size);
        bytes = shuffled;
    }
    if (pipeline.has_deflate()) {
        const auto deflated = deflated_scratch.get(deflate_bound(bytes.size()));
        const std::size_t size = deflater(pipeline.deflate_level).compress(bytes, deflated);
        if (size == 0) {
            throw InternalError("deflate: got more bytes than its own bound");
        }
        bytes = deflated.first(size);
    }
    StoredChunk stored;
    stored.bytes.reserve(bytes.size() + checksum_bytes);
    stored.bytes.assign(bytes.begin(), bytes.end());
    if (pipeline.fletcher) {
        stored.bytes.resize(bytes.size() + checksum_bytes);
        put_checksum(stored.bytes.data() + bytes.size(), fletcher32(bytes));
    }
    return stored;
}

void check_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t filter_mask) {
    if (applied(pipeline, filter_mask).fletcher) {
        checked(stored);
    }
}

void decode_chunk(const ChunkPipeline& pipeline, std::span<const std::byte> stored, std::uint32_t filter_mask,
                  std::span<std::byte> out) {
    const Applied filters = applied(pipeline, filter_mask);
    std::span<const std::byte> bytes = filters.fletcher ? checked(stored) : stored;
    if (filters.deflate) {
        const auto inflated = filters.shuffle ? shuffled_scratch.get(out.size()) : out;
        inflate(bytes, inflated);
        bytes = inflated;
    } else if (bytes.size() != out.size()) {
        throw DatasetError(expected("bytes in a chunk", bytes.size(), std::to_string(out.size())));
    }
    if (filters.shuffle) {
        unshuffle_all(bytes, out.data(), pipeline.shuffle_size);
    } else if (bytes.data() != out.data()) {
        std::copy(bytes.begin(), bytes.end(), out.begin());
    }
}

}  // namespace simdprep::detail
