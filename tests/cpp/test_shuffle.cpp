#include "check.hpp"
#include "every_isa.hpp"
#include "simdprep/detail/codec.hpp"

using namespace simdprep::detail;

namespace {

// What HDF5's documentation says, byte by byte: the oracle.
std::vector<std::byte> shuffle_by_definition(const std::vector<std::byte>& in, std::size_t count, std::size_t size) {
    std::vector<std::byte> out(count * size);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t b = 0; b < size; ++b) {
            out[b * count + i] = in[i * size + b];
        }
    }
    return out;
}

void check_both_ways(std::size_t count, std::size_t size) {
    const auto in = check::random_bytes(count * size, 1.0, static_cast<unsigned>(count * 1000 + size));
    const auto wanted = shuffle_by_definition(in, count, size);
    for_every_isa([&] {
        std::vector<std::byte> out(in.size());
        shuffle(in.data(), out.data(), count, size);
        CHECK(out == wanted);
        std::vector<std::byte> back(in.size());
        unshuffle(out.data(), back.data(), count, size);
        CHECK(back == in);
    });
}

}  // namespace

TEST(every_small_size_and_count) {
    for (std::size_t size = 1; size <= 40; ++size) {
        for (std::size_t count = 0; count <= 70; ++count) {
            check_both_ways(count, size);
        }
    }
}

TEST(counts_around_the_blocks_of_every_instruction_set) {
    for (const std::size_t size : {3UL, 5UL, 7UL, 12UL, 15UL, 16UL, 17UL, 37UL, 81UL}) {
        for (std::size_t count = 71; count <= 300; ++count) {
            check_both_ways(count, size);
        }
    }
}

TEST(every_size_of_records) {
    for (std::size_t size = 41; size <= 300; ++size) {
        for (const std::size_t count : {15UL, 33UL, 67UL, 131UL}) {
            check_both_ways(count, size);
        }
    }
}

TEST(whole_chunks) {
    for (const std::size_t size : {2UL, 4UL, 8UL, 3UL, 12UL, 16UL, 81UL, 1000UL}) {
        for (const std::size_t count : {1024UL, 2048UL * 40, 1000UL, 12345UL}) {
            if (count * size < 4'000'000) {
                check_both_ways(count, size);
            }
        }
    }
}

TEST(records_wider_than_the_cache) {
    check_both_ways(100, 20'000);
    check_both_ways(17, 64'000);
    check_both_ways(5, 64'000);
}

TEST(any_alignment) {
    const auto in = check::random_bytes(10'000, 1.0, 3);
    for (const std::size_t size : {4UL, 3UL, 12UL, 37UL}) {
        constexpr std::size_t count = 200;
        for (std::size_t offset = 0; offset < 8; ++offset) {
            const auto begin = in.begin() + static_cast<std::ptrdiff_t>(offset);
            const std::vector<std::byte> part(begin, begin + static_cast<std::ptrdiff_t>(count * size));
            const auto wanted = shuffle_by_definition(part, count, size);
            for_every_isa([&] {
                std::vector<std::byte> out(count * size + offset);
                std::vector<std::byte> back(count * size + offset);
                shuffle(in.data() + offset, out.data() + offset, count, size);
                CHECK(std::equal(wanted.begin(), wanted.end(), out.begin() + static_cast<std::ptrdiff_t>(offset)));
                unshuffle(out.data() + offset, back.data() + offset, count, size);
                CHECK(std::equal(part.begin(), part.end(), back.begin() + static_cast<std::ptrdiff_t>(offset)));
            });
        }
    }
}
