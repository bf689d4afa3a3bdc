// The metadata of an HDF5 file as bytes: read with their checksums, and field by field. Knows no HDF5 library.
//
// What reads a file with these believes nothing: whatever it does not expect, it throws NotExpected, and the caller
// asks HDF5 instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "simdprep/detail/file_descriptor.hpp"

namespace simdprep::detail {

// The file holds something that only HDF5 understands, or that nobody does. Never leaves the core.
struct NotExpected final : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "metadata that is not as expected"; }
};

inline void expect(bool holds) {
    if (!holds) throw NotExpected();
}

// An address that leads nowhere.
inline constexpr std::uint64_t undefined_address = ~std::uint64_t{0};

// Jenkins' lookup3, which HDF5 puts behind its metadata.
std::uint32_t metadata_checksum(std::span<const std::byte> bytes) noexcept;

// Takes numbers of little-endian bytes one by one; NotExpected where there are no more.
class MetadataFields {
public:
    explicit MetadataFields(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    std::span<const std::byte> bytes(std::uint64_t count);
    std::uint64_t number(std::size_t size);  // of at most eight bytes
    std::uint8_t u8() { return take<std::uint8_t>(); }
    std::uint16_t u16() { return take<std::uint16_t>(); }
    std::uint32_t u32() { return take<std::uint32_t>(); }
    std::uint64_t u64() { return take<std::uint64_t>(); }
    void skip(std::uint64_t count) { bytes(count); }
    // The next bytes are these.
    void expect_text(std::string_view text);

private:
    template <class T>
    T take() {
        T value;
        expect(sizeof(T) <= left());
        std::memcpy(&value, bytes_.data() + at_, sizeof(T));
        at_ += sizeof(T);
        return value;
    }

    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

// Which file it is: it may be replaced by another of the same name.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // nanoseconds
};

// A file that is open for reading, by one thread; its first bytes, where most of the metadata lie, are held, and those
// that lie behind what was read last: an index ends where the next begins.
class MetadataFile {
public:
    explicit MetadataFile(const std::filesystem::path& path, bool compares_checksums = true);

    [[nodiscard]] std::uint64_t size() const noexcept { return identity_.size; }
    [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }
    // NotExpected where they do not lie inside of the file.
    [[nodiscard]] std::vector<std::byte> read(std::uint64_t address, std::uint64_t size) const;
    // The same, with a checksum in the last four bytes that is compared; returned without it.
    [[nodiscard]] std::vector<std::byte> read_checked(std::uint64_t address, std::uint64_t size) const;
    // NotExpected where bytes have another checksum than is stored.
    void compare(std::span<const std::byte> bytes, std::uint32_t stored) const {
        expect(!compares_checksums_ || stored == metadata_checksum(bytes));
    }

private:
    void fetch(std::uint64_t address, std::span<std::byte> out) const;

    FileDescriptor file_;
    FileIdentity identity_;
    bool compares_checksums_;
    std::vector<std::byte> head_;
    mutable std::vector<std::byte> near_;
    mutable std::uint64_t near_begin_ = 0;
};

}  // namespace simdprep::detail
