#include "check.hpp"
#include "simdprep/detail/sha256.hpp"

using namespace simdprep::detail;

namespace {

std::string digest(std::span<const std::byte> bytes, bool accelerated) {
    Sha256 sum(accelerated);
    sum.update(bytes);
    return sum.hex();
}

}  // namespace

TEST(digests_of_the_standard) {
    for (const bool accelerated : {false, true}) {
        CHECK_EQUAL(digest({}, accelerated), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        CHECK_EQUAL(digest(check::bytes_of("abc"), accelerated),
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        CHECK_EQUAL(digest(check::bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), accelerated),
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        CHECK_EQUAL(digest(check::bytes_of(std::string(1'000'000, 'a')), accelerated),
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

TEST(both_ways_agree_at_every_length) {
    const auto bytes = check::random_bytes(700, 1.0, 1);
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const auto part = std::span(bytes).first(size);
        CHECK_EQUAL(digest(part, true), digest(part, false));
    }
}

TEST(portions_do_not_matter) {
    const auto bytes = check::random_bytes(1000, 1.0, 2);
    const std::string whole = sha256_hex(bytes);
    for (const std::size_t step : {1UL, 3UL, 55UL, 63UL, 64UL, 65UL, 200UL}) {
        Sha256 sum;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            sum.update(std::span(bytes).subspan(at, std::min(step, bytes.size() - at)));
        }
        CHECK_EQUAL(sum.hex(), whole);
    }
}

TEST(more_bytes_may_follow_a_digest) {
    Sha256 sum;
    sum.update(check::bytes_of("a"));
    CHECK_EQUAL(sum.hex(), sha256_hex(check::bytes_of("a")));
    sum.update(check::bytes_of("bc"));
    CHECK_EQUAL(sum.hex(), sha256_hex(check::bytes_of("abc")));
}

TEST(file) {
    const check::Folder folder;
    const std::string text(3'000'001, 'x');
    check::write_file(folder / "a", text);
    CHECK_EQUAL(sha256_file(folder / "a"), sha256_hex(check::bytes_of(text)));
    CHECK_THROWS(simdprep::DatasetError, "No such file", static_cast<void>(sha256_file(folder / "none")));
    CHECK_THROWS(simdprep::DatasetError, "Is a directory", static_cast<void>(sha256_file(folder.path())));
}
