// Committing: how a finished file gets its final name, and who may write to an output.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "simdprep/detail/file_descriptor.hpp"

namespace simdprep {

struct CommittedFile {
    std::string sha256;
    std::uint64_t bytes = 0;
};

// Writes `bytes` as the file `path`, so that at every instant there is either no such file (or the old one) or the whole
// new one, on the disk as well: temporary `<name>.tmp-<pid>` in the same folder, fsync, rename, fsync of the folder. On
// failure the temporary is removed. ResourceError if disk or quota is exhausted, else OutputError.
CommittedFile commit_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

// What a file that becomes `path` is called until then.
[[nodiscard]] std::filesystem::path temporary_name(const std::filesystem::path& path);

// The same for a file that somebody else built under the name `temporary`, which lies on the same file
// system as `path`. On failure the temporary is kept: it is the caller's.
void commit_existing(const std::filesystem::path& temporary, const std::filesystem::path& path);

// Makes the contents of a file permanent. ResourceError, OutputError.
void sync_file(const std::filesystem::path& path);

// Keeps a second writer away from an output while this object lives. The file `<output>.lock` holds
// "<host> <pid>\n" of its owner. If that process is gone from this host the lock is taken over; else
// OutputError names it.
class OutputLock {
public:
    explicit OutputLock(const std::filesystem::path& output);
    ~OutputLock();
    OutputLock(OutputLock&& other) noexcept;
    OutputLock& operator=(OutputLock&&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    // The process whose lock was left behind, if there was one.
    [[nodiscard]] std::optional<pid_t> taken_over() const noexcept { return taken_over_; }

    // Removes the lock; later calls and the destructor do nothing. So does a forked child.
    void release() noexcept;

private:
    bool try_create();
    bool try_take_over();
    bool acquire();
    void write_owner();

    std::filesystem::path path_;
    detail::FileDescriptor file_;
    pid_t owner_;
    std::optional<pid_t> taken_over_;
};

}  // namespace simdprep
