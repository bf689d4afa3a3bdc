#include "simdprep/part_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "simdprep/detail/sha256.hpp"
#include "simdprep/detail/system_error.hpp"

namespace simdprep {
namespace {

using detail::FileDescriptor;
using detail::throw_output_error;

constexpr const char* cannot_write = "cannot write the file";

void sync(int descriptor) {
    while (::fsync(descriptor) != 0) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category());
        }
    }
}

// A file on its way to its final name; it is removed if it does not get there.
class Temporary {
public:
    explicit Temporary(const std::filesystem::path& path) : path_(temporary_name(path)) {
        constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
        file_ = FileDescriptor(::open(path_.c_str(), flags, 0666));
        if (!file_.valid() && errno == EEXIST) {
            // Left behind by a killed process that had our number.
            ::unlink(path_.c_str());
            file_ = FileDescriptor(::open(path_.c_str(), flags, 0666));
        }
        if (!file_.valid()) {
            path_.clear();
            throw_output_error(cannot_write, path, errno);
        }
    }
    ~Temporary() { remove(); }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
            if (count < 0) {
                if (errno == EINTR) continue;
                throw std::system_error(errno, std::generic_category());
            }
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
    }

    // Makes what was written permanent.
    void finish() {
        sync(file_.get());
        if (!file_.close()) {
            throw std::system_error(errno, std::generic_category());
        }
    }

    void rename_to(const std::filesystem::path& path) {
        if (std::rename(path_.c_str(), path.c_str()) != 0) {
            throw std::system_error(errno, std::generic_category());
        }
        path_.clear();
    }

    void remove() noexcept {
        file_.close();
        if (!path_.empty()) {
            ::unlink(path_.c_str());
            path_.clear();
        }
    }

private:
    std::filesystem::path path_;
    FileDescriptor file_;
};

// Makes the new name itself survive a power cut.
void sync_folder(const std::filesystem::path& path) {
    const std::filesystem::path folder = detail::folder_of(path);
    const FileDescriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor.valid()) {
        if (errno == EACCES) {
            return;  // a folder that may be written but not listed cannot be synced
        }
        throw_output_error("cannot open the folder", folder, errno);
    }
    while (::fsync(descriptor.get()) != 0) {
        if (errno == EINVAL || errno == ENOTSUP) {
            return;  // this file system has no such thing
        }
        if (errno != EINTR) {
            throw_output_error("cannot make the folder permanent", folder, errno);
        }
    }
}

}  // namespace

std::filesystem::path temporary_name(const std::filesystem::path& path) {
    std::filesystem::path name = path;
    name += ".tmp-" + std::to_string(::getpid());
    return name;
}

CommittedFile commit_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    Temporary temporary(path);
    try {
        temporary.write(bytes);
        temporary.finish();
        temporary.rename_to(path);
    } catch (const std::system_error& error) {
        temporary.remove();  // first, so that the space it took counts as free
        throw_output_error(cannot_write, path, error.code().value(), bytes.size());
    }
    sync_folder(path);
    return {.sha256 = detail::sha256_hex(bytes), .bytes = bytes.size()};
}

void sync_file(const std::filesystem::path& path) {
    std::error_code failure;
    const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
    if (failure) {
        throw_output_error("cannot open the finished file", path, failure.value());
    }
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        throw_output_error("cannot open the finished file", path, errno);
    }
    try {
        sync(file.get());
    } catch (const std::system_error& error) {
        throw_output_error(cannot_write, path, error.code().value(), bytes);
    }
}

void commit_existing(const std::filesystem::path& temporary, const std::filesystem::path& path) {
    sync_file(temporary);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
        throw_output_error("cannot give the file its name", path, errno);
    }
    sync_folder(path);
}

}  // namespace simdprep
