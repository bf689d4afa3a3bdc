#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "check.hpp"
#include "simdprep/detail/thread_pool.hpp"

using simdprep::detail::ThreadPool;

namespace {

using Counts = std::vector<std::atomic<int>>;

bool all_once(const Counts& counts) {
    for (const auto& count : counts) {
        if (count.load() != 1) {
            return false;
        }
    }
    return true;
}

}  // namespace

TEST(size_counts_the_caller) {
    CHECK(ThreadPool().size() >= 1);
    CHECK_EQUAL(ThreadPool(1).size(), 1);
    CHECK_EQUAL(ThreadPool(5).size(), 5);
}

TEST(every_index_once) {
    for (const unsigned threads : {1U, 2U, 3U, 8U}) {
        ThreadPool pool(threads);
        for (const std::size_t count : {0UL, 1UL, 2UL, 3UL, 7UL, 1000UL}) {
            Counts counts(count);
            pool.parallel_for(count, [&](std::size_t i) { ++counts[i]; });
            CHECK(all_once(counts));
        }
    }
}

TEST(many_short_jobs) {
    ThreadPool pool(4);
    std::atomic<std::size_t> sum = 0;
    for (int job = 0; job < 5000; ++job) {
        pool.parallel_for(5, [&](std::size_t i) { sum += i; });
    }
    CHECK_EQUAL(sum.load(), 5000 * 10);
}

TEST(jobs_after_the_workers_fell_asleep) {
    ThreadPool pool(4);
    for (int job = 0; job < 20; ++job) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        Counts counts(9);
        pool.parallel_for(9, [&](std::size_t i) { ++counts[i]; });
        CHECK(all_once(counts));
    }
}

TEST(a_long_body_is_waited_for) {
    ThreadPool pool(3);
    Counts counts(3);
    pool.parallel_for(3, [&](std::size_t i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10 * i));
        ++counts[i];
    });
    CHECK(all_once(counts));
}

TEST(work_is_shared) {
    ThreadPool pool(2);
    std::atomic<int> inside = 0;
    // Both bodies wait for each other: one thread alone would never end.
    pool.parallel_for(2, [&](std::size_t) {
        ++inside;
        while (inside.load() < 2) {
            std::this_thread::yield();
        }
    });
    CHECK_EQUAL(inside.load(), 2);
}

TEST(the_lowest_failure_is_thrown) {
    for (const unsigned threads : {1U, 2U, 4U}) {
        ThreadPool pool(threads);
        for (int round = 0; round < 200; ++round) {
            std::atomic<int> begun = 0;
            const auto body = [&](std::size_t i) {
                ++begun;
                if (i >= 3) {
                    throw std::runtime_error("index " + std::to_string(i));
                }
            };
            CHECK_THROWS(std::runtime_error, "index 3", pool.parallel_for(1000, body));
            CHECK(begun.load() < 1000);
        }
        Counts counts(50);  // and the pool goes on
        pool.parallel_for(50, [&](std::size_t i) { ++counts[i]; });
        CHECK(all_once(counts));
    }
}

TEST(callers_take_turns) {
    ThreadPool pool(3);
    std::atomic<std::size_t> sum = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (int job = 0; job < 300; ++job) {
                pool.parallel_for(11, [&](std::size_t i) { sum += i; });
            }
        });
    }
    for (std::thread& caller : callers) {
        caller.join();
    }
    CHECK_EQUAL(sum.load(), 4 * 300 * 55);
}

TEST(a_nested_call_runs_alone) {
    ThreadPool outer(3);
    ThreadPool other(2);
    std::atomic<int> inner = 0;
    outer.parallel_for(4, [&](std::size_t) {
        outer.parallel_for(5, [&](std::size_t) { ++inner; });
        other.parallel_for(5, [&](std::size_t) { ++inner; });
    });
    CHECK_EQUAL(inner.load(), 40);
}

TEST(a_nested_failure_reaches_the_outer_caller) {
    ThreadPool pool(3);
    CHECK_THROWS(std::runtime_error, "inner",
                 pool.parallel_for(4, [&](std::size_t) {
                     pool.parallel_for(2, [](std::size_t) { throw std::runtime_error("inner"); });
                 }));
}

TEST(pools_come_and_go) {
    for (int round = 0; round < 50; ++round) {
        ThreadPool pool(4);
        if (round % 2 == 0) {
            pool.parallel_for(4, [](std::size_t) {});
        }
    }
}

TEST(a_forked_child_works_alone) {
    ThreadPool pool(4);
    pool.parallel_for(100, [](std::size_t) {});
    const pid_t child = ::fork();
    if (child == 0) {
        std::size_t sum = 0;  // no other thread touches it
        {
            ThreadPool* const copy = &pool;
            copy->parallel_for(100, [&](std::size_t i) { sum += i; });
        }
        pool.~ThreadPool();  // as at the end of a child that returns from main()
        ::_exit(sum == 4950 ? 0 : 1);
    }
    int status = -1;
    CHECK_EQUAL(::waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
