// The streams of the encoders, by their SHA-256: the same for every instruction set, compiler and -O level.
//
// SIMDPREP_WRITE_HASHES=1 writes the list anew, after a change that is meant to change them.
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "check.hpp"
#include "every_isa.hpp"
#include "padded_data.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/sha256.hpp"

using namespace simdprep;
using namespace simdprep::detail;

namespace {

struct Data {
    std::string name;
    std::size_t element;
    std::vector<std::byte> bytes;
};

std::vector<Data> all_data() {
    std::vector<Data> all;
    const auto add = [&all](std::string name, std::size_t element, std::vector<std::byte> bytes) {
        all.push_back({std::move(name), element, std::move(bytes)});
    };
    for (const std::size_t size : {0UL, 1UL, 2UL, 3UL, 7UL, 64UL, 65UL, 300UL}) {
        add("noise " + std::to_string(size), 1, check::random_bytes(size, 1.0, 1));
        add("runs " + std::to_string(size), 4, check::runs_and_noise(size, 9, 3, 2));
    }
    for (const std::size_t element : {1UL, 2UL, 4UL, 8UL}) {
        for (const std::size_t rounded : {0UL, 1UL}) {
            const std::string name = std::to_string(element) + " bytes, rounded " + std::to_string(rounded);
            add("zeros " + name, element, check::padded_rows(300, 40, element, 0, rounded * (element / 2), 1));
            add("NaNs " + name, element, check::padded_rows(257, 17, element, 0x7fc00000, rounded * (element / 2), 2));
        }
        add("values of " + std::to_string(element), element, check::repeated_numbers(9000, element, 50 * element, 3));
    }
    for (const std::size_t record : {5UL, 21UL, 84UL}) {
        add("records of " + std::to_string(record), record, check::padded_rows(150, 10, record, 0, 0, 4));
    }
    for (const unsigned alphabet : {1U, 2U, 17U, 256U}) {
        add("alphabet of " + std::to_string(alphabet), 1, check::runs_and_noise(150'001, 70, alphabet, 5));
    }
    return all;
}

std::string hash_of(std::span<const std::byte> bytes) {
    return sha256_hex(bytes).substr(0, 24);
}

// By "data: encoder". Levels above 5 are the library's.
std::map<std::string, std::string> all_hashes() {
    std::map<std::string, std::string> hashes;
    for (const auto& [name, element, bytes] : all_data()) {
        for (int level = 1; level <= 5; ++level) {
            const StoredChunk stored = encode_chunk({element, level, true}, bytes);
            hashes[name + ": level " + std::to_string(level) + ", mask " + std::to_string(stored.filter_mask)] =
                hash_of(stored.bytes);
        }
    }
    return hashes;
}

std::map<std::string, std::string> read_hashes() {
    std::map<std::string, std::string> hashes;
    std::ifstream file(SIMDPREP_STREAM_HASHES);
    for (std::string line; std::getline(file, line);) {
        hashes[line.substr(25)] = line.substr(0, 24);
    }
    return hashes;
}

}  // namespace

TEST(streams_are_those_of_the_list) {
    if (std::getenv("SIMDPREP_WRITE_HASHES") != nullptr) {
        std::ofstream file(SIMDPREP_STREAM_HASHES);
        for (const auto& [name, hash] : all_hashes()) {
            file << hash << ' ' << name << '\n';
        }
    }
    const auto wanted = read_hashes();
    CHECK(wanted.size() >= 180);
    for_every_isa([&wanted] {
        const auto hashes = all_hashes();
        CHECK_EQUAL(hashes.size(), wanted.size());
        for (const auto& [name, hash] : hashes) {
            CHECK_EQUAL(name + " " + hash, name + " " + (wanted.contains(name) ? wanted.at(name) : "is not in the list"));
        }
    });
}
