// SearchDeflater: zlib streams of what a search for repeats finds, for numbers that come again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simdprep/detail/deflate_block.hpp"
#include "simdprep/detail/repeat_search.hpp"

namespace simdprep::detail {

// Meant to be thread_local. Used like RunDeflater.
class SearchDeflater {
public:
    // Decides everything about the stream of `bytes`, which must stay until write(); `element` and `places` as in RepeatSearch.
    // Returns the exact size of the stream.
    std::size_t plan(std::span<const std::byte> bytes, std::size_t element, unsigned places);

    // Writes the stream last planned: `out` has its size and BitWriter::slack more.
    void write(std::byte* out) const;

    // About how many bits that stream would have, without the descriptions of its codes. Nothing can be written after it.
    std::uint64_t estimate(std::span<const std::byte> bytes, std::size_t element, unsigned places);

private:
    struct Block {
        std::size_t byte_begin;
        std::size_t byte_end;
        std::size_t copy_begin;
        std::size_t copy_end;
        BlockCounts counts;
        std::uint64_t entropy;
        BlockChoice choice = {};
    };

    void cut_blocks();
    Block read_block(std::size_t byte, std::size_t copy, std::size_t most_symbols) const;
    void write_copies(BitWriter& writer, const Block& block) const;

    std::span<const std::byte> bytes_;
    std::span<const Copy> copies_;
    RepeatSearch search_;
    std::vector<Block> blocks_;
};

}  // namespace simdprep::detail
