// A file on the disk that HDF5 uses through us: a full disk is an error of ours and not a crash.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "simdprep/detail/file_descriptor.hpp"
#include "simdprep/detail/hdf5_storage.hpp"
#include "simdprep/detail/system_error.hpp"

namespace simdprep::detail {

class DiskFile final : public Hdf5Storage {
public:
    // Opens the file for reading, or creates one that by no means exists yet.
    DiskFile(std::filesystem::path path, bool create) : path_(std::move(path)), created_(create) {
        const int flags = O_CLOEXEC | (create ? O_RDWR | O_CREAT | O_EXCL : O_RDONLY);
        file_ = FileDescriptor(::open(path_.c_str(), flags, 0666));
        if (!file_.valid()) throw_output_error(create ? "cannot create the file" : "cannot open the file", path_, errno);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] int descriptor() const noexcept { return file_.get(); }

    // The next write of exactly these bytes is not done: placed() says then where they belong. HDF5 hands chunks
    // through as they are.
    void place_only(std::span<const std::byte> bytes) noexcept {
        awaited_ = bytes;
        placed_.reset();
    }
    [[nodiscard]] std::optional<std::uint64_t> placed() const noexcept { return placed_; }
    // A write of somebody else failed with this errno; 0 for none.
    void fail(int code) noexcept { remember(code); }
    // False, with errno, if the system reports an error that came up only here.
    bool close() noexcept { return file_.close(); }

    // Throws what went wrong with a read or a write, if anything did.
    void check() const {
        if (failure_ != 0) throw_output_error(created_ ? "cannot write the file" : "cannot read the file", path_, failure_, end_);
    }

    [[nodiscard]] std::uint64_t size() const noexcept override {
        struct stat found {};
        return ::fstat(file_.get(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
    }

    void read(std::uint64_t at, std::byte* out, std::size_t size) noexcept override {
        while (size > 0) {
            const ssize_t count = ::pread(file_.get(), out, size, static_cast<off_t>(at));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) remember(errno);
            if (count <= 0) break;
            at += static_cast<std::uint64_t>(count);
            out += count;
            size -= static_cast<std::size_t>(count);
        }
        std::fill_n(out, size, std::byte{0});
    }

    void write(std::uint64_t at, const std::byte* data, std::size_t size) noexcept override {
        end_ = std::max(end_, at + size);
        if (size > 0 && data == awaited_.data() && size == awaited_.size()) {
            placed_ = at;
            awaited_ = {};
            return;
        }
        while (size > 0 && failure_ == 0) {
            const ssize_t count = ::pwrite(file_.get(), data, size, static_cast<off_t>(at));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return remember(errno);
            at += static_cast<std::uint64_t>(count);
            data += count;
            size -= static_cast<std::size_t>(count);
        }
    }

    void truncate(std::uint64_t size) noexcept override {
        if (failure_ == 0 && ::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) remember(errno);
    }

private:
    void remember(int code) noexcept {
        if (failure_ == 0) failure_ = code;
    }

    std::filesystem::path path_;
    bool created_;
    FileDescriptor file_;
    int failure_ = 0;
    std::uint64_t end_ = 0;  // of what was to be written
    std::span<const std::byte> awaited_;
    std::optional<std::uint64_t> placed_;
};

}  // namespace simdprep::detail
