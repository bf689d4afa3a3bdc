#include "simdprep/detail/range_copier.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Fits the second-level cache, so that what was read is written from there.
constexpr std::uint64_t piece_bytes = 1U << 18U;
// Reading what lies between two ranges, such as metadata between chunks, takes less time than another call does.
constexpr std::uint64_t largest_gap = 1U << 12U;
// Small tasks are cheap to queue; these bound the open files and the bytes held.
constexpr std::size_t most_tasks = 256;
constexpr std::uint64_t most_waiting_bytes = std::uint64_t{256} << 20U;

// Whether the next range is read and written with those before.
bool joins(const std::vector<CopiedRange>& ranges, const CopiedRange& next) {
    const CopiedRange& first = ranges.front();
    const CopiedRange& last = ranges.back();
    const std::uint64_t end = last.source + last.size;
    return next.target == last.target + last.size && next.source >= end && next.source - end <= largest_gap &&
           next.source + next.size - first.source <= piece_bytes;
}

DatasetError unreadable(const std::filesystem::path& path, const std::string& got) {
    return DatasetError(expected("cannot read the dataset", got, "the bytes it had when it was opened"), path.string());
}

}  // namespace

RangeCopier::RangeCopier(int target, unsigned threads) : target_(target) {
    for (unsigned thread = 0; thread < std::max(threads, 1U); ++thread) threads_.emplace_back([this] { work(); });
}

RangeCopier::~RangeCopier() { stop(); }

void RangeCopier::copy(const std::filesystem::path& source, std::span<const CopiedRange> ranges) {
    auto opened = std::make_shared<Source>();
    opened->path = source;
    opened->file = FileDescriptor(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened->file.valid()) throw unreadable(source, std::generic_category().message(errno));
    for (std::size_t first = 0; first < ranges.size();) {
        Task task{opened, {}, {ranges[first]}, ranges[first].target};
        for (++first; first < ranges.size() && joins(task.ranges, ranges[first]); ++first) task.ranges.push_back(ranges[first]);
        submit(std::move(task));
    }
}

void RangeCopier::write(std::vector<std::byte> bytes, std::uint64_t target) {
    submit({nullptr, std::move(bytes), {}, target});
}

void RangeCopier::submit(Task task) {
    std::unique_lock lock(mutex_);
    const std::uint64_t held = task.bytes.size();
    changed_.wait(lock, [&] {
        return tasks_.size() < most_tasks && (waiting_bytes_ == 0 || waiting_bytes_ + held <= most_waiting_bytes);
    });
    waiting_bytes_ += held;
    tasks_.push_back(std::move(task));
    changed_.notify_all();
}

CopyOutcome RangeCopier::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return tasks_.empty() && running_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
    return outcome_;
}

void RangeCopier::work() {
    std::vector<std::byte> buffer(piece_bytes);
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        ++running_;
        changed_.notify_all();
        const bool go_on = outcome_.code == 0 && !failure_;
        lock.unlock();
        CopyOutcome outcome;
        std::exception_ptr failure;
        try {
            if (go_on) run(task, buffer);
        } catch (const std::system_error& error) {
            outcome = {error.code().value(), std::generic_category().message(error.code().value())};
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        waiting_bytes_ -= task.bytes.size();
        --running_;
        if (outcome.code != 0 && outcome_.code == 0) outcome_ = std::move(outcome);
        if (failure && !failure_) failure_ = failure;
        changed_.notify_all();
    }
}

void RangeCopier::run(const Task& task, std::vector<std::byte>& buffer) {
    if (!task.source) return put(task.bytes, task.target);
    const CopiedRange& first = task.ranges.front();
    const std::uint64_t span = task.ranges.back().source + task.ranges.back().size - first.source;
    if (span > piece_bytes) return copy_long(*task.source, first, buffer);
    fetch(*task.source, first.source, std::span(buffer).first(span));
    std::uint64_t size = first.size;
    for (std::size_t next = 1; next < task.ranges.size(); ++next) {
        const CopiedRange& range = task.ranges[next];
        std::memmove(buffer.data() + size, buffer.data() + (range.source - first.source), range.size);
        size += range.size;
    }
    put(std::span(buffer).first(size), task.target);
}

void RangeCopier::copy_long(const Source& source, CopiedRange range, std::vector<std::byte>& buffer) {
    while (range.size > 0) {
        const std::uint64_t size = std::min(piece_bytes, range.size);
        fetch(source, range.source, std::span(buffer).first(size));
        put(std::span(buffer).first(size), range.target);
        range = {range.source + size, range.target + size, range.size - size};
    }
}

void RangeCopier::fetch(const Source& source, std::uint64_t at, std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t size = ::pread(source.file.get(), out.data(), out.size(), static_cast<off_t>(at));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw unreadable(source.path, std::generic_category().message(errno));
        if (size == 0) throw unreadable(source.path, "an early end of the file");
        out = out.subspan(static_cast<std::size_t>(size));
        at += static_cast<std::uint64_t>(size);
    }
}

void RangeCopier::put(std::span<const std::byte> bytes, std::uint64_t at) {
    const std::uint64_t begin = at;
    const std::size_t size = bytes.size();
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(target_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw std::system_error(errno, std::generic_category());
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        at += static_cast<std::uint64_t>(written);
    }
#ifdef SYNC_FILE_RANGE_WRITE
    // Only begins the writing; where it is unknown, the sync at the end takes longer.
    ::sync_file_range(target_, static_cast<off_t>(begin), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE);
#else
    (void)begin, (void)size;
#endif
}

void RangeCopier::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        tasks_.clear();
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

}  // namespace simdprep::detail
