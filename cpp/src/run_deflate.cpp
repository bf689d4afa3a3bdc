#include "simdprep/detail/run_deflate.hpp"

#include <algorithm>
#include <array>

#include "simdprep/detail/log2_table.hpp"

namespace simdprep::detail {
namespace {

// Planes are cut into pieces of at most this, which are then merged again where they are alike.
constexpr std::size_t most_segment_bytes = 128 << 10;

// The bits of one token.
struct TokenCode {
    std::uint32_t bits;
    std::uint32_t count;
};

struct TokenCodes {
    std::array<TokenCode, num_tokens> of;
    unsigned most_bits = 0;  // of one token that has a code
};

BlockCounts counts_of(const TokenCounts& tokens, std::size_t distance) {
    BlockCounts counts;
    std::copy_n(tokens.begin(), first_match, counts.symbols.begin());
    counts.symbols[end_of_block] = 1;
    std::uint32_t matches = 0;
    for (std::size_t match = 0; match < length_index.size(); ++match) {
        counts.symbols[first_length_symbol + length_index[match]] += tokens[first_match + match];
        matches += tokens[first_match + match];
    }
    counts.distances[symbol_of_distance(distance).symbol] = matches;
    return counts;
}

TokenCodes token_codes(const BlockCode& code, std::size_t distance) {
    const BlockCode::Codes codes = code.codes();
    const auto [symbol, extra_bits, extra] = symbol_of_distance(distance);
    const unsigned distance_bits = code.distance_lengths()[symbol];
    const std::uint32_t distance_word = codes.distances[symbol] | std::uint32_t{extra} << distance_bits;
    TokenCodes tokens;
    const auto set = [&tokens](std::size_t token, std::uint32_t bits, unsigned count, bool is_used) {
        tokens.of[token] = {bits, count};
        tokens.most_bits = std::max(tokens.most_bits, is_used ? count : 0);
    };
    for (std::size_t token = 0; token < first_match; ++token) {
        set(token, codes.symbols[token], code.lengths()[token], true);
    }
    for (std::size_t match = 0; match < length_index.size(); ++match) {
        const auto [base, length_extra_bits] = length_symbols[length_index[match]];
        const std::size_t length_symbol = first_length_symbol + length_index[match];
        const unsigned bits = code.lengths()[length_symbol];
        const auto rest = static_cast<std::uint32_t>(match + shortest_match - base);
        const unsigned before = bits + length_extra_bits;
        set(first_match + match, codes.symbols[length_symbol] | rest << bits | distance_word << before,
            before + distance_bits + extra_bits, bits > 0);
    }
    return tokens;
}

template <std::size_t PerFlush>
void write_all(BitWriter& writer, std::span<const Token> tokens, const TokenCodes& codes) {
    std::size_t i = 0;
    for (; i + PerFlush <= tokens.size(); i += PerFlush) {
        for (std::size_t j = 0; j < PerFlush; ++j) {
            const TokenCode& code = codes.of[tokens[i + j]];
            writer.add(code.bits, code.count);
        }
        writer.flush();
    }
    for (; i < tokens.size(); ++i) {
        writer.put(codes.of[tokens[i]].bits, codes.of[tokens[i]].count);
    }
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
        block.choice = choose_code(block.counts, block.byte_end - block.byte_begin, bits);
        bits += block.choice.bits;
    }
    return stream_bytes(bits);
}

std::uint64_t RunDeflater::estimate(std::span<const std::byte> bytes, std::size_t plane, std::size_t distance) {
    begin(bytes, distance);
    std::uint64_t bits = 0;
    for (std::size_t at = 0; at < bytes.size(); at += plane) {
        const std::size_t end = std::min(at + plane, bytes.size());
        const auto [counts, entropy] = [&] {
            const Block block = read_segment(at, end);
            return std::pair(block.counts, block.entropy);
        }();
        const std::uint64_t coded = (entropy >> log2_fraction) + sampling_bits(counts) + extra_bits(counts);
        bits += std::min<std::uint64_t>(coded, 8 * (end - at));
    }
    return bits;
}

RunDeflater::Block RunDeflater::read_segment(std::size_t begin, std::size_t end) {
    Block next{begin, end, num_tokens_, num_tokens_, {}, 0};
    num_tokens_ += run_tokens(bytes_, begin, end, distance_, shortest_match, token_data_ + num_tokens_);
    next.token_end = num_tokens_;
    TokenCounts tokens;
    count_tokens(token_data_ + next.token_begin, next.token_end - next.token_begin, tokens);
    next.counts = counts_of(tokens, distance_);
    next.entropy = entropy_bits(next.counts);
    return next;
}

void RunDeflater::add_segment(std::size_t begin, std::size_t end) {
    const Block next = read_segment(begin, end);
    if (!blocks_.empty() && merge(blocks_.back().counts, blocks_.back().entropy, next.counts, next.entropy)) {
        blocks_.back().byte_end = next.byte_end;
        blocks_.back().token_end = next.token_end;
    } else {
        blocks_.push_back(next);
    }
}

void RunDeflater::write(std::byte* out) const {
    write_blocks(out, bytes_, std::span(blocks_), [this](BitWriter& writer, const Block& block) { write_tokens(writer, block); });
}

void RunDeflater::write_tokens(BitWriter& writer, const Block& block) const {
    const BlockCode& code = block.choice.code;
    const TokenCodes codes = token_codes(code, distance_);
    const std::span<const Token> tokens(token_data_ + block.token_begin, block.token_end - block.token_begin);
    if (4 * codes.most_bits <= BitWriter::most_bits) {
        write_all<4>(writer, tokens, codes);
    } else if (2 * codes.most_bits <= BitWriter::most_bits) {
        write_all<2>(writer, tokens, codes);
    } else {
        write_all<1>(writer, tokens, codes);
    }
    writer.put(code.codes().symbols[end_of_block], code.lengths()[end_of_block]);
}

}  // namespace simdprep::detail
