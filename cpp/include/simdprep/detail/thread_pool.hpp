// Persistent worker threads for jobs that may be as short as 20 microseconds.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace simdprep::detail {

class ThreadPool {
public:
    // `threads` counts the calling thread; 0 asks for one per core this process may use.
    explicit ThreadPool(unsigned threads = 0);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    // Number of threads that work on a job, the caller included; at least 1.
    [[nodiscard]] unsigned size() const noexcept { return size_; }

    // Calls body(0) ... body(count - 1), each once, in any order and on any thread, and returns when all
    // have ended. If some throw, no further index is begun and the exception of the lowest failing index
    // is rethrown. Callers on several threads take turns; a call from inside a body runs on that thread
    // alone, and so does a call in a forked child, where no workers exist.
    void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

private:
    class Workers;

    unsigned size_;
    pid_t owner_;
    std::unique_ptr<Workers> workers_;  // null when size_ is 1
};

}  // namespace simdprep::detail
