#include "simdprep/detail/huffman.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace simdprep::detail {
namespace {

constexpr std::size_t most_symbols = 320;
constexpr unsigned symbol_bits = 9;
constexpr unsigned most_length = 15;

// Depths of the leaves of the Huffman tree, in place: `nodes` holds ascending counts and becomes descending depths.
// Moffat and Katajainen's method: first the parents' counts and indices, then the inner nodes' depths, then the leaves'.
void leaf_depths(std::span<std::uint32_t> nodes) {
    const std::size_t size = nodes.size();
    std::size_t root = 0;
    std::size_t leaf = 0;
    for (std::size_t next = 0; next + 1 < size; ++next) {
        std::uint32_t sum = 0;
        for (int child = 0; child < 2; ++child) {
            if (leaf >= size || (root < next && nodes[root] < nodes[leaf])) {
                sum += nodes[root];
                nodes[root++] = static_cast<std::uint32_t>(next);
            } else {
                sum += nodes[leaf++];
            }
        }
        nodes[next] = sum;
    }
    nodes[size - 2] = 0;
    for (std::size_t next = size - 2; next-- > 0;) {
        nodes[next] = nodes[nodes[next]] + 1;
    }
    std::size_t available = 1;
    std::size_t inner = size - 1;  // one past the next inner node
    std::size_t next = size;       // one past the next leaf
    for (std::uint32_t depth = 0; available > 0; ++depth) {
        std::size_t used = 0;
        while (inner > 0 && nodes[inner - 1] == depth) {
            ++used;
            --inner;
        }
        for (; available > used; --available) {
            nodes[--next] = depth;
        }
        available = 2 * used;
    }
}

using LengthCounts = std::array<std::uint32_t, most_length + 2>;

// Moves leaves up from below `most` and others down until the lengths are those of a tree again.
void limit_lengths(LengthCounts& number, unsigned most) {
    std::uint32_t taken = 0;  // of the 2^most leaves at depth `most`
    for (unsigned length = 1; length <= most; ++length) {
        taken += number[length] << (most - length);
    }
    for (; taken > (1U << most); --taken) {
        --number[most];
        unsigned length = most - 1;
        while (number[length] == 0) {
            --length;
        }
        --number[length];
        number[length + 1] += 2;
    }
}

}  // namespace

void huffman_lengths(std::span<const std::uint32_t> counts, unsigned most, std::span<std::uint8_t> lengths) {
    std::array<std::uint64_t, most_symbols> order;
    std::size_t used = 0;
    for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
        lengths[symbol] = 0;
        if (counts[symbol] > 0) {
            order[used++] = std::uint64_t{counts[symbol]} << symbol_bits | symbol;
        }
    }
    const auto symbol_of = [&order](std::size_t i) { return static_cast<std::size_t>(order[i] & ((1U << symbol_bits) - 1)); };
    if (used < 2) {
        if (used == 1) {
            lengths[symbol_of(0)] = 1;
        }
        return;
    }
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(used));
    std::array<std::uint32_t, most_symbols> nodes;
    for (std::size_t i = 0; i < used; ++i) {
        nodes[i] = static_cast<std::uint32_t>(order[i] >> symbol_bits);
    }
    leaf_depths(std::span(nodes).first(used));
    LengthCounts number{};
    for (std::size_t i = 0; i < used; ++i) {
        ++number[std::min(nodes[i], most)];
    }
    limit_lengths(number, most);
    std::size_t i = 0;  // from the rarest on
    for (unsigned length = most; length > 0; --length) {
        for (std::uint32_t left = number[length]; left > 0; --left) {
            lengths[symbol_of(i++)] = static_cast<std::uint8_t>(length);
        }
    }
}

void huffman_codes(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> codes) {
    std::array<std::uint32_t, most_length + 1> next{};
    std::array<std::uint32_t, most_length + 1> number{};
    for (const std::uint8_t length : lengths) {
        ++number[length];
    }
    number[0] = 0;
    for (unsigned length = 1; length <= most_length; ++length) {
        next[length] = (next[length - 1] + number[length - 1]) << 1;
    }
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
        const unsigned length = lengths[symbol];
        std::uint32_t code = length > 0 ? next[length]++ : 0;
        std::uint32_t reversed = 0;
        for (unsigned bit = 0; bit < length; ++bit, code >>= 1) {
            reversed = reversed << 1 | (code & 1);
        }
        codes[symbol] = static_cast<std::uint16_t>(reversed);
    }
}

}  // namespace simdprep::detail
