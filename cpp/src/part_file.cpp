#include "simdprep/part_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "simdprep/detail/sha256.hpp"
#include "simdprep/detail/system_error.hpp"

namespace simdprep {
namespace {

using detail::FileDescriptor;
using detail::throw_output_error;

constexpr const char* cannot_write = "cannot write the file";

// Removes a file that did not get as far as its final name.
class Temporary {
public:
    explicit Temporary(std::filesystem::path path) : path_(std::move(path)) {}
    ~Temporary() {
        if (!path_.empty()) {
            ::unlink(path_.c_str());
        }
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    void keep() noexcept { path_.clear(); }

private:
    std::filesystem::path path_;
};

std::filesystem::path temporary_name(const std::filesystem::path& path) {
    std::filesystem::path name = path;
    name += ".tmp-" + std::to_string(::getpid());
    return name;
}

FileDescriptor create(const std::filesystem::path& temporary, const std::filesystem::path& path) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int descriptor = ::open(temporary.c_str(), flags, 0666);
    if (descriptor < 0 && errno == EEXIST) {
        // Left behind by a killed process that had our number.
        ::unlink(temporary.c_str());
        descriptor = ::open(temporary.c_str(), flags, 0666);
    }
    if (descriptor < 0) {
        throw_output_error(cannot_write, path, errno);
    }
    return FileDescriptor(descriptor);
}

void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path) {
    std::span<const std::byte> rest = bytes;
    while (!rest.empty()) {
        const ssize_t written = ::write(descriptor, rest.data(), rest.size());
        if (written >= 0) {
            rest = rest.subspan(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            throw_output_error(cannot_write, path, errno, bytes.size());
        }
    }
}

void sync(int descriptor, const std::filesystem::path& path, std::uint64_t needed) {
    while (::fsync(descriptor) != 0) {
        if (errno != EINTR) {
            throw_output_error(cannot_write, path, errno, needed);
        }
    }
}

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

void rename_over(const std::filesystem::path& temporary, const std::filesystem::path& path) {
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
        throw_output_error("cannot give the file its name", path, errno);
    }
}

}  // namespace

CommittedFile commit_file(const std::filesystem::path& path, std::span<const std::byte> image) {
    Temporary temporary(temporary_name(path));
    FileDescriptor file = create(temporary.path(), path);
    write_all(file.get(), image, path);
    sync(file.get(), path, image.size());
    if (!file.close()) {
        throw_output_error(cannot_write, path, errno, image.size());
    }
    rename_over(temporary.path(), path);
    temporary.keep();
    sync_folder(path);
    return {.sha256 = detail::sha256_hex(image), .bytes = image.size()};
}

void commit_existing(const std::filesystem::path& temporary, const std::filesystem::path& path) {
    FileDescriptor file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        throw_output_error("cannot open the finished file", temporary, errno);
    }
    sync(file.get(), temporary, 0);
    if (!file.close()) {
        throw_output_error(cannot_write, temporary, errno);
    }
    rename_over(temporary, path);
    sync_folder(path);
}

}  // namespace simdprep
