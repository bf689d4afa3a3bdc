// Ranges and bytes arrive where they belong, whatever their order and number; faults are told.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "check.hpp"
#include "simdprep/detail/file_descriptor.hpp"
#include "simdprep/detail/range_copier.hpp"

namespace {

using namespace simdprep;
using detail::CopiedRange;
using detail::FileDescriptor;
using detail::RangeCopier;

std::vector<char> noise(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<char> bytes(size);
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

void store(const std::filesystem::path& path, const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<char> load(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

FileDescriptor create(const std::filesystem::path& path) {
    return FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
}

// Two halves change places; pieces that continue each other are joined on the way.
std::vector<CopiedRange> swapped(std::size_t size, std::size_t at) {
    const std::size_t half = size / 2;
    std::vector<CopiedRange> ranges;
    for (std::size_t from = 0; from < size;) {
        const std::size_t count = std::min<std::size_t>(999, (from < half ? half : size) - from);
        ranges.push_back({from, at + (from < half ? from + size - half : from - half), count});
        from += count;
    }
    return ranges;
}

TEST(ranges_of_several_files_and_bytes_arrive) {
    const check::Folder folder;
    constexpr std::size_t size = 700'001;
    for (const unsigned threads : {1U, 2U, 5U}) {
        const FileDescriptor target = create(folder.path() / "target");
        RangeCopier copier(target.get(), threads);
        std::vector<char> wanted;
        for (unsigned file = 0; file < 4; ++file) {
            std::vector<char> bytes = noise(size, file);
            store(folder.path() / std::to_string(file), bytes);
            copier.copy(folder.path() / std::to_string(file), swapped(size, file * size));
            std::rotate(bytes.begin(), bytes.begin() + size / 2, bytes.end());
            wanted.insert(wanted.end(), bytes.begin(), bytes.end());
        }
        const std::vector<char> more = noise(12'345, 9);
        const auto* data = reinterpret_cast<const std::byte*>(more.data());
        copier.write(std::vector<std::byte>(data, data + more.size()), 4 * size);
        wanted.insert(wanted.end(), more.begin(), more.end());
        CHECK_EQUAL(copier.finish().code, 0);
        CHECK(load(folder.path() / "target") == wanted);
    }
}

// What lies between chunks of a part does not come along, however near they are.
TEST(gaps_between_ranges_are_left_out) {
    const check::Folder folder;
    const std::vector<char> bytes = noise(3'000'000, 4);
    store(folder.path() / "source", bytes);
    for (const std::size_t gap : {1UL, 72UL, 4096UL, 4097UL, 50'000UL}) {
        for (const std::size_t size : {1UL, 500UL, 20'000UL, 300'000UL}) {
            const FileDescriptor target = create(folder.path() / "target");
            RangeCopier copier(target.get(), 2);
            std::vector<CopiedRange> ranges;
            std::vector<char> wanted;
            for (std::size_t from = 3; from + size <= bytes.size() && ranges.size() < 300; from += size + gap) {
                ranges.push_back({from, wanted.size(), size});
                const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(from);
                wanted.insert(wanted.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
            }
            copier.copy(folder.path() / "source", ranges);
            CHECK_EQUAL(copier.finish().code, 0);
            CHECK(load(folder.path() / "target") == wanted);
        }
    }
}

TEST(a_source_that_ends_early_is_named) {
    const check::Folder folder;
    store(folder.path() / "short", noise(1000, 1));
    const FileDescriptor target = create(folder.path() / "target");
    RangeCopier copier(target.get(), 2);
    const CopiedRange range{500, 0, 501};
    copier.copy(folder.path() / "short", {&range, 1});
    CHECK_THROWS(DatasetError, "early end", copier.finish());
    CHECK_THROWS(DatasetError, "No such file", copier.copy(folder.path() / "nothing", {&range, 1}));
}

TEST(a_write_that_fails_is_returned) {
    const check::Folder folder;
    store(folder.path() / "source", noise(1000, 1));
    create(folder.path() / "target");
    const FileDescriptor read_only(::open((folder.path() / "target").c_str(), O_RDONLY | O_CLOEXEC));
    RangeCopier copier(read_only.get(), 2);
    const CopiedRange range{0, 0, 1000};
    for (int time = 0; time < 50; ++time) copier.copy(folder.path() / "source", {&range, 1});
    CHECK_EQUAL(copier.finish().code, EBADF);
}

}  // namespace
