#include "simdprep/part_file.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <future>
#include <string>
#include <system_error>
#include <vector>

#include "simdprep/detail/sha256.hpp"
#include "simdprep/detail/system_error.hpp"

namespace simdprep {
namespace {

using detail::FileDescriptor;
using detail::throw_output_error;

using Pieces = std::span<const std::span<const std::byte>>;

constexpr const char* cannot_write = "cannot write the file";

std::filesystem::path temporary_name(const std::filesystem::path& path) {
    std::filesystem::path name = path;
    name += ".tmp-" + std::to_string(::getpid());
    return name;
}

void sync(int descriptor) {
    while (::fsync(descriptor) != 0) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category());
        }
    }
}

std::string digest_of(Pieces pieces) {
    detail::Sha256 sum;
    for (const auto piece : pieces) sum.update(piece);
    return sum.hex();
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

    void write(Pieces pieces) {
        constexpr std::size_t most = 512;  // IOV_MAX is 1024 on Linux, and no less than 16 anywhere
        std::vector<iovec> vectors;
        while (!pieces.empty()) {
            vectors.clear();
            for (const auto piece : pieces.first(std::min(pieces.size(), most)))
                vectors.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
            write(vectors);
            pieces = pieces.subspan(vectors.size());
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
    void write(std::span<iovec> vectors) {
        while (!vectors.empty()) {
            const ssize_t count = ::writev(file_.get(), vectors.data(), static_cast<int>(vectors.size()));
            if (count < 0) {
                if (errno == EINTR) continue;
                throw std::system_error(errno, std::generic_category());
            }
            auto left = static_cast<std::size_t>(count);
            while (!vectors.empty() && left >= vectors.front().iov_len) {
                left -= vectors.front().iov_len;
                vectors = vectors.subspan(1);
            }
            if (left == 0) continue;
            vectors.front().iov_base = static_cast<std::byte*>(vectors.front().iov_base) + left;
            vectors.front().iov_len -= left;
        }
    }

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

namespace {

CommittedFile commit_pieces(const std::filesystem::path& path, Pieces pieces, std::uint64_t size, Hash hash) {
    // Beside the writing, where another core is free.
    std::future<std::string> digest;
    if (hash == Hash::sha256) digest = std::async([pieces] { return digest_of(pieces); });
    Temporary temporary(path);
    try {
        temporary.write(pieces);
        temporary.finish();
        temporary.rename_to(path);
    } catch (const std::system_error& error) {
        temporary.remove();  // first, so that the space it took counts as free
        throw_output_error(cannot_write, path, error.code().value(), size);
    }
    sync_folder(path);
    return {.sha256 = hash == Hash::sha256 ? digest.get() : std::string(), .bytes = size};
}

}  // namespace

CommittedFile commit_file(const std::filesystem::path& path, const FileImage& image, Hash hash) {
    return commit_pieces(path, image.pieces(), image.size(), hash);
}

CommittedFile commit_file(const std::filesystem::path& path, std::span<const std::byte> image) {
    return commit_pieces(path, std::span(&image, image.empty() ? 0 : 1), image.size(), Hash::sha256);
}

void commit_existing(const std::filesystem::path& temporary, const std::filesystem::path& path) {
    std::error_code failure;
    const std::uintmax_t bytes = std::filesystem::file_size(temporary, failure);
    if (failure) {
        throw_output_error("cannot open the finished file", temporary, failure.value());
    }
    FileDescriptor file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        throw_output_error("cannot open the finished file", temporary, errno);
    }
    try {
        sync(file.get());
    } catch (const std::system_error& error) {
        throw_output_error(cannot_write, temporary, error.code().value(), bytes);
    }
    file.close();
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
        throw_output_error("cannot give the file its name", path, errno);
    }
    sync_folder(path);
}

}  // namespace simdprep
