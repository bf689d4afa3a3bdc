// Chunks of HDF5's filters lz4 and zstd written by hand, from the formats' descriptions: no library needed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace foreign {

using Bytes = std::vector<std::byte>;

// Appends a number of `size` bytes.
inline void put_big(Bytes& out, std::uint64_t value, unsigned size) {
    for (unsigned i = size; i-- > 0;) {
        out.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
}

inline void put_little(Bytes& out, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
        out.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
}

inline void put(Bytes& out, std::span<const std::byte> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// Appends what is left of a length of 15 or more behind its four bits of an lz4 token.
inline void put_lz4_length(Bytes& out, std::size_t rest) {
    for (; rest >= 255; rest -= 255) {
        out.push_back(std::byte{255});
    }
    out.push_back(static_cast<std::byte>(rest));
}

// One block of lz4: a run of equal bytes in front as a match, if it is long enough; literals behind.
inline Bytes lz4_block(std::span<const std::byte> raw) {
    Bytes out;
    const auto other = std::ranges::find_if(raw, [&](std::byte byte) { return byte != raw.front(); });
    const auto run = static_cast<std::size_t>(other - raw.begin());
    if (raw.size() > 32 && std::min(run, raw.size() - 12) > 20) {  // the last 12 bytes must be literals
        const std::size_t match = std::min(run, raw.size() - 12) - 1;
        put_big(out, 0x1f, 1);
        out.push_back(raw.front());
        put_little(out, 1, 2);  // distance
        put_lz4_length(out, match - 4 - 15);
        raw = raw.subspan(match + 1);
    }
    put_big(out, std::min<std::size_t>(raw.size(), 15) << 4, 1);
    if (raw.size() >= 15) {
        put_lz4_length(out, raw.size() - 15);
    }
    put(out, raw);
    return out;
}

// A chunk of filter 32004; blocks that lz4 does not make smaller are `stored` as they are, or else in its form.
inline Bytes as_lz4(std::span<const std::byte> raw, std::size_t block_size, bool stored = true) {
    Bytes out;
    put_big(out, raw.size(), 8);
    put_big(out, block_size, 4);
    while (!raw.empty()) {
        const auto block = raw.first(std::min(block_size, raw.size()));
        const Bytes packed = lz4_block(block);
        const bool as_is = packed.size() == block.size() || (stored && packed.size() > block.size());
        put_big(out, as_is ? block.size() : packed.size(), 4);
        put(out, as_is ? block : std::span<const std::byte>(packed));
        raw = raw.subspan(block.size());
    }
    return out;
}

// A chunk of filter 32015: a frame of blocks as they are, those of one byte many times as just that.
inline Bytes as_zstd(std::span<const std::byte> raw, std::size_t block_size = 1 << 17) {
    Bytes out;
    put_little(out, 0xfd2fb528, 4);
    out.push_back(std::byte{0xa0});  // one segment, whose size follows in 4 bytes
    put_little(out, raw.size(), 4);
    do {
        // A block is no larger than the window, which is the whole of one segment.
        const auto block = raw.first(std::min({block_size, raw.size(), std::size_t{1} << 17}));
        const bool run = !block.empty() && std::ranges::all_of(block, [&](std::byte byte) { return byte == block.front(); });
        const bool last = block.size() == raw.size();
        put_little(out, block.size() << 3 | (run ? 2U : 0U) | (last ? 1U : 0U), 3);
        put(out, run ? block.first(1) : block);
        raw = raw.subspan(block.size());
    } while (!raw.empty());
    return out;
}

}  // namespace foreign
