#include "simdprep/detail/slabs.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "check.hpp"

using simdprep::detail::Slabs;

namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;

}  // namespace

TEST(arrays_are_aligned_and_apart) {
    Slabs slabs;
    std::vector<std::pair<std::shared_ptr<std::byte>, std::size_t>> held;
    for (std::size_t size : {0UL, 1UL, 64UL, 1000UL, mebi, 3 * mebi, 9 * mebi, 100UL}) held.emplace_back(slabs.get(size), size);
    int mark = 0;
    for (auto& [memory, size] : held) {
        CHECK_EQUAL(reinterpret_cast<std::uintptr_t>(memory.get()) % 64, 0);
        std::memset(memory.get(), ++mark, size);
    }
    mark = 0;
    for (auto& [memory, size] : held) {
        ++mark;
        for (std::size_t i = 0; i < size; ++i) CHECK(memory.get()[i] == static_cast<std::byte>(mark));
    }
}

TEST(what_has_gone_is_used_again_and_no_more_is_kept_than_asked_for) {
    Slabs slabs(16 * mebi);
    {
        std::vector<std::shared_ptr<std::byte>> held;
        for (int i = 0; i < 40; ++i) held.push_back(slabs.get(mebi));
        CHECK_EQUAL(slabs.idle_bytes(), 0);
    }
    CHECK_EQUAL(slabs.idle_bytes(), 16 * mebi);
    std::vector<std::shared_ptr<std::byte>> held;
    for (int i = 0; i < 16; ++i) held.push_back(slabs.get(mebi));
    CHECK(slabs.idle_bytes() < 16 * mebi);
}

TEST(arrays_outlive_their_slabs) {
    std::shared_ptr<std::byte> kept;
    {
        Slabs slabs;
        kept = slabs.get(mebi);
    }
    std::memset(kept.get(), 1, mebi);
}

TEST(threads_share_them) {
    Slabs slabs;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&slabs, thread] {
            for (std::size_t round = 0; round < 200; ++round) {
                const std::size_t size = 1 + round * 700;
                const auto memory = slabs.get(size);
                std::memset(memory.get(), thread, size);
                for (std::size_t i = 0; i < size; i += 97) CHECK(memory.get()[i] == static_cast<std::byte>(thread));
            }
        });
    for (std::thread& thread : threads) thread.join();
}

TEST(a_forked_child_has_memory_too) {
    Slabs slabs;
    auto held = slabs.get(mebi);
    const pid_t child = ::fork();
    if (child == 0) {
        auto memory = slabs.get(mebi);
        std::memset(memory.get(), 1, mebi);
        memory.reset();
        held.reset();
        ::_exit(slabs.get(1) != nullptr ? 0 : 1);
    }
    int status = -1;
    CHECK_EQUAL(::waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
}
