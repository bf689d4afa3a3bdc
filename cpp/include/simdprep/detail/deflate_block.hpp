// Blocks of a deflate stream: what is counted, which code suits it, its exact size, and how it is described.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "simdprep/detail/bit_writer.hpp"
#include "simdprep/detail/deflate_symbols.hpp"

namespace simdprep::detail {

// How often each symbol occurs in a block; its end is one of them.
struct BlockCounts {
    std::array<std::uint32_t, num_symbols> symbols{};
    std::array<std::uint32_t, num_distances> distances{};
};

// The least bits that a code of the block's own could take for its symbols, in units of 2^-log2_fraction.
[[nodiscard]] std::uint64_t entropy_bits(const BlockCounts& counts);

// Bits that follow the symbols: the rest of lengths and distances.
[[nodiscard]] std::uint64_t extra_bits(const BlockCounts& counts);

// What a code made for a sample seems to save, on average: rare symbols are missing from the sample.
[[nodiscard]] std::uint64_t sampling_bits(const BlockCounts& counts);

// Adds the next block's counts to a block's where a code in common costs less than a second description.
// The entropies are those of the counts; the block's is kept up to date.
[[nodiscard]] bool merge(BlockCounts& block, std::uint64_t& entropy, const BlockCounts& next, std::uint64_t next_entropy);

// The codes of a block, and how it tells them.
class BlockCode {
public:
    // Made for these counts and described in the block.
    static BlockCode dynamic(const BlockCounts& counts);
    // Deflate's fixed code.
    static BlockCode fixed();

    // Bits of a whole block, from its first on.
    [[nodiscard]] std::uint64_t size_in_bits(const BlockCounts& counts) const;

    // The first bits of a block; its symbols follow, and the end of it.
    void write_header(BitWriter& writer, bool last) const;

    struct Codes {
        std::array<std::uint16_t, num_symbols> symbols;
        std::array<std::uint16_t, num_distances> distances;
    };
    [[nodiscard]] Codes codes() const;
    [[nodiscard]] std::span<const std::uint8_t, num_symbols> lengths() const { return lengths_; }
    [[nodiscard]] std::span<const std::uint8_t, num_distances> distance_lengths() const { return distance_lengths_; }

private:
    // One instruction of how the code lengths are told: a symbol of 0 to 18, and what follows it.
    struct Told {
        std::uint8_t symbol;
        std::uint8_t extra;
    };
    void tell_lengths(std::span<const std::uint8_t> all);

    bool is_dynamic_ = false;
    std::array<std::uint8_t, num_symbols> lengths_{};
    std::array<std::uint8_t, num_distances> distance_lengths_{};
    std::size_t num_lengths_ = num_symbols;             // told, the last is not zero
    std::size_t num_distance_lengths_ = num_distances;  // the same
    std::array<Told, num_symbols + num_distances> told_{};
    std::size_t num_told_ = 0;
    std::array<std::uint8_t, 19> told_lengths_{};
    std::size_t num_told_lengths_ = 0;
    std::uint64_t header_bits_ = 3;
};

// The smallest way to write a block.
struct BlockChoice {
    bool is_stored = false;
    BlockCode code = {};
    std::uint64_t bits = 0;
};

// For a block of these counts that stands for `size` bytes, its first bit at this place of the stream.
[[nodiscard]] BlockChoice choose_code(const BlockCounts& counts, std::size_t size, std::uint64_t place);

// Bits of bytes stored as they are.
[[nodiscard]] std::uint64_t stored_bits(std::size_t size, std::uint64_t place);
void write_stored(BitWriter& writer, std::span<const std::byte> bytes, bool last);

// What a zlib stream has around its blocks.
inline constexpr std::size_t stream_header_bytes = 2;
inline constexpr std::size_t stream_checksum_bytes = 4;
void write_stream_header(std::byte* out);
void write_stream_end(BitWriter& writer, std::span<const std::byte> bytes);
[[nodiscard]] std::size_t stream_bytes(std::uint64_t bits);

// Writes a zlib stream of `bytes`: of each block its header, then what `write_symbols` adds for one that has a code.
// A Block has byte_begin, byte_end and choice.
template <typename Block, typename WriteSymbols>
void write_blocks(std::byte* out, std::span<const std::byte> bytes, std::span<Block> blocks, WriteSymbols write_symbols) {
    write_stream_header(out);
    BitWriter writer(out + stream_header_bytes);
    for (const auto& block : blocks) {
        const bool last = &block == &blocks.back();
        if (block.choice.is_stored) {
            write_stored(writer, bytes.subspan(block.byte_begin, block.byte_end - block.byte_begin), last);
        } else {
            block.choice.code.write_header(writer, last);
            write_symbols(writer, block);
        }
    }
    write_stream_end(writer, bytes);
}

}  // namespace simdprep::detail
