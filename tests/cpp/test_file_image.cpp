// FileImage against a plain vector of bytes.
#include "simdprep/file_image.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "check.hpp"

namespace {

using simdprep::FileImage;
using Bytes = std::vector<std::byte>;

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
    Bytes bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

Bytes joined(const FileImage& image) {
    Bytes all;
    for (const auto piece : image.pieces()) {
        CHECK(!piece.empty());
        all.insert(all.end(), piece.begin(), piece.end());
    }
    return all;
}

void check_equal(const FileImage& image, const Bytes& wanted) {
    CHECK_EQUAL(image.size(), wanted.size());
    CHECK(joined(image) == wanted);
    CHECK(image.bytes() == wanted);
}

TEST(an_image_of_bytes_does_not_copy_them) {
    Bytes bytes(100, std::byte{7});
    const std::byte* where = bytes.data();
    const FileImage image(std::move(bytes));
    CHECK_EQUAL(image.size(), 100U);
    CHECK_EQUAL(image.pieces().size(), 1U);
    CHECK(image.pieces().front().data() == where);
    check_equal(FileImage(Bytes{}), {});
}

TEST(any_order_of_steps_gives_what_a_vector_gives) {
    std::mt19937_64 random(3);
    for (int trial = 0; trial < 200; ++trial) {
        FileImage image;
        Bytes plain;
        std::vector<Bytes> chunks;
        chunks.reserve(60);  // so that they stay where they are
        std::uint64_t chunks_end = 0;
        const auto put = [&](std::uint64_t at, const Bytes& bytes) {
            plain.resize(std::max<std::size_t>(plain.size(), at + bytes.size()));
            std::copy(bytes.begin(), bytes.end(), plain.begin() + static_cast<std::ptrdiff_t>(at));
        };
        for (int step = 0; step < 60; ++step) {
            const auto action = random() % 8;
            if (action < 3) {  // a chunk, behind all others
                chunks.push_back(random_bytes(random, random() % 40'000));
                const std::uint64_t at = std::max<std::uint64_t>(chunks_end, plain.size()) + random() % 3 * (random() % 50'000);
                if (chunks.back().empty()) continue;
                image.refer(at, chunks.back());
                put(at, chunks.back());
                chunks_end = at + chunks.back().size();
            } else if (action < 6) {  // metadata: at the beginning, again and again, or at the end
                const Bytes bytes = random_bytes(random, random() % 5'000);
                const bool first = chunks.empty() && random() % 2 == 0;
                const std::uint64_t at = first ? random() % (plain.size() + 1) : plain.size() + random() % 20'000;
                image.write(at, bytes);
                if (!bytes.empty() || at <= plain.size()) put(at, bytes);
                else plain.resize(at);
            } else if (action == 6) {
                const std::uint64_t size = plain.size() + random() % 30'000 - std::min<std::uint64_t>(plain.size(), random() % 20'000);
                image.resize(size);
                plain.resize(size);
                chunks_end = std::min(chunks_end, size);
            } else {
                const std::uint64_t at = random() % (plain.size() + 100);
                Bytes got(random() % 60'000, std::byte{9});
                image.read(at, got);
                Bytes wanted(got.size());
                for (std::size_t index = 0; index < wanted.size() && at + index < plain.size(); ++index) wanted[index] = plain[at + index];
                CHECK(got == wanted);
            }
        }
        check_equal(image, plain);
    }
}

TEST(owners_live_as_long_as_the_image) {
    auto owner = std::make_shared<const Bytes>(10, std::byte{1});
    const std::weak_ptr<const Bytes> watched = owner;
    {
        FileImage image;
        image.refer(0, *owner);
        image.hold(std::move(owner));
        const FileImage moved = std::move(image);
        CHECK(!watched.expired());
        CHECK(moved.bytes() == Bytes(10, std::byte{1}));
    }
    CHECK(watched.expired());
}

}  // namespace
