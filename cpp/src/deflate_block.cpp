#include "simdprep/detail/deflate_block.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "simdprep/detail/huffman.hpp"
#include "simdprep/detail/log2_table.hpp"

namespace simdprep::detail {
namespace {

constexpr unsigned most_code_bits = 15;
constexpr unsigned most_told_bits = 7;
constexpr std::size_t num_told_symbols = 19;
constexpr std::size_t most_stored = 65535;

// The order in which the lengths of the code of the lengths are told.
constexpr std::array<std::uint8_t, num_told_symbols> told_order = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                   11, 4,  12, 3, 13, 2, 14, 1, 15};

// Symbol of a length, and the first length that has it.
struct LengthCode {
    std::uint16_t base;
    std::uint8_t extra_bits;
};
constexpr std::array<LengthCode, 29> length_codes = {
    {{3, 0},  {4, 0},  {5, 0},  {6, 0},  {7, 0},  {8, 0},  {9, 0},  {10, 0},  {11, 1},  {13, 1},  {15, 1},  {17, 1},  {19, 2},  {23, 2}, {27, 2},
     {31, 2}, {35, 3}, {43, 3}, {51, 3}, {59, 3}, {67, 4}, {83, 4}, {99, 4},  {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}}};
constexpr std::size_t first_length_symbol = end_of_block + 1;

// The length code of each match token.
constexpr auto code_of_match = [] {
    std::array<std::uint8_t, num_tokens - first_match> codes{};
    for (std::size_t match = 0; match < codes.size(); ++match) {
        std::size_t code = length_codes.size() - 1;
        while (length_codes[code].base > match + shortest_match) {
            --code;
        }
        codes[match] = static_cast<std::uint8_t>(code);
    }
    return codes;
}();

struct DistanceCode {
    std::uint8_t symbol;
    std::uint8_t extra_bits;
    std::uint16_t extra;
};

constexpr DistanceCode distance_code(std::size_t distance) {
    if (distance <= 4) {
        return {static_cast<std::uint8_t>(distance - 1), 0, 0};
    }
    // Two symbols for each power of two.
    const auto extra_bits = static_cast<unsigned>(std::bit_width(distance - 1)) - 2;
    const std::size_t half = (distance - 1) >> extra_bits;  // 2 or 3
    return {static_cast<std::uint8_t>(2 * extra_bits + half), static_cast<std::uint8_t>(extra_bits),
            static_cast<std::uint16_t>((distance - 1) - (half << extra_bits))};
}

// The bits of one token.
struct TokenCode {
    std::uint32_t bits;
    std::uint32_t count;
};

constexpr unsigned extra_bits_of(std::size_t symbol) {
    return symbol < first_length_symbol ? 0 : length_codes[symbol - first_length_symbol].extra_bits;
}

constexpr std::array<std::uint8_t, num_symbols> fixed_lengths = [] {
    std::array<std::uint8_t, num_symbols> lengths{};
    for (std::size_t symbol = 0; symbol < num_symbols; ++symbol) {
        lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    }
    return lengths;
}();

constexpr unsigned fixed_distance_bits = 5;

std::uint32_t reversed(std::uint32_t code, unsigned count) {
    std::uint32_t result = 0;
    for (unsigned bit = 0; bit < count; ++bit) {
        result |= (code >> bit & 1) << (count - 1 - bit);
    }
    return result;
}

template <std::size_t PerFlush>
void write_tokens(BitWriter& writer, std::span<const Token> tokens, const std::array<TokenCode, num_tokens>& codes) {
    std::size_t i = 0;
    for (; i + PerFlush <= tokens.size(); i += PerFlush) {
        for (std::size_t j = 0; j < PerFlush; ++j) {
            const TokenCode& code = codes[tokens[i + j]];
            writer.add(code.bits, code.count);
        }
        writer.flush();
    }
    for (; i < tokens.size(); ++i) {
        writer.put(codes[tokens[i]].bits, codes[tokens[i]].count);
    }
}

}  // namespace

SymbolCounts symbol_counts(const TokenCounts& counts) {
    SymbolCounts symbols{};
    std::copy_n(counts.begin(), first_match, symbols.begin());
    symbols[end_of_block] = 1;
    for (std::size_t match = 0; match < code_of_match.size(); ++match) {
        symbols[first_length_symbol + code_of_match[match]] += counts[first_match + match];
    }
    return symbols;
}

std::uint64_t entropy_bits(const SymbolCounts& counts) {
    const auto weighted = [](std::uint32_t count) { return count == 0 ? 0 : std::uint64_t{count} * fixed_log2(count); };
    std::uint32_t total = 0;
    std::uint64_t saved = 0;
    for (const std::uint32_t count : counts) {
        total += count;
        saved += weighted(count);
    }
    const std::uint64_t all = weighted(total);
    return all > saved ? all - saved : 0;
}

std::uint64_t match_extra_bits(const SymbolCounts& counts, std::size_t distance) {
    std::uint64_t bits = 0;
    for (std::size_t symbol = first_length_symbol; symbol < num_symbols; ++symbol) {
        bits += std::uint64_t{counts[symbol]} * (extra_bits_of(symbol) + 1 + distance_code(distance).extra_bits);
    }
    return bits;
}

BlockCode BlockCode::fixed(std::size_t distance) {
    BlockCode code;
    code.distance_ = distance;
    code.lengths_ = fixed_lengths;
    return code;
}

BlockCode BlockCode::dynamic(const SymbolCounts& counts, std::size_t distance) {
    BlockCode code;
    code.is_dynamic_ = true;
    code.distance_ = distance;
    huffman_lengths(counts, most_code_bits, code.lengths_);
    while (code.num_lengths_ > first_length_symbol && code.lengths_[code.num_lengths_ - 1] == 0) {
        --code.num_lengths_;
    }
    // One distance has a code of one bit.
    std::array<std::uint8_t, num_symbols + 30> all{};
    std::copy_n(code.lengths_.begin(), code.num_lengths_, all.begin());
    const std::size_t num_distances = distance_code(distance).symbol + std::size_t{1};
    all[code.num_lengths_ + num_distances - 1] = 1;
    code.tell_lengths(std::span(all).first(code.num_lengths_ + num_distances));
    return code;
}

// Says equal lengths in a row by their number, and finds the code for what is said.
void BlockCode::tell_lengths(std::span<const std::uint8_t> all) {
    const auto tell = [this](std::size_t symbol, std::size_t extra) {
        told_[num_told_++] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra)};
    };
    for (std::size_t i = 0; i < all.size();) {
        std::size_t run = 1;
        while (i + run < all.size() && all[i + run] == all[i]) {
            ++run;
        }
        i += run;
        const std::uint8_t length = all[i - 1];
        if (length == 0) {
            for (; run >= 11; run -= std::min<std::size_t>(run, 138)) {
                tell(18, std::min<std::size_t>(run, 138) - 11);
            }
            if (run >= 3) {
                tell(17, run - 3);
                run = 0;
            }
        } else {
            tell(length, 0);
            for (--run; run >= 3; run -= std::min<std::size_t>(run, 6)) {
                tell(16, std::min<std::size_t>(run, 6) - 3);
            }
        }
        for (; run > 0; --run) {
            tell(length, 0);
        }
    }
    std::array<std::uint32_t, num_told_symbols> counts{};
    for (std::size_t i = 0; i < num_told_; ++i) {
        ++counts[told_[i].symbol];
    }
    huffman_lengths(counts, most_told_bits, told_lengths_);
    num_told_lengths_ = num_told_symbols;
    while (num_told_lengths_ > 4 && told_lengths_[told_order[num_told_lengths_ - 1]] == 0) {
        --num_told_lengths_;
    }
    header_bits_ = 3 + 5 + 5 + 4 + 3 * num_told_lengths_ + 2 * counts[16] + 3 * counts[17] + 7 * counts[18];
    for (std::size_t symbol = 0; symbol < num_told_symbols; ++symbol) {
        header_bits_ += counts[symbol] * told_lengths_[symbol];
    }
}

std::uint64_t BlockCode::size_in_bits(const SymbolCounts& counts) const {
    const std::uint64_t match_bits = (is_dynamic_ ? 1 : fixed_distance_bits) + distance_code(distance_).extra_bits;
    std::uint64_t bits = header_bits_;
    for (std::size_t symbol = 0; symbol < num_symbols; ++symbol) {
        const std::uint64_t each = lengths_[symbol] + (symbol < first_length_symbol ? 0 : extra_bits_of(symbol) + match_bits);
        bits += counts[symbol] * each;
    }
    return bits;
}

void BlockCode::write_header(BitWriter& writer, bool last) const {
    writer.put(last ? 1 : 0, 1);
    writer.put(is_dynamic_ ? 2 : 1, 2);
    if (!is_dynamic_) {
        return;
    }
    writer.put(num_lengths_ - first_length_symbol, 5);
    writer.put(distance_code(distance_).symbol, 5);
    writer.put(num_told_lengths_ - 4, 4);
    for (std::size_t i = 0; i < num_told_lengths_; ++i) {
        writer.put(told_lengths_[told_order[i]], 3);
    }
    std::array<std::uint16_t, num_told_symbols> codes{};
    huffman_codes(told_lengths_, codes);
    for (std::size_t i = 0; i < num_told_; ++i) {
        const auto [symbol, extra] = told_[i];
        writer.put(codes[symbol], told_lengths_[symbol]);
        writer.put(extra, symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
    }
}

void BlockCode::write(BitWriter& writer, std::span<const Token> tokens, bool last) const {
    write_header(writer, last);
    std::array<std::uint16_t, num_symbols> codes{};
    if (is_dynamic_) {
        huffman_codes(lengths_, codes);
    } else {
        // The fixed code has two symbols more, which only fill it.
        std::array<std::uint8_t, num_symbols + 2> lengths{};
        std::array<std::uint16_t, num_symbols + 2> all{};
        std::copy(lengths_.begin(), lengths_.end(), lengths.begin());
        lengths[num_symbols] = lengths[num_symbols + 1] = 8;
        huffman_codes(lengths, all);
        std::copy_n(all.begin(), num_symbols, codes.begin());
    }

    const DistanceCode distance = distance_code(distance_);
    const unsigned distance_bits = is_dynamic_ ? 1 : fixed_distance_bits;
    const std::uint32_t distance_word = (is_dynamic_ ? 0 : reversed(distance.symbol, fixed_distance_bits)) |
                                        std::uint32_t{distance.extra} << distance_bits;
    std::array<TokenCode, num_tokens> table;
    unsigned most = 0;  // bits of one token
    for (std::size_t token = 0; token < first_match; ++token) {
        table[token] = {codes[token], lengths_[token]};
        most = std::max<unsigned>(most, lengths_[token]);
    }
    for (std::size_t match = 0; match < code_of_match.size(); ++match) {
        const std::size_t code = code_of_match[match];
        const std::size_t symbol = first_length_symbol + code;
        const unsigned bits = lengths_[symbol];
        const unsigned with_extra = bits + length_codes[code].extra_bits;
        const auto extra = static_cast<std::uint32_t>(match + shortest_match - length_codes[code].base);
        table[first_match + match] = {codes[symbol] | extra << bits | distance_word << with_extra,
                                      with_extra + distance_bits + distance.extra_bits};
        most = std::max<unsigned>(most, bits == 0 ? 0 : table[first_match + match].count);
    }
    if (4 * most <= BitWriter::most_bits) {
        write_tokens<4>(writer, tokens, table);
    } else if (2 * most <= BitWriter::most_bits) {
        write_tokens<2>(writer, tokens, table);
    } else {
        write_tokens<1>(writer, tokens, table);
    }
    writer.put(codes[end_of_block], lengths_[end_of_block]);
}

std::uint64_t stored_bits(std::size_t size, std::uint64_t place) {
    const std::size_t pieces = std::max<std::size_t>((size + most_stored - 1) / most_stored, 1);
    const std::uint64_t first = 3 + (8 - (place + 3) % 8) % 8 + 32;
    return first + (pieces - 1) * 40 + 8 * std::uint64_t{size};
}

void write_stored(BitWriter& writer, std::span<const std::byte> bytes, bool last) {
    do {
        const std::size_t size = std::min(bytes.size(), most_stored);
        writer.put(last && size == bytes.size() ? 1 : 0, 3);
        static_cast<void>(writer.align());
        writer.put(size, 16);
        writer.put(size ^ 0xffff, 16);
        std::memcpy(writer.align(), bytes.data(), size);
        writer.skip(size);
        bytes = bytes.subspan(size);
    } while (!bytes.empty());
}

}  // namespace simdprep::detail
