#include "check.hpp"
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
    std::vector<std::byte> out(in.size());
    shuffle(in.data(), out.data(), count, size);
    CHECK(out == wanted);
    std::vector<std::byte> back(in.size());
    unshuffle(out.data(), back.data(), count, size);
    CHECK(back == in);
}

}  // namespace

TEST(every_small_size_and_count) {
    for (std::size_t size = 1; size <= 40; ++size) {
        for (std::size_t count = 0; count <= 70; ++count) {
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
    const auto in = check::random_bytes(1000, 1.0, 3);
    for (std::size_t offset = 0; offset < 8; ++offset) {
        const std::vector<std::byte> part(in.begin() + static_cast<std::ptrdiff_t>(offset),
                                          in.begin() + static_cast<std::ptrdiff_t>(offset) + 400);
        std::vector<std::byte> out(400 + offset);
        shuffle(in.data() + offset, out.data() + offset, 100, 4);
        const auto wanted = shuffle_by_definition(part, 100, 4);
        CHECK(std::equal(wanted.begin(), wanted.end(), out.begin() + static_cast<std::ptrdiff_t>(offset)));
    }
}
