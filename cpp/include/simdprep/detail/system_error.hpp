// The system's error numbers in the grammar of error.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace simdprep::detail {

// Throws for `code`, which `errno` had when `what` (such as "cannot write the file") failed for `path`:
// ResourceError if disk, quota or memory is exhausted, else OutputError. `needed` is the number of bytes
// that were to be written.
[[noreturn]] void throw_output_error(std::string_view what, const std::filesystem::path& path, int code,
                                     std::uint64_t needed = 0);

// The folder a file lies in: "." for a bare name.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace simdprep::detail
