// Bytes arrive at their places, on a thread or without one; a write that fails is told, and ends the writing.
#include "simdprep/detail/write_queue.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string>

#include "check.hpp"
#include "simdprep/detail/file_descriptor.hpp"

namespace {

using namespace simdprep;
using detail::FileDescriptor;
using detail::PlacedBytes;
using detail::WriteQueue;

FileDescriptor create(const std::filesystem::path& path, int flags = O_RDWR) {
    return FileDescriptor(::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0666));
}

TEST(pieces_arrive_at_their_places) {
    for (const bool threaded : {false, true}) {
        const check::Folder folder;
        const FileDescriptor file = create(folder / "file");
        std::string wanted(3'000'000, '\0');
        std::mt19937 random(1);
        WriteQueue queue(file.get(), threaded);
        for (std::size_t at = wanted.size(); at > 0;) {  // from the end, so that places and order differ
            std::vector<PlacedBytes> run;
            for (int piece = 0; piece < 5 && at > 0; ++piece) {
                const std::size_t size = std::min<std::size_t>(random() % 40'000, at);
                at -= size;
                run.push_back({at, std::vector<std::byte>(size, static_cast<std::byte>(random()))});
                if (size > 0) wanted.replace(at, size, size, static_cast<char>(run.back().bytes.front()));
            }
            queue.put(std::move(run));
        }
        CHECK_EQUAL(queue.finish(), 0);
        CHECK(check::read_file(folder / "file") == wanted);
    }
}

TEST(more_than_may_wait_is_waited_for) {
    const check::Folder folder;
    const FileDescriptor file = create(folder / "file");
    WriteQueue queue(file.get(), true);
    constexpr std::size_t size = std::size_t{20} << 20U;
    for (std::uint64_t piece = 0; piece < 5; ++piece) queue.put({{piece * size, std::vector<std::byte>(size, std::byte{1})}});
    CHECK_EQUAL(queue.finish(), 0);
    CHECK_EQUAL(std::filesystem::file_size(folder / "file"), 5 * size);
}

TEST(a_write_that_fails_is_told_and_the_last) {
    for (const bool threaded : {false, true}) {
        const check::Folder folder;
        create(folder / "file");
        const FileDescriptor file = create(folder / "file", O_RDONLY);
        WriteQueue queue(file.get(), threaded);
        for (int run = 0; run < 3; ++run) queue.put({{0, std::vector<std::byte>(10)}});
        CHECK_EQUAL(queue.finish(), EBADF);
        CHECK_EQUAL(queue.failure(), EBADF);
        CHECK_EQUAL(std::filesystem::file_size(folder / "file"), 0);
    }
}

TEST(what_waits_is_dropped_at_the_end) {
    const check::Folder folder;
    const FileDescriptor file = create(folder / "file");
    WriteQueue queue(file.get(), true);
    for (std::uint64_t run = 0; run < 100; ++run) queue.put({{run, std::vector<std::byte>(1)}});
}

}  // namespace
