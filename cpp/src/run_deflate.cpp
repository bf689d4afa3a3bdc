#include "simdprep/detail/run_deflate.hpp"

#include <algorithm>

#include "simdprep/detail/adler32.hpp"
#include "simdprep/detail/log2_table.hpp"

namespace simdprep::detail {
namespace {

constexpr std::size_t header_bytes = 2;
constexpr std::size_t checksum_bytes = 4;

// Planes are cut into pieces of at most this, which are then merged again where they are alike.
constexpr std::size_t most_segment_bytes = 128 << 10;

// What a block costs before its first symbol, about: its codes' description.
constexpr std::uint64_t description_bits = std::uint64_t{500} << log2_fraction;

// The entropy of a sample is too small, on average by this, for rare symbols are missing from it.
std::uint64_t sampling_bits(const SymbolCounts& counts) {
    const auto used = counts.size() - static_cast<std::size_t>(std::ranges::count(counts, 0U));
    return used * 3 / 4;  // half a symbol's worth in natural units each
}

}  // namespace

void RunDeflater::begin(std::span<const std::byte> bytes, std::size_t distance) {
    bytes_ = bytes;
    distance_ = distance;
    token_data_ = reinterpret_cast<Token*>(tokens_.get((bytes.size() + token_slack) * sizeof(Token)).data());
    num_tokens_ = 0;
    blocks_.clear();
}

std::size_t RunDeflater::plan(std::span<const std::byte> bytes, std::size_t plane, std::size_t distance) {
    begin(bytes, distance);
    const std::size_t step = plane == 0 ? std::max<std::size_t>(bytes.size(), 1) : plane;
    for (std::size_t begin = 0; begin < bytes.size(); begin += step) {
        const std::size_t end = std::min(begin + step, bytes.size());
        const std::size_t pieces = (end - begin + most_segment_bytes - 1) / most_segment_bytes;
        for (std::size_t piece = 0; piece < pieces; ++piece) {
            add_segment(begin + (end - begin) * piece / pieces, begin + (end - begin) * (piece + 1) / pieces);
        }
    }
    if (bytes.empty()) {
        add_segment(0, 0);
    }
    std::uint64_t bits = 0;
    for (Block& block : blocks_) {
        bits += choose_kind(block, bits);
    }
    return header_bytes + (bits + 7) / 8 + checksum_bytes;
}

std::uint64_t RunDeflater::estimate(std::span<const std::byte> bytes, std::size_t plane, std::size_t distance) {
    begin(bytes, distance);
    std::uint64_t bits = 0;
    for (std::size_t at = 0; at < bytes.size(); at += plane) {
        const std::size_t end = std::min(at + plane, bytes.size());
        const Block block = read_segment(at, end);
        const std::uint64_t coded = (block.entropy >> log2_fraction) + sampling_bits(block.counts) +
                                    match_extra_bits(block.counts, distance);
        bits += std::min<std::uint64_t>(coded, 8 * (end - at));
    }
    return bits;
}

RunDeflater::Block RunDeflater::read_segment(std::size_t begin, std::size_t end) {
    Block next{begin, end, num_tokens_, num_tokens_, {}, 0};
    num_tokens_ += run_tokens(bytes_, begin, end, distance_, shortest_match, token_data_ + num_tokens_);
    next.token_end = num_tokens_;
    TokenCounts counts;
    count_tokens(token_data_ + next.token_begin, next.token_end - next.token_begin, counts);
    next.counts = symbol_counts(counts);
    next.entropy = entropy_bits(next.counts);
    return next;
}

void RunDeflater::add_segment(std::size_t begin, std::size_t end) {
    const Block next = read_segment(begin, end);
    if (blocks_.empty() || !merge(blocks_.back(), next)) {
        blocks_.push_back(next);
    }
}

// Takes the next block into one where a code in common costs less than a second one.
bool RunDeflater::merge(Block& block, const Block& next) const {
    SymbolCounts both;
    for (std::size_t symbol = 0; symbol < num_symbols; ++symbol) {
        both[symbol] = block.counts[symbol] + next.counts[symbol];
    }
    both[end_of_block] = 1;
    const std::uint64_t entropy = entropy_bits(both);
    if (entropy > block.entropy + next.entropy + description_bits) {
        return false;
    }
    block.byte_end = next.byte_end;
    block.token_end = next.token_end;
    block.counts = both;
    block.entropy = entropy;
    return true;
}

// The smallest of the three kinds of blocks; returns its bits. `place`: bits of the stream before it.
std::uint64_t RunDeflater::choose_kind(Block& block, std::uint64_t place) const {
    const std::uint64_t stored = stored_bits(block.byte_end - block.byte_begin, place);
    block.code = BlockCode::dynamic(block.counts, distance_);
    std::uint64_t best = block.code.size_in_bits(block.counts);
    const BlockCode fixed = BlockCode::fixed(distance_);
    if (const std::uint64_t bits = fixed.size_in_bits(block.counts); bits <= best) {
        best = bits;
        block.code = fixed;
        block.kind = Kind::fixed;
    }
    if (stored <= best) {
        best = stored;
        block.kind = Kind::stored;
    }
    return best;
}

void RunDeflater::write(std::byte* out) const {
    // A window of 32 KiB, no dictionary; the first two bytes as a number are a multiple of 31.
    out[0] = std::byte{0x78};
    out[1] = std::byte{0x01};
    BitWriter writer(out + header_bytes);
    for (const Block& block : blocks_) {
        const bool last = &block == &blocks_.back();
        if (block.kind == Kind::stored) {
            write_stored(writer, bytes_.subspan(block.byte_begin, block.byte_end - block.byte_begin), last);
        } else {
            block.code.write(writer, {token_data_ + block.token_begin, block.token_end - block.token_begin}, last);
        }
    }
    std::byte* end = writer.align();
    const std::uint32_t sum = adler32(bytes_);
    for (unsigned i = 0; i < checksum_bytes; ++i) {
        end[i] = static_cast<std::byte>(sum >> (24 - 8 * i));
    }
}

}  // namespace simdprep::detail
