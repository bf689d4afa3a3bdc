#include <algorithm>

#include "check.hpp"
#include "padded_data.hpp"
#include "simdprep/detail/repeat_search.hpp"

using namespace simdprep::detail;

namespace {

std::vector<Copy> copies_of(std::span<const std::byte> bytes, std::size_t element, unsigned places) {
    static RepeatSearch search;
    const auto copies = search.find(bytes, element, places);
    return {copies.begin(), copies.end()};
}

// Does what the copies say; they must lie within what deflate can tell.
void check_copies(std::span<const std::byte> bytes, std::size_t element, unsigned places) {
    std::vector<std::byte> back;
    const auto take = [&](std::size_t size) {
        const auto from = bytes.subspan(back.size(), size);
        back.insert(back.end(), from.begin(), from.end());
    };
    for (const auto& [literals, length, distance] : copies_of(bytes, element, places)) {
        CHECK(back.size() + literals + length <= bytes.size());
        take(literals);
        CHECK(length >= shortest_match && length <= longest_match);
        CHECK(distance >= 1 && distance <= window_bytes && distance <= back.size());
        for (std::size_t i = 0; i < length; ++i) {
            const std::byte copied = back[back.size() - distance];
            back.push_back(copied);
        }
    }
    take(bytes.size() - back.size());
    CHECK(std::ranges::equal(back, bytes));
}

}  // namespace

TEST(every_small_size) {
    const auto bytes = check::runs_and_noise(300, 12, 2, 1);
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        for (const std::size_t element : {1UL, 4UL, 8UL, 21UL, 400UL}) {
            for (const unsigned places : {1U, 2U, 4U, 8U}) {
                check_copies(std::span(bytes).first(size), element, places);
            }
        }
    }
}

TEST(any_bytes) {
    for (unsigned seed = 0; seed < 30; ++seed) {
        for (const unsigned alphabet : {1U, 2U, 20U, 256U}) {
            const auto bytes = check::runs_and_noise(3000 * (seed + 1) + seed, 1 + seed * seed, alphabet, seed);
            for (const unsigned places : {1U, 2U, 4U, 8U}) {
                check_copies(bytes, 1 + seed % 13, places);
            }
        }
    }
}

TEST(values_that_come_again_are_found) {
    // Noise, then the same after as many bytes as a window has, and one more: too far.
    for (const std::size_t between : {0UL, 100UL, window_bytes - 64, window_bytes - 63}) {
        const auto value = check::random_bytes(64, 1.0, 1);
        auto bytes = value;
        bytes.resize(64 + between);
        bytes.insert(bytes.end(), value.begin(), value.end());
        const auto copies = copies_of(bytes, 4, 4);
        const bool found = !copies.empty() && copies.back().length >= 60 && copies.back().distance == 64 + between;
        CHECK_EQUAL(found, 64 + between <= window_bytes);
    }
}

TEST(the_element_before_is_preferred) {
    // Rows of one repeated number each: one copy for the rest of the row.
    const auto numbers = check::random_bytes(4 * 50, 1.0, 3);
    std::vector<std::byte> bytes;
    for (std::size_t row = 0; row < 50; ++row) {
        for (int i = 0; i < 20; ++i) {
            bytes.insert(bytes.end(), numbers.begin() + static_cast<std::ptrdiff_t>(4 * row),
                         numbers.begin() + static_cast<std::ptrdiff_t>(4 * row + 4));
        }
    }
    const auto copies = copies_of(bytes, 4, 4);
    CHECK_EQUAL(copies.size(), 50);
    for (const Copy& copy : copies) {
        CHECK_EQUAL(copy.distance, 4);
        CHECK_EQUAL(copy.length, 76);
    }
}

TEST(more_places_find_no_less) {
    const auto bytes = check::runs_and_noise(100'000, 6, 12, 4);
    std::size_t before = 0;
    for (const unsigned places : {1U, 2U, 4U, 8U}) {
        std::size_t copied = 0;
        for (const Copy& copy : copies_of(bytes, 4, places)) {
            copied += copy.length - std::size_t{3};
        }
        CHECK(copied >= before);
        before = copied;
    }
}
