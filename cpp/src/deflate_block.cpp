#include "simdprep/detail/deflate_block.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "simdprep/detail/adler32.hpp"
#include "simdprep/detail/huffman.hpp"
#include "simdprep/detail/log2_table.hpp"

namespace simdprep::detail {
namespace {

constexpr unsigned most_code_bits = 15;
constexpr unsigned most_told_bits = 7;
constexpr std::size_t num_told_symbols = 19;
constexpr std::size_t most_stored = 65535;
constexpr std::uint8_t fixed_distance_bits = 5;

// What a block costs before its first symbol, about: its codes' description.
constexpr std::uint64_t description_bits = std::uint64_t{500} << log2_fraction;

// The order in which the lengths of the code of the lengths are told.
constexpr std::array<std::uint8_t, num_told_symbols> told_order = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                   11, 4,  12, 3, 13, 2, 14, 1, 15};

// The fixed code has two symbols more, which only fill it.
constexpr auto fixed_lengths = [] {
    std::array<std::uint8_t, num_symbols + 2> lengths{};
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
        lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    }
    return lengths;
}();

std::uint64_t entropy_of(std::span<const std::uint32_t> counts) {
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

// Without zeros at the end, but for the first `least`.
std::size_t told_size(std::span<const std::uint8_t> lengths, std::size_t least) {
    std::size_t size = lengths.size();
    while (size > least && lengths[size - 1] == 0) {
        --size;
    }
    return size;
}

}  // namespace

std::uint64_t entropy_bits(const BlockCounts& counts) {
    return entropy_of(counts.symbols) + entropy_of(counts.distances);
}

std::uint64_t extra_bits(const BlockCounts& counts) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < length_symbols.size(); ++i) {
        bits += std::uint64_t{counts.symbols[first_length_symbol + i]} * length_symbols[i].extra_bits;
    }
    for (std::size_t symbol = 0; symbol < num_distances; ++symbol) {
        bits += std::uint64_t{counts.distances[symbol]} * extra_bits_of_distance(symbol);
    }
    return bits;
}

std::uint64_t sampling_bits(const BlockCounts& counts) {
    const auto used = [](const auto& all) { return all.size() - static_cast<std::size_t>(std::ranges::count(all, 0U)); };
    return (used(counts.symbols) + used(counts.distances)) * 3 / 4;  // half a natural unit for each
}

bool merge(BlockCounts& block, std::uint64_t& entropy, const BlockCounts& next, std::uint64_t next_entropy) {
    BlockCounts both;
    std::ranges::transform(block.symbols, next.symbols, both.symbols.begin(), std::plus<>());
    std::ranges::transform(block.distances, next.distances, both.distances.begin(), std::plus<>());
    both.symbols[end_of_block] = 1;
    const std::uint64_t common = entropy_bits(both);
    if (common > entropy + next_entropy + description_bits) {
        return false;
    }
    block = both;
    entropy = common;
    return true;
}

BlockCode BlockCode::fixed() {
    BlockCode code;
    std::copy_n(fixed_lengths.begin(), num_symbols, code.lengths_.begin());
    code.distance_lengths_.fill(fixed_distance_bits);
    return code;
}

BlockCode BlockCode::dynamic(const BlockCounts& counts) {
    BlockCode code;
    code.is_dynamic_ = true;
    huffman_lengths(counts.symbols, most_code_bits, code.lengths_);
    huffman_lengths(counts.distances, most_code_bits, code.distance_lengths_);
    if (std::ranges::max(code.distance_lengths_) == 0) {
        code.distance_lengths_[0] = 1;  // old readers want one
    }
    code.num_lengths_ = told_size(code.lengths_, first_length_symbol);
    code.num_distance_lengths_ = told_size(code.distance_lengths_, 1);
    std::array<std::uint8_t, num_symbols + num_distances> all{};
    const auto end = std::copy_n(code.lengths_.begin(), code.num_lengths_, all.begin());
    std::copy_n(code.distance_lengths_.begin(), code.num_distance_lengths_, end);
    code.tell_lengths(std::span(all).first(code.num_lengths_ + code.num_distance_lengths_));
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

std::uint64_t BlockCode::size_in_bits(const BlockCounts& counts) const {
    const auto product = [](const auto& numbers, const auto& lengths) {
        return std::inner_product(numbers.begin(), numbers.end(), lengths.begin(), std::uint64_t{0});
    };
    return header_bits_ + extra_bits(counts) + product(counts.symbols, lengths_) +
           product(counts.distances, distance_lengths_);
}

void BlockCode::write_header(BitWriter& writer, bool last) const {
    writer.put(last ? 1 : 0, 1);
    writer.put(is_dynamic_ ? 2 : 1, 2);
    if (!is_dynamic_) {
        return;
    }
    writer.put(num_lengths_ - first_length_symbol, 5);
    writer.put(num_distance_lengths_ - 1, 5);
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

BlockCode::Codes BlockCode::codes() const {
    Codes codes{};
    huffman_codes(distance_lengths_, codes.distances);
    if (is_dynamic_) {
        huffman_codes(lengths_, codes.symbols);
    } else {
        std::array<std::uint16_t, fixed_lengths.size()> all{};
        huffman_codes(fixed_lengths, all);
        std::copy_n(all.begin(), num_symbols, codes.symbols.begin());
    }
    return codes;
}

BlockChoice choose_code(const BlockCounts& counts, std::size_t size, std::uint64_t place) {
    BlockChoice choice{false, BlockCode::dynamic(counts), 0};
    choice.bits = choice.code.size_in_bits(counts);
    const BlockCode fixed = BlockCode::fixed();
    if (const std::uint64_t bits = fixed.size_in_bits(counts); bits <= choice.bits) {
        choice = {false, fixed, bits};
    }
    if (const std::uint64_t bits = stored_bits(size, place); bits <= choice.bits) {
        choice.is_stored = true;
        choice.bits = bits;
    }
    return choice;
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

void write_stream_header(std::byte* out) {
    // A window of 32 KiB, no dictionary; the two bytes as a number are a multiple of 31.
    out[0] = std::byte{0x78};
    out[1] = std::byte{0x01};
}

void write_stream_end(BitWriter& writer, std::span<const std::byte> bytes) {
    std::byte* end = writer.align();
    const std::uint32_t sum = adler32(bytes);
    for (unsigned i = 0; i < stream_checksum_bytes; ++i) {
        end[i] = static_cast<std::byte>(sum >> (24 - 8 * i));
    }
}

std::size_t stream_bytes(std::uint64_t bits) { return stream_header_bytes + (bits + 7) / 8 + stream_checksum_bytes; }

}  // namespace simdprep::detail
