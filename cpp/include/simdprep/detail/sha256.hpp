// SHA-256 (FIPS 180-4), with the processor's own instructions where it has them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace simdprep::detail {

class Sha256 {
public:
    // True where the processor has SHA instructions that this build can use.
    [[nodiscard]] static bool accelerated_available() noexcept;

    // `accelerated` false takes the plain C++ way, which gives the same digest.
    explicit Sha256(bool accelerated = accelerated_available()) noexcept;

    void update(std::span<const std::byte> bytes) noexcept;

    // The digest of all bytes so far as 64 lower-case hex digits; more bytes may follow.
    [[nodiscard]] std::string hex() const;

private:
    using Compress = void (*)(std::array<std::uint32_t, 8>& state, const std::byte* blocks, std::size_t count);

    Compress compress_;
    std::array<std::uint32_t, 8> state_;
    std::array<std::byte, 64> tail_{};
    std::size_t tail_size_ = 0;
    std::uint64_t total_ = 0;
};

[[nodiscard]] std::string sha256_hex(std::span<const std::byte> bytes);

// Digest of a file's content, read in steps of 1 MiB. DatasetError if it cannot be read.
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

}  // namespace simdprep::detail
