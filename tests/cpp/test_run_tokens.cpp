#include "check.hpp"
#include "every_isa.hpp"
#include "padded_data.hpp"
#include "simdprep/detail/run_tokens.hpp"

using namespace simdprep::detail;

namespace {

std::vector<Token> tokens_of(std::span<const std::byte> bytes, std::size_t begin, std::size_t end, std::size_t distance,
                             std::size_t shortest = shortest_match) {
    std::vector<Token> tokens(end - begin + token_slack);
    tokens.resize(run_tokens(bytes, begin, end, distance, shortest, tokens.data()));
    return tokens;
}

// The same one byte at a time: the oracle.
std::vector<Token> by_definition(std::span<const std::byte> bytes, std::size_t begin, std::size_t end,
                                 std::size_t distance, std::size_t shortest) {
    std::vector<Token> tokens;
    for (std::size_t i = begin; i < end;) {
        std::size_t run = 0;
        while (i + run < end && i + run >= distance && bytes[i + run] == bytes[i + run - distance]) {
            ++run;
        }
        if (run < shortest) {
            for (std::size_t j = 0; j < std::max<std::size_t>(run, 1); ++j) {
                tokens.push_back(std::to_integer<Token>(bytes[i + j]));
            }
            i += std::max<std::size_t>(run, 1);
            continue;
        }
        i += run;
        while (run > 0) {
            std::size_t length = std::min<std::size_t>(run, longest_match);
            if (run > longest_match && run - longest_match < shortest_match) {
                length = run - shortest_match;  // leaves what a match can hold
            }
            tokens.push_back(static_cast<Token>(first_match + length - shortest_match));
            run -= length;
        }
    }
    return tokens;
}

void check_tokens(std::span<const std::byte> bytes, std::size_t begin, std::size_t end, std::size_t distance,
                  std::size_t shortest = shortest_match) {
    CHECK(tokens_of(bytes, begin, end, distance, shortest) == by_definition(bytes, begin, end, distance, shortest));
}

}  // namespace

TEST(every_small_size) {
    const auto bytes = check::runs_and_noise(300, 12, 3, 1);
    for_every_isa([&bytes] {
        for (std::size_t size = 0; size <= bytes.size(); ++size) {
            for (const std::size_t distance : {1UL, 2UL, 4UL, 8UL, 63UL, 64UL, 65UL, 299UL, 1000UL}) {
                check_tokens(std::span(bytes).first(size), 0, size, distance);
            }
        }
    });
}

TEST(every_begin_and_end) {
    const auto bytes = check::runs_and_noise(260, 30, 2, 2);
    for_every_isa([&bytes] {
        for (std::size_t begin = 0; begin < 130; ++begin) {
            for (std::size_t end = begin; end <= bytes.size(); end += 7) {
                check_tokens(bytes, begin, end, 1);
                check_tokens(bytes, begin, end, 4);
            }
        }
    });
}

TEST(any_runs) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        for (const unsigned alphabet : {1U, 2U, 256U}) {
            const auto bytes = check::runs_and_noise(5000 + seed, 1 + seed * seed, alphabet, seed);
            for_every_isa([&] {
                for (const std::size_t distance : {1UL, 3UL, 8UL, 100UL}) {
                    check_tokens(bytes, 0, bytes.size(), distance);
                    check_tokens(bytes, 1001, bytes.size() - 3, distance, 3 + seed % 8);
                }
            });
        }
    }
}

TEST(long_runs_are_cut_into_matches) {
    for (std::size_t run = 1; run < 1200; ++run) {
        std::vector<std::byte> bytes(run + 1, std::byte{7});
        bytes.push_back(std::byte{8});
        check_tokens(bytes, 0, bytes.size(), 1);
    }
}

TEST(tokens_are_counted) {
    for (const std::size_t size : {0UL, 1UL, 2UL, 3UL, 4UL, 5UL, 1003UL}) {
        std::vector<Token> tokens(size);
        TokenCounts wanted{};
        for (std::size_t i = 0; i < size; ++i) {
            tokens[i] = static_cast<Token>(i * i % num_tokens);
            ++wanted[tokens[i]];
        }
        TokenCounts counts;
        count_tokens(tokens.data(), size, counts);
        CHECK(counts == wanted);
    }
}
