#include <algorithm>
#include <array>
#include <queue>
#include <random>
#include <set>

#include "check.hpp"
#include "simdprep/detail/huffman.hpp"

using namespace simdprep::detail;

namespace {

using Counts = std::vector<std::uint32_t>;

std::vector<std::uint8_t> lengths_of(const Counts& counts, unsigned most) {
    std::vector<std::uint8_t> lengths(counts.size(), 99);
    huffman_lengths(counts, most, lengths);
    return lengths;
}

std::uint64_t cost(const Counts& counts, const std::vector<std::uint8_t>& lengths) {
    std::uint64_t bits = 0;
    for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
        bits += std::uint64_t{counts[symbol]} * lengths[symbol];
    }
    return bits;
}

// Huffman's own method: the sum of all inner nodes.
std::uint64_t least_cost(const Counts& counts) {
    std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> nodes;
    for (const std::uint32_t count : counts) {
        if (count > 0) {
            nodes.push(count);
        }
    }
    std::uint64_t bits = nodes.size() == 1 ? nodes.top() : 0;
    while (nodes.size() > 1) {
        const std::uint64_t one = nodes.top();
        nodes.pop();
        const std::uint64_t both = one + nodes.top();
        nodes.pop();
        nodes.push(both);
        bits += both;
    }
    return bits;
}

// Of 2^most leaves at the lowest level, how many the code takes.
std::uint64_t leaves(const std::vector<std::uint8_t>& lengths, unsigned most) {
    std::uint64_t taken = 0;
    for (const std::uint8_t length : lengths) {
        taken += length == 0 ? 0 : std::uint64_t{1} << (most - length);
    }
    return taken;
}

Counts random_counts(std::size_t size, unsigned seed, unsigned steepness) {
    std::mt19937 engine(seed);
    Counts counts(size);
    for (std::uint32_t& count : counts) {
        count = static_cast<std::uint32_t>(engine()) >> (engine() % (steepness + 1));
        count = engine() % 4 == 0 ? 0 : count >> 9;
    }
    return counts;
}

void check_code(const Counts& counts, unsigned most) {
    const auto lengths = lengths_of(counts, most);
    const auto used = counts.size() - static_cast<std::size_t>(std::ranges::count(counts, 0U));
    for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
        CHECK_EQUAL(lengths[symbol] > 0, counts[symbol] > 0);
        CHECK(lengths[symbol] <= most);
    }
    if (used > 1) {
        CHECK_EQUAL(leaves(lengths, most), std::uint64_t{1} << most);  // complete
    }
    const std::uint64_t least = least_cost(counts);
    const bool limited = std::ranges::max(lengths_of(counts, 15)) > most || std::ranges::max(lengths) == most;
    if (limited) {
        CHECK(cost(counts, lengths) >= least);
    } else {
        CHECK_EQUAL(cost(counts, lengths), least);
    }
}

}  // namespace

TEST(none_one_and_two_symbols) {
    CHECK(lengths_of({0, 0, 0}, 15) == std::vector<std::uint8_t>({0, 0, 0}));
    CHECK(lengths_of({0, 7, 0}, 15) == std::vector<std::uint8_t>({0, 1, 0}));
    CHECK(lengths_of({9, 0, 1}, 15) == std::vector<std::uint8_t>({1, 0, 1}));
}

TEST(codes_are_complete_and_as_short_as_can_be) {
    for (unsigned seed = 0; seed < 400; ++seed) {
        check_code(random_counts(2 + seed % 285, seed, seed % 20), 15);
        check_code(random_counts(19, seed, seed % 24), 7);
    }
}

TEST(steep_counts_are_limited) {
    Counts counts = {1, 1};
    while (counts.size() < 40) {
        counts.push_back(counts[counts.size() - 1] + counts[counts.size() - 2]);  // the deepest trees there are
    }
    for (const unsigned most : {7U, 9U, 15U}) {
        check_code(counts, most);
        CHECK_EQUAL(std::ranges::max(lengths_of(counts, most)), most);
    }
}

TEST(equal_counts_are_ordered_by_symbol) {
    const auto lengths = lengths_of(Counts(5, 3), 15);
    CHECK(std::ranges::is_sorted(lengths, std::greater<>()));
    CHECK(lengths == std::vector<std::uint8_t>({3, 3, 2, 2, 2}));
}

TEST(codes_of_the_standard) {
    // RFC 1951, 3.2.2: lengths (3, 3, 3, 3, 3, 2, 4, 4) have the codes 010 011 100 101 110 00 1110 1111.
    const std::array<std::uint8_t, 8> lengths = {3, 3, 3, 3, 3, 2, 4, 4};
    std::array<std::uint16_t, 8> codes{};
    huffman_codes(lengths, codes);
    const std::array<std::uint16_t, 8> reversed = {0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111};
    CHECK(codes == reversed);
}

TEST(no_code_begins_another) {
    const auto counts = random_counts(286, 5, 12);
    const auto lengths = lengths_of(counts, 15);
    std::vector<std::uint16_t> codes(lengths.size());
    huffman_codes(lengths, codes);
    for (std::size_t one = 0; one < codes.size(); ++one) {
        for (std::size_t other = 0; other < codes.size(); ++other) {
            if (one != other && lengths[one] > 0 && lengths[one] <= lengths[other]) {
                CHECK((codes[other] & ((1U << lengths[one]) - 1)) != codes[one]);
            }
        }
    }
}
