#include "check.hpp"
#include "simdprep/detail/codec.hpp"

using simdprep::detail::fletcher32;

namespace {

// Word by word, folding after each: the oracle.
std::uint32_t fletcher32_by_definition(std::span<const std::byte> bytes) {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    const auto fold = [](std::uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        std::uint32_t word = std::to_integer<std::uint32_t>(bytes[at]) << 8;
        if (at + 1 < bytes.size()) {
            word |= std::to_integer<std::uint32_t>(bytes[at + 1]);
        }
        first = fold(first + word);
        second = fold(second + first);
    }
    return (second << 16) | first;
}

}  // namespace

TEST(sums_that_hdf5_stored) {
    CHECK_EQUAL(fletcher32(std::vector<std::byte>(9, std::byte{0})), 0U);
    CHECK_EQUAL(fletcher32(std::vector<std::byte>(4, std::byte{0xff})), 0xffffffffU);
    CHECK_EQUAL(fletcher32(check::bytes_of("\xff\xff\x01")), 0x01000100U);
    std::vector<std::byte> bytes(1001);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>((i * 7 + 3) % 256);
    }
    CHECK_EQUAL(fletcher32(bytes), 0x8f9671c5U);
}

TEST(every_short_length) {
    const auto bytes = check::random_bytes(3000, 1.0, 1);
    for (std::size_t size = 0; size <= 600; ++size) {
        CHECK_EQUAL(fletcher32(std::span(bytes).first(size)), fletcher32_by_definition(std::span(bytes).first(size)));
    }
    for (std::size_t start = 0; start < 40; ++start) {
        CHECK_EQUAL(fletcher32(std::span(bytes).subspan(start)),
                    fletcher32_by_definition(std::span(bytes).subspan(start)));
    }
}

TEST(around_the_borders_of_blocks) {
    const auto bytes = check::random_bytes(100'000, 1.0, 2);
    for (const std::size_t words : {360UL, 5760UL, 11520UL, 17280UL, 40000UL}) {
        for (std::size_t size = 2 * words - 5; size <= 2 * words + 5; ++size) {
            const auto part = std::span(bytes).first(size);
            CHECK_EQUAL(fletcher32(part), fletcher32_by_definition(part));
        }
    }
}

TEST(the_largest_sums_do_not_overflow) {
    const std::vector<std::byte> ones(3'000'001, std::byte{0xff});
    CHECK_EQUAL(fletcher32(ones), fletcher32_by_definition(ones));
}

TEST(a_sum_becomes_zero_only_for_zeros) {
    for (std::size_t at = 0; at < 64; ++at) {
        std::vector<std::byte> bytes(64);
        CHECK_EQUAL(fletcher32(bytes), 0U);
        bytes[at] = std::byte{1};
        CHECK((fletcher32(bytes) & 0xffff) != 0);
        CHECK((fletcher32(bytes) >> 16) != 0);
        CHECK_EQUAL(fletcher32(bytes), fletcher32_by_definition(bytes));
    }
}

TEST(sparse_and_dense) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        const auto bytes = check::random_bytes(20'000 + seed, seed % 2 == 0 ? 0.01 : 0.9, seed);
        CHECK_EQUAL(fletcher32(bytes), fletcher32_by_definition(bytes));
    }
}
