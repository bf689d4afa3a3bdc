#include "simdprep/detail/large_arrays.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "check.hpp"

using simdprep::detail::LargeArrays;

namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;

}  // namespace

TEST(arrays_are_aligned_and_apart) {
    LargeArrays arrays(64 * mebi);
    std::vector<std::pair<std::shared_ptr<std::byte>, std::size_t>> held;
    for (std::size_t round = 0; round < 2; ++round) {
        held.clear();  // the second round finds the memory of the first
        for (std::size_t size : {0UL, 1UL, mebi, 2 * mebi, 2 * mebi - 1, 9 * mebi}) held.emplace_back(arrays.get(size), size);
        int mark = 0;
        for (auto& [memory, size] : held) {
            CHECK_EQUAL(reinterpret_cast<std::uintptr_t>(memory.get()) % 64, 0);
            std::memset(memory.get(), ++mark, size);
        }
        mark = 0;
        for (auto& [memory, size] : held) {
            ++mark;
            for (std::size_t i = 0; i < size; i += 101) CHECK(memory.get()[i] == static_cast<std::byte>(mark));
        }
    }
}

TEST(what_has_gone_is_used_again_by_what_is_about_as_large) {
    LargeArrays arrays(64 * mebi);
    const std::byte* before = arrays.get(21 * mebi).get();
    CHECK_EQUAL(arrays.idle_bytes(), 22 * mebi);
    CHECK(arrays.get(8 * mebi).get() != before);
    CHECK(arrays.get(23 * mebi).get() != before);
    CHECK_EQUAL(arrays.idle_bytes(), 22 * mebi + 10 * mebi + 24 * mebi);
    const auto smaller = arrays.get(19 * mebi);
    CHECK(smaller.get() == before);
    CHECK_EQUAL(arrays.idle_bytes(), 10 * mebi + 24 * mebi);
}

TEST(no_more_is_kept_than_asked_for) {
    LargeArrays arrays(16 * mebi);
    {
        std::vector<std::shared_ptr<std::byte>> held;
        for (std::size_t i = 0; i < 10; ++i) held.push_back(arrays.get(i * mebi));
        CHECK_EQUAL(arrays.idle_bytes(), 0);
    }
    CHECK(arrays.idle_bytes() > 0);
    CHECK(arrays.idle_bytes() <= 16 * mebi);
    CHECK(arrays.get(17 * mebi) != nullptr);
    CHECK(arrays.idle_bytes() <= 16 * mebi);
}

TEST(arrays_outlive_what_gave_them) {
    std::shared_ptr<std::byte> kept;
    {
        LargeArrays arrays(16 * mebi);
        kept = arrays.get(5 * mebi);
    }
    std::memset(kept.get(), 1, 5 * mebi);
}

TEST(threads_share_them) {
    LargeArrays arrays(32 * mebi);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&arrays, thread] {
            for (std::size_t round = 0; round < 60; ++round) {
                const std::size_t size = 1 + round % 5 * mebi;
                const auto memory = arrays.get(size);
                std::memset(memory.get(), thread, size);
                for (std::size_t i = 0; i < size; i += 97) CHECK(memory.get()[i] == static_cast<std::byte>(thread));
            }
        });
    for (std::thread& thread : threads) thread.join();
}

TEST(a_forked_child_has_memory_too) {
    LargeArrays arrays(64 * mebi);
    auto held = arrays.get(5 * mebi);
    CHECK(arrays.get(5 * mebi) != nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        auto memory = arrays.get(5 * mebi);
        std::memset(memory.get(), 1, 5 * mebi);
        memory.reset();
        held.reset();
        ::_exit(arrays.get(1) != nullptr ? 0 : 1);
    }
    int status = -1;
    CHECK_EQUAL(::waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
}
