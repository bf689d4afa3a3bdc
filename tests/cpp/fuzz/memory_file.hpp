// A file in memory that has a path.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <span>
#include <string>

#include "simdprep/detail/file_descriptor.hpp"
#include "target.hpp"

namespace fuzz {

class MemoryFile {
public:
    explicit MemoryFile(std::span<const std::byte> bytes) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        require(file_.valid() && ::write(file_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

private:
    simdprep::detail::FileDescriptor file_;
};

}  // namespace fuzz
