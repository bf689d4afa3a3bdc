#include "simdprep/detail/system_error.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

std::string free_bytes(const std::filesystem::path& path) {
    struct statvfs info {};
    if (::statvfs(folder_of(path).c_str(), &info) != 0) {
        return "an unknown number of bytes free";
    }
    return std::to_string(std::uint64_t{info.f_bavail} * info.f_frsize) + " bytes free";
}

std::string_view rule_of(int code) {
    switch (code) {
        case EACCES:
        case EPERM: return "permission to write there";
        case EROFS: return "a file system that can be written";
        case ENOENT: return "a folder that exists";
        case ENOTDIR: return "a folder";
        case EISDIR: return "the name of a file";
        case ENAMETOOLONG: return "a shorter name";
        case EFBIG: return "a file system that takes files of this size";
        case EIO: return "a disk that keeps what is written";
        default: return "a file that can be written";
    }
}

std::string hint_of(int code, const std::filesystem::path& path) {
    switch (code) {
        case ENOENT: return "mkdir -p " + folder_of(path).string();
        case EACCES:
        case EPERM:
        case EROFS:
        case ENOTDIR:
        case EISDIR: return "another output";
        default: return {};
    }
}

}  // namespace

void throw_output_error(std::string_view what, const std::filesystem::path& path, int code, std::uint64_t needed) {
    const std::string need = needed > 0 ? std::to_string(needed) + " bytes" : "more";
    const std::string again = "freeing space and running again; what is committed already is safe";
    if (code == ENOSPC) {
        throw ResourceError(expected("disk full", free_bytes(path), "room for " + need), path.string(), again);
    }
    if (code == EDQUOT) {
        throw ResourceError(expected("disk quota exhausted", free_bytes(path), "a quota with room for " + need),
                            path.string(), again);
    }
    if (code == ENOMEM) {
        throw ResourceError(expected("memory exhausted", "none for the system's own work", "some"), path.string(),
                            "fewer threads or another machine; what is committed already is safe");
    }
    throw OutputError(expected(what, "\"" + std::generic_category().message(code) + "\"", rule_of(code)),
                      path.string(), hint_of(code, path));
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    const std::filesystem::path folder = path.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

}  // namespace simdprep::detail
