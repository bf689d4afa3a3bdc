// RunDeflater: zlib streams of matches at one distance, for bytes whose only repeats are runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simdprep/detail/deflate_block.hpp"
#include "simdprep/detail/run_tokens.hpp"
#include "simdprep/detail/scratch.hpp"

namespace simdprep::detail {

// Farther back, the bits of a match would not fit into one table entry.
inline constexpr std::size_t most_run_distance = 1024;

// Meant to be thread_local. After byte shuffle, the low bytes of floats are noise in which no search finds anything; all
// structure is the runs of padding and which bytes each plane has. So runs become matches, blocks end where planes do,
// neighbours whose bytes are alike share a block, and noise is stored as it is.
class RunDeflater {
public:
    // Decides everything about the stream of `bytes`, which must stay until write(). Blocks may end at multiples of
    // `plane` (0: nowhere in particular) and within large planes; matches lie `distance` (1 to most_run_distance) back.
    // Returns the exact size of the stream.
    std::size_t plan(std::span<const std::byte> bytes, std::size_t plane, std::size_t distance);

    // Writes the stream last planned: `out` has its size and BitWriter::slack more.
    void write(std::byte* out) const;

    // About how many bits that stream would have, without the descriptions of its codes: what a sample says of the whole.
    // Nothing can be written after it.
    std::uint64_t estimate(std::span<const std::byte> bytes, std::size_t plane, std::size_t distance);

private:
    // Bytes that share a code.
    struct Block {
        std::size_t byte_begin;
        std::size_t byte_end;
        std::size_t token_begin;
        std::size_t token_end;
        BlockCounts counts;
        std::uint64_t entropy;
        BlockChoice choice = {};
    };

    void begin(std::span<const std::byte> bytes, std::size_t distance);
    Block read_segment(std::size_t begin, std::size_t end);
    void add_segment(std::size_t begin, std::size_t end);
    void write_tokens(BitWriter& writer, const Block& block) const;

    std::span<const std::byte> bytes_;
    std::size_t distance_ = 1;
    Scratch tokens_;
    Token* token_data_ = nullptr;
    std::size_t num_tokens_ = 0;
    std::vector<Block> blocks_;
};

}  // namespace simdprep::detail
