// RangeCopier: byte ranges of other files, and bytes in memory, go to places in one file on threads of their own,
// while the caller decides on the next. What is copied is on its way to the disk at once, so that a later sync is short.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "simdprep/detail/file_descriptor.hpp"

namespace simdprep::detail {

struct CopiedRange {
    std::uint64_t source;
    std::uint64_t target;
    std::uint64_t size;
};

// What became of writing: `code` is the errno of the first write that failed, 0 if none did.
struct CopyOutcome {
    int code = 0;
    std::string reason;
};

// Ranges may be written in any order, so those of one file must not overlap.
class RangeCopier {
public:
    // `target` is an open file that stays so as long as this object lives.
    RangeCopier(int target, unsigned threads);
    ~RangeCopier();
    RangeCopier(const RangeCopier&) = delete;
    RangeCopier& operator=(const RangeCopier&) = delete;

    // Takes ranges of the file `source`; waits while many files are under way. Ranges that continue each other in the
    // target, and nearly so in the source, are read and written as one. DatasetError if the file cannot be opened.
    void copy(const std::filesystem::path& source, std::span<const CopiedRange> ranges);

    // Takes bytes; waits while many are under way.
    void write(std::vector<std::byte> bytes, std::uint64_t target);

    // Waits until everything is written. DatasetError if a source ended early or could not be read; a failed write
    // is returned, since the caller knows what the file was to be.
    CopyOutcome finish();

private:
    struct Source {
        std::filesystem::path path;
        FileDescriptor file;
    };
    struct Task {
        std::shared_ptr<Source> source;  // null for bytes
        std::vector<std::byte> bytes;
        std::vector<CopiedRange> ranges;  // that continue each other in the target, and fit a buffer with what is between
        std::uint64_t target = 0;
    };

    void submit(Task task);
    void work();
    void run(const Task& task, std::vector<std::byte>& buffer);
    void copy_long(const Source& source, CopiedRange range, std::vector<std::byte>& buffer);
    void fetch(const Source& source, std::uint64_t at, std::span<std::byte> out);
    void put(std::span<const std::byte> bytes, std::uint64_t at);
    void stop() noexcept;

    int target_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    std::uint64_t waiting_bytes_ = 0;
    unsigned running_ = 0;
    bool stopping_ = false;
    CopyOutcome outcome_;
    std::exception_ptr failure_;
    std::vector<std::thread> threads_;
};

}  // namespace simdprep::detail
