#include "simdprep/detail/thread_pool.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// How long to keep looking before sleeping: waking a sleeper costs about as much as a short job takes.
constexpr std::chrono::microseconds spin_time{30};

void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

template <class Condition>
bool spin_until(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + spin_time;
    do {
        for (int round = 0; round < 16; ++round) {
            if (condition()) {
                return true;
            }
            relax();
        }
    } while (std::chrono::steady_clock::now() < end);
    return condition();
}

// Cores this process may run on, which in a container or under a batch system is fewer than the machine has.
unsigned usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
    }
    return std::max(1U, std::thread::hardware_concurrency());
}

void run_alone(std::size_t count, const std::function<void(std::size_t)>& body) {
    for (std::size_t index = 0; index < count; ++index) {
        body(index);
    }
}

// True while this thread runs a body: a pool called from there would wait for the job it is part of.
thread_local bool inside = false;

}  // namespace

class ThreadPool::Workers {
public:
    explicit Workers(unsigned count) {
        threads_.reserve(count);
        try {
            for (unsigned i = 0; i < count; ++i) {
                threads_.emplace_back([this] { work(); });
            }
        } catch (const std::system_error& error) {
            stop();
            throw ResourceError("cannot start " + std::to_string(count) + " threads: " + error.what(), {},
                                "fewer threads");
        } catch (...) {  // a thread that is left joinable ends the program
            stop();
            throw;
        }
    }
    ~Workers() { stop(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void run(std::size_t count, const std::function<void(std::size_t)>& body) {
        const std::lock_guard turn(callers_);
        count_ = count;
        body_ = &body;
        next_.store(0, std::memory_order_relaxed);
        failed_index_ = std::numeric_limits<std::size_t>::max();
        failure_ = nullptr;
        state_.store(open_bit, std::memory_order_release);
        call_workers(count - 1);

        take_indices();

        // Once the bit is gone nobody enters any more, so the job may be taken down when those inside have left.
        state_.fetch_and(~open_bit, std::memory_order_acq_rel);
        const auto all_left = [this] { return state_.load(std::memory_order_acquire) == 0; };
        if (!spin_until(all_left)) {
            std::unique_lock lock(sleep_);
            left_.wait(lock, all_left);
        }
        if (failure_ != nullptr) {
            std::rethrow_exception(std::exchange(failure_, nullptr));
        }
    }

private:
    static constexpr std::uint32_t open_bit = 1U << 31;  // the other bits count the workers inside the job

    void call_workers(std::size_t wanted) {
        std::size_t sleeping = 0;
        {
            const std::lock_guard lock(sleep_);
            generation_.fetch_add(1, std::memory_order_release);
            sleeping = sleeping_;
        }
        if (wanted >= sleeping) {
            wake_.notify_all();
        } else {
            for (std::size_t i = 0; i < wanted; ++i) {
                wake_.notify_one();
            }
        }
    }

    void work() {
        std::uint64_t seen = 0;
        while (true) {
            const auto called = [this, &seen] { return generation_.load(std::memory_order_acquire) != seen; };
            if (!spin_until(called)) {
                std::unique_lock lock(sleep_);
                ++sleeping_;
                wake_.wait(lock, called);
                --sleeping_;
            }
            seen = generation_.load(std::memory_order_acquire);
            if (stopping_.load(std::memory_order_acquire)) {
                return;
            }
            if (enter()) {
                take_indices();
                leave();
            }
        }
    }

    bool enter() {
        std::uint32_t state = state_.load(std::memory_order_acquire);
        while ((state & open_bit) != 0) {
            if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel,
                                             std::memory_order_acquire)) {
                return true;
            }
        }
        return false;
    }

    void leave() {
        if (state_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            // The caller may be asleep or about to: with the lock held it is either not yet looking or listening.
            const std::lock_guard lock(sleep_);
            left_.notify_one();
        }
    }

    void take_indices() {
        inside = true;
        while (true) {
            const std::size_t index = next_.fetch_add(1, std::memory_order_relaxed);
            if (index >= count_) {
                break;
            }
            try {
                (*body_)(index);
            } catch (...) {
                // All lower indices have been handed out already, so the lowest failure is always seen.
                next_.store(count_, std::memory_order_relaxed);
                const std::lock_guard lock(failures_);
                if (index < failed_index_) {
                    failed_index_ = index;
                    failure_ = std::current_exception();
                }
            }
        }
        inside = false;
    }

    void stop() {
        {
            const std::lock_guard lock(sleep_);
            stopping_.store(true, std::memory_order_release);
            generation_.fetch_add(1, std::memory_order_release);
        }
        wake_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    std::mutex callers_;
    std::size_t count_ = 0;
    const std::function<void(std::size_t)>* body_ = nullptr;
    std::mutex failures_;
    std::size_t failed_index_ = 0;
    std::exception_ptr failure_;

    // Own cache lines: every index and every look of a spinning worker goes to these.
    alignas(64) std::atomic<std::size_t> next_{0};
    alignas(64) std::atomic<std::uint32_t> state_{0};
    alignas(64) std::atomic<std::uint64_t> generation_{0};
    std::atomic<bool> stopping_{false};

    std::mutex sleep_;
    std::condition_variable wake_;
    std::condition_variable left_;
    std::size_t sleeping_ = 0;

    std::vector<std::thread> threads_;  // last: everything above exists before the first of them runs
};

ThreadPool::ThreadPool(unsigned threads) : size_(threads == 0 ? usable_cores() : threads), owner_(getpid()) {
    if (size_ > 1) {
        workers_ = std::make_unique<Workers>(size_ - 1);
    }
}

ThreadPool::~ThreadPool() {
    if (owner_ != getpid()) {
        // A forked child has no workers to join, and waiting for them would never end: leave the rest to exit.
        static_cast<void>(workers_.release());
    }
}

void ThreadPool::parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
    if (count <= 1 || workers_ == nullptr || inside || owner_ != getpid()) {
        run_alone(count, body);
        return;
    }
    workers_->run(count, body);
}

}  // namespace simdprep::detail
