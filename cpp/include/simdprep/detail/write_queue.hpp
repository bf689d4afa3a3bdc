// WriteQueue: bytes go to their places in one file on a thread of its own, while the caller makes the next. They are on
// their way to the disk at once, so that a later sync is short.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace simdprep::detail {

struct PlacedBytes {
    std::uint64_t at = 0;
    std::vector<std::byte> bytes;
};

class WriteQueue {
public:
    // `file` is open and stays so as long as this object lives. `threaded`: false writes within the calls.
    WriteQueue(int file, bool threaded);
    // What still waits is dropped.
    ~WriteQueue();
    WriteQueue(const WriteQueue&) = delete;
    WriteQueue& operator=(const WriteQueue&) = delete;

    // Takes pieces, in the order in which they are written; waits while many bytes are under way.
    void put(std::vector<PlacedBytes> pieces);
    // Waits until everything is written. The errno of the first write that failed, 0 if none did.
    int finish();
    // The same of what was written so far, without waiting.
    [[nodiscard]] int failure() const;

private:
    using Pieces = std::vector<PlacedBytes>;

    void work();
    [[nodiscard]] int write(const Pieces& pieces) const;

    int file_;
    pid_t owner_;
    bool threaded_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Pieces> waiting_;
    std::uint64_t waiting_bytes_ = 0;  // those that are being written included
    bool writing_ = false;
    bool stopping_ = false;
    int failure_ = 0;
    std::thread thread_;  // last: everything above exists before it runs
};

}  // namespace simdprep::detail
