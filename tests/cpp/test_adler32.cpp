#include "check.hpp"
#include "every_isa.hpp"
#include "simdprep/detail/adler32.hpp"

using namespace simdprep::detail;

namespace {

// What the standard says, byte by byte.
std::uint32_t by_definition(std::span<const std::byte> bytes) {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const std::byte byte : bytes) {
        a = (a + std::to_integer<std::uint32_t>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

}  // namespace

TEST(known_values) {
    for_every_isa([] {
        CHECK_EQUAL(adler32({}), 1);
        CHECK_EQUAL(adler32(check::bytes_of("Wikipedia")), 0x11e60398);
    });
}

TEST(any_size_and_alignment) {
    const auto bytes = check::random_bytes(400, 1.0, 1);
    for_every_isa([&bytes] {
        for (std::size_t start = 0; start < 70; ++start) {
            for (std::size_t size = 0; size <= 300; ++size) {
                const auto part = std::span(bytes).subspan(start, size);
                CHECK_EQUAL(adler32(part), by_definition(part));
            }
        }
    });
}

TEST(sums_do_not_overflow) {
    for (const unsigned value : {0x00U, 0x01U, 0xffU}) {
        const std::vector<std::byte> bytes(200'001, static_cast<std::byte>(value));
        const std::uint32_t wanted = by_definition(bytes);
        for_every_isa([&] { CHECK_EQUAL(adler32(bytes), wanted); });
    }
    const auto noise = check::random_bytes(123'457, 1.0, 2);
    for_every_isa([&noise] { CHECK_EQUAL(adler32(noise), by_definition(noise)); });
}
