#include "simdprep/detail/write_queue.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Two runs: one that is being written, and the next.
constexpr std::uint64_t most_waiting_bytes = std::uint64_t{32} << 20U;

std::uint64_t bytes_in(const std::vector<PlacedBytes>& pieces) {
    std::uint64_t bytes = 0;
    for (const PlacedBytes& piece : pieces) bytes += piece.bytes.size();
    return bytes;
}

// The errno of the write that failed, or 0.
int write_piece(int file, const PlacedBytes& piece) {
    for (std::size_t done = 0; done < piece.bytes.size();) {
        const ssize_t count =
            ::pwrite(file, piece.bytes.data() + done, piece.bytes.size() - done, static_cast<off_t>(piece.at + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        done += static_cast<std::size_t>(count);
    }
    return 0;
}

// Only begins the writing; where it is unknown, the sync at the end takes longer.
void begin_sync(int file, const std::vector<PlacedBytes>& pieces) {
#ifdef SYNC_FILE_RANGE_WRITE
    std::uint64_t begin = UINT64_MAX;
    std::uint64_t end = 0;
    for (const PlacedBytes& piece : pieces) {
        begin = std::min(begin, piece.at);
        end = std::max(end, piece.at + piece.bytes.size());
    }
    if (begin < end) ::sync_file_range(file, static_cast<off_t>(begin), static_cast<off_t>(end - begin), SYNC_FILE_RANGE_WRITE);
#else
    (void)file, (void)pieces;
#endif
}

}  // namespace

WriteQueue::WriteQueue(int file, bool threaded) : file_(file), owner_(::getpid()), threaded_(threaded) {
    if (!threaded_) return;
    try {
        thread_ = std::thread([this] { work(); });
    } catch (const std::system_error& error) {
        throw ResourceError(std::string("cannot start a thread: ") + error.what(), {}, "one thread");
    }
}

WriteQueue::~WriteQueue() {
    if (owner_ != ::getpid()) {  // a forked child has no thread to wait for
        if (thread_.joinable()) thread_.detach();
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void WriteQueue::put(std::vector<PlacedBytes> pieces) {
    if (!threaded_) {
        if (failure_ == 0) failure_ = write(pieces);
        return;
    }
    const std::uint64_t bytes = bytes_in(pieces);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_bytes_ == 0 || waiting_bytes_ + bytes <= most_waiting_bytes; });
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(pieces));
    changed_.notify_all();
}

int WriteQueue::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() && !writing_; });
    return failure_;
}

int WriteQueue::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void WriteQueue::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        Pieces pieces = std::move(waiting_.front());
        waiting_.pop_front();
        writing_ = true;
        const bool go_on = failure_ == 0;
        lock.unlock();
        const int failure = go_on ? write(pieces) : 0;
        const std::uint64_t bytes = bytes_in(pieces);
        pieces = {};
        lock.lock();
        if (failure_ == 0) failure_ = failure;
        waiting_bytes_ -= bytes;
        writing_ = false;
        changed_.notify_all();
    }
}

int WriteQueue::write(const Pieces& pieces) const {
    for (const PlacedBytes& piece : pieces)
        if (const int failure = write_piece(file_, piece); failure != 0) return failure;
    begin_sync(file_, pieces);
    return 0;
}

}  // namespace simdprep::detail
