#include "simdprep/detail/search_deflate.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "simdprep/detail/log2_table.hpp"

namespace simdprep::detail {
namespace {

// Blocks are cut after about so many literals and copies, and then merged again where they are alike.
constexpr std::size_t segment_symbols = 10'000;

// The bits of a length: its symbol's code and the rest.
struct LengthCode {
    std::uint32_t bits;
    std::uint32_t count;
};
using LengthCodes = std::array<LengthCode, longest_match - shortest_match + 1>;

LengthCodes length_codes(const BlockCode& code, const BlockCode::Codes& codes) {
    LengthCodes lengths;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        const std::size_t symbol = first_length_symbol + length_index[i];
        const auto [base, rest_bits] = length_symbols[length_index[i]];
        const unsigned bits = code.lengths()[symbol];
        const auto rest = static_cast<std::uint32_t>(i + shortest_match - base);
        lengths[i] = {codes.symbols[symbol] | rest << bits, bits + rest_bits};
    }
    return lengths;
}

}  // namespace

std::size_t SearchDeflater::plan(std::span<const std::byte> bytes, std::size_t element, unsigned places) {
    bytes_ = bytes;
    copies_ = search_.find(bytes, element, places);
    cut_blocks();
    std::uint64_t bits = 0;
    for (Block& block : blocks_) {
        block.choice = choose_code(block.counts, block.byte_end - block.byte_begin, bits);
        bits += block.choice.bits;
    }
    return stream_bytes(bits);
}

std::uint64_t SearchDeflater::estimate(std::span<const std::byte> bytes, std::size_t element, unsigned places) {
    bytes_ = bytes;
    copies_ = search_.find(bytes, element, places);
    const Block all = read_block(0, 0, std::numeric_limits<std::size_t>::max());
    return (all.entropy >> log2_fraction) + sampling_bits(all.counts) + extra_bits(all.counts);
}

void SearchDeflater::cut_blocks() {
    blocks_.clear();
    std::size_t byte = 0;
    std::size_t copy = 0;
    do {
        const Block next = read_block(byte, copy, segment_symbols);
        byte = next.byte_end;
        copy = next.copy_end;
        if (!blocks_.empty() && merge(blocks_.back().counts, blocks_.back().entropy, next.counts, next.entropy)) {
            blocks_.back().byte_end = byte;
            blocks_.back().copy_end = copy;
        } else {
            blocks_.push_back(next);
        }
    } while (byte < bytes_.size());
}

// A block from this byte and copy on, whole copies with the literals before them; the literals after the last copy are a
// block's end.
SearchDeflater::Block SearchDeflater::read_block(std::size_t byte, std::size_t copy, std::size_t most_symbols) const {
    Block block{byte, byte, copy, copy, {}, 0};
    BlockCounts& counts = block.counts;
    counts.symbols[end_of_block] = 1;
    const auto count_literals = [&](std::size_t size) {
        for (const std::byte literal : bytes_.subspan(block.byte_end, size)) {
            ++counts.symbols[std::to_integer<std::size_t>(literal)];
        }
        block.byte_end += size;
    };
    for (std::size_t symbols = 0; symbols < most_symbols && block.copy_end < copies_.size(); ++block.copy_end) {
        const auto [literals, length, distance] = copies_[block.copy_end];
        count_literals(literals);
        ++counts.symbols[first_length_symbol + index_of_length(length)];
        ++counts.distances[symbol_of_distance(distance).symbol];
        block.byte_end += length;
        symbols += literals + std::size_t{1};
    }
    if (block.copy_end == copies_.size()) {
        count_literals(bytes_.size() - block.byte_end);
    }
    block.entropy = entropy_bits(counts);
    return block;
}

void SearchDeflater::write(std::byte* out) const {
    write_blocks(out, bytes_, std::span(blocks_), [this](BitWriter& writer, const Block& block) { write_copies(writer, block); });
}

void SearchDeflater::write_copies(BitWriter& writer, const Block& block) const {
    const BlockCode& code = block.choice.code;
    const BlockCode::Codes codes = code.codes();
    const LengthCodes lengths = length_codes(code, codes);
    const auto put_symbol = [&](std::size_t symbol) { writer.add(codes.symbols[symbol], code.lengths()[symbol]); };
    const auto put_literals = [&](std::span<const std::byte> literals) {
        std::size_t i = 0;
        for (; i + 3 <= literals.size(); i += 3) {  // at most 45 bits
            put_symbol(std::to_integer<std::size_t>(literals[i]));
            put_symbol(std::to_integer<std::size_t>(literals[i + 1]));
            put_symbol(std::to_integer<std::size_t>(literals[i + 2]));
            writer.flush();
        }
        for (; i < literals.size(); ++i) {
            put_symbol(std::to_integer<std::size_t>(literals[i]));
        }
        writer.flush();
    };
    std::size_t byte = block.byte_begin;
    for (const auto& [literals, length, distance] : copies_.subspan(block.copy_begin, block.copy_end - block.copy_begin)) {
        put_literals(bytes_.subspan(byte, literals));
        byte += literals + std::size_t{length};
        const LengthCode& length_code = lengths[length - shortest_match];
        const auto [symbol, rest_bits, rest] = symbol_of_distance(distance);
        writer.add(length_code.bits, length_code.count);  // at most 20 bits, and 28 of the distance
        writer.add(codes.distances[symbol], code.distance_lengths()[symbol]);
        writer.add(rest, rest_bits);
        writer.flush();
    }
    put_literals(bytes_.subspan(byte, block.byte_end - byte));
    put_symbol(end_of_block);
    writer.flush();
}

}  // namespace simdprep::detail
