#include <thread>

#include "check.hpp"
#include "simdprep/detail/codec.hpp"

using namespace simdprep;
using namespace simdprep::detail;

namespace {

std::vector<std::byte> deflated(std::span<const std::byte> in, int level) {
    std::vector<std::byte> out(deflate_bound(in.size()));
    const std::size_t size = Deflater(level).compress(in, out);
    CHECK(size > 0);
    out.resize(size);
    return out;
}

}  // namespace

TEST(backend_has_a_version) {
    CHECK(deflate_backend().starts_with("libdeflate 1.") || deflate_backend().starts_with("zlib 1."));
}

TEST(round_trip_at_every_level) {
    for (int level = 1; level <= 9; ++level) {
        for (const double density : {0.0, 0.05, 1.0}) {
            for (const std::size_t size : {0UL, 1UL, 2UL, 1000UL, 100'000UL}) {
                const auto in = check::random_bytes(size, density, 1);
                std::vector<std::byte> out(size);
                inflate(deflated(in, level), out);
                CHECK(out == in);
            }
        }
    }
}

TEST(a_deflater_is_reusable) {
    Deflater deflater(4);
    const auto first = check::random_bytes(5000, 0.2, 1);
    const auto second = check::random_bytes(300, 0.2, 2);
    for (int round = 0; round < 3; ++round) {
        for (const auto* in : {&first, &second}) {
            std::vector<std::byte> out(deflate_bound(in->size()));
            out.resize(deflater.compress(*in, out));
            CHECK(out == deflated(*in, 4));
        }
    }
    Deflater moved = std::move(deflater);
    std::vector<std::byte> out(deflate_bound(first.size()));
    CHECK(moved.compress(first, out) > 0);
}

TEST(too_little_room_is_told) {
    const auto in = check::random_bytes(5000, 1.0, 1);
    std::vector<std::byte> out(4000);
    CHECK_EQUAL(Deflater(4).compress(in, out), 0);
}

TEST(levels_are_checked) {
    for (const int level : {-1, 0, 10, 12}) {
        CHECK_THROWS(InternalError, "expected 1 to 9", Deflater{level});
    }
}

TEST(the_size_must_be_exact) {
    const auto in = check::random_bytes(1000, 0.3, 1);
    const auto stream = deflated(in, 6);
    std::vector<std::byte> out(1001);
    CHECK_THROWS(DatasetError, "too few bytes", inflate(stream, out));
    CHECK_THROWS(DatasetError, "too many bytes", inflate(stream, std::span(out).first(999)));
    CHECK_THROWS(DatasetError, "compressed chunk", inflate(stream, std::span(out).first(0)));
    inflate(stream, std::span(out).first(1000));
}

TEST(damage_is_told) {
    const auto in = check::random_bytes(300, 0.3, 1);
    const auto stream = deflated(in, 6);
    std::vector<std::byte> out(in.size());
    for (std::size_t size = 0; size < stream.size(); ++size) {
        CHECK_THROWS(DatasetError, "compressed chunk", inflate(std::span(stream).first(size), out));
    }
    int silent = 0;
    for (std::size_t bit = 0; bit < stream.size() * 8; ++bit) {
        auto flipped = stream;
        flipped[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
        try {
            inflate(flipped, out);
            silent += out == in ? 0 : 1;  // the header has bits that carry no data
        } catch (const DatasetError&) {
        }
    }
    CHECK_EQUAL(silent, 0);
}

TEST(noise_is_no_stream) {
    std::vector<std::byte> out(1000);
    for (unsigned seed = 0; seed < 300; ++seed) {
        auto noise = check::random_bytes(seed, 1.0, seed);
        if (noise.size() > 2) {
            noise[0] = std::byte{0x78};  // past the header
            noise[1] = std::byte{0x9c};
        }
        CHECK_THROWS(DatasetError, "compressed chunk", inflate(noise, out));
    }
}

TEST(threads_do_not_meet) {
    const auto in = check::random_bytes(50'000, 0.2, 1);
    const auto wanted = deflated(in, 3);
    std::vector<std::thread> threads;
    std::vector<int> good(4, 0);
    for (int& flag : good) {
        threads.emplace_back([&in, &wanted, &flag] {
            for (int round = 0; round < 10; ++round) {
                const auto stream = deflated(in, 3);
                std::vector<std::byte> out(in.size());
                inflate(stream, out);
                flag += stream == wanted && out == in ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(good == std::vector<int>(4, 10));
}
