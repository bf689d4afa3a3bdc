#include <algorithm>
#include <bit>

#include "check.hpp"
#include "every_isa.hpp"
#include "padded_data.hpp"
#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/run_deflate.hpp"

using namespace simdprep;
using namespace simdprep::detail;

namespace {

std::vector<std::byte> stream_of(std::span<const std::byte> bytes, std::size_t plane, std::size_t distance) {
    static RunDeflater deflater;
    const std::size_t size = deflater.plan(bytes, plane, distance);
    std::vector<std::byte> out(size + BitWriter::slack);
    deflater.write(out.data());
    out.resize(size);
    return out;
}

// The stream inflates to its bytes and has the size that was told: its end is where the checksum is.
void check_stream(std::span<const std::byte> bytes, std::size_t plane, std::size_t distance) {
    std::vector<std::byte> stream;
    for_every_isa([&] {
        const auto made = stream_of(bytes, plane, distance);
        CHECK(stream.empty() || made == stream);
        stream = made;
    });
    std::vector<std::byte> back(bytes.size());
    inflate(stream, back);
    CHECK(std::ranges::equal(back, bytes));
    CHECK(stream.size() <= bytes.size() + bytes.size() / 1000 + 16);
}

std::size_t searched(std::span<const std::byte> bytes, int level) {
    std::vector<std::byte> out(deflate_bound(bytes.size()));
    return Deflater(level).compress(bytes, out);
}

std::vector<std::byte> shuffled(const std::vector<std::byte>& bytes, std::size_t element) {
    std::vector<std::byte> out(bytes.size());
    shuffle(bytes.data(), out.data(), bytes.size() / element, element);
    return out;
}

}  // namespace

TEST(every_small_size) {
    for (const unsigned alphabet : {1U, 3U, 256U}) {
        const auto bytes = check::runs_and_noise(300, 9, alphabet, alphabet);
        for (std::size_t size = 0; size <= bytes.size(); ++size) {
            check_stream(std::span(bytes).first(size), size / 4, 1);
            check_stream(std::span(bytes).first(size), 0, 4);
        }
    }
}

TEST(every_plane_and_distance) {
    const auto bytes = check::runs_and_noise(20'000, 40, 256, 5);
    for (const std::size_t plane : {0UL, 1UL, 100UL, 2500UL, 5000UL, 9999UL, 20'000UL, 30'000UL}) {
        check_stream(bytes, plane, 1);
    }
    for (std::size_t distance = 1; distance <= most_run_distance; distance += distance < 70 ? 1 : 53) {
        check_stream(bytes, 0, distance);
    }
    check_stream(bytes, 0, most_run_distance);
}

TEST(any_bytes) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        for (const unsigned alphabet : {1U, 2U, 5U, 256U}) {
            const auto bytes = check::runs_and_noise(1000 + 977 * seed, 1 + seed * seed * 2, alphabet, seed);
            check_stream(bytes, bytes.size() / (1 + seed % 8), 1);
            check_stream(bytes, 0, 1 + seed % 20);
        }
    }
}

TEST(large_planes_are_cut) {
    for (const unsigned alphabet : {1U, 7U, 256U}) {
        const auto bytes = check::runs_and_noise(1'000'003, 50, alphabet, 3);
        check_stream(bytes, 0, 1);
        check_stream(bytes, 500'001, 1);
    }
}

TEST(steep_counts_have_limited_codes) {
    // Byte i occurs twice as often as byte i + 1: without a limit their codes would be longer than deflate allows.
    std::vector<std::byte> bytes;
    for (std::uint32_t i = 1; i < (1U << 19); ++i) {
        bytes.push_back(static_cast<std::byte>(std::countr_zero(i)));
        bytes.push_back(static_cast<std::byte>(200 - std::countr_zero(i)));
    }
    check_stream(bytes, 0, 1);
}

TEST(noise_is_stored) {
    for (const std::size_t size : {1UL, 65'535UL, 65'536UL, 200'000UL}) {
        const auto noise = check::random_bytes(size, 1.0, 1);
        check_stream(noise, size / 4, 1);
        CHECK(stream_of(noise, 0, 1).size() <= size + 5 * (size / 65'535 + 1) + 6);
    }
}

TEST(one_value_is_next_to_nothing) {
    const std::vector<std::byte> bytes(1 << 20, std::byte{3});
    CHECK(stream_of(bytes, 1 << 18, 1).size() < 1200);
}

TEST(smaller_than_a_search_on_padded_rows) {
    for (const std::uint64_t fill : {std::uint64_t{0}, std::uint64_t{0x7fc00000}}) {
        const auto bytes = shuffled(check::padded_rows(2048, 40, 4, fill, 1, 1), 4);
        CHECK(stream_of(bytes, bytes.size() / 4, 1).size() < searched(bytes, 9));
    }
}

TEST(planes_have_codes_of_their_own) {
    const auto bytes = shuffled(check::padded_rows(2048, 40, 4, 0, 2, 1), 4);
    CHECK(stream_of(bytes, bytes.size() / 4, 1).size() < stream_of(bytes, 0, 1).size());
}

TEST(estimates_are_near_the_size) {
    RunDeflater deflater;
    for (const std::size_t rounded : {0UL, 1UL, 2UL}) {
        const auto bytes = shuffled(check::padded_rows(2048, 40, 4, 0, rounded, 1), 4);
        const auto estimate = static_cast<double>(deflater.estimate(bytes, bytes.size() / 4, 1) / 8);
        const auto size = static_cast<double>(stream_of(bytes, bytes.size() / 4, 1).size());
        CHECK(estimate > 0.96 * size && estimate < 1.02 * size);
    }
}
