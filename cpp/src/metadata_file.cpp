#include "simdprep/detail/metadata_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

namespace simdprep::detail {
namespace {

// What our files have before their first chunk is less where there are few hundred datasets.
constexpr std::uint64_t head_bytes = 128 << 10;
constexpr std::uint64_t near_bytes = 512, far_bytes = 32 << 10;

// Little-endian; zeros behind the end.
std::uint32_t word(std::span<const std::byte> bytes, std::size_t at) noexcept {
    std::uint32_t value = 0;
    if (at < bytes.size()) std::memcpy(&value, bytes.data() + at, std::min(bytes.size() - at, sizeof(value)));
    return value;
}

}  // namespace

std::uint32_t metadata_checksum(std::span<const std::byte> bytes) noexcept {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::uint32_t a = 0xdeadbeefU + size;
    std::uint32_t b = a;
    std::uint32_t c = a;
    std::size_t at = 0;
    for (; bytes.size() - at > 12; at += 12) {
        std::array<std::uint32_t, 3> words;
        std::memcpy(words.data(), bytes.data() + at, sizeof(words));
        a += words[0], b += words[1], c += words[2];
        a -= c, a ^= std::rotl(c, 4), c += b;
        b -= a, b ^= std::rotl(a, 6), a += c;
        c -= b, c ^= std::rotl(b, 8), b += a;
        a -= c, a ^= std::rotl(c, 16), c += b;
        b -= a, b ^= std::rotl(a, 19), a += c;
        c -= b, c ^= std::rotl(b, 4), b += a;
    }
    if (at == bytes.size()) return c;
    a += word(bytes, at), b += word(bytes, at + 4), c += word(bytes, at + 8);
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
    return c;
}

std::span<const std::byte> MetadataFields::bytes(std::uint64_t count) {
    expect(count <= left());
    const auto found = bytes_.subspan(at_, count);
    at_ += count;
    return found;
}

std::uint64_t MetadataFields::number(std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes(size).data(), size);
    return value;
}

void MetadataFields::expect_text(std::string_view text) {
    expect(std::ranges::equal(bytes(text.size()), std::as_bytes(std::span(text))));
}

MetadataFile::MetadataFile(const std::filesystem::path& path, bool compares_checksums)
    : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), compares_checksums_(compares_checksums) {
    struct stat info {};
    expect(file_.valid() && ::fstat(file_.get(), &info) == 0 && S_ISREG(info.st_mode));
#ifdef __APPLE__
    const timespec& modified = info.st_mtimespec;
#else
    const timespec& modified = info.st_mtim;
#endif
    identity_ = {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino), static_cast<std::uint64_t>(info.st_size),
                 static_cast<std::int64_t>(modified.tv_sec) * 1'000'000'000 + modified.tv_nsec};
    std::vector<std::byte> head(std::min(size(), head_bytes));
    fetch(0, head);
    head_ = std::move(head);
}

std::vector<std::byte> MetadataFile::read(std::uint64_t address, std::uint64_t size) const {
    expect(address <= identity_.size && size <= identity_.size - address);
    const auto part_of = [&](const std::vector<std::byte>& held, std::uint64_t at) {
        const auto begin = held.begin() + static_cast<std::ptrdiff_t>(at);
        return std::vector<std::byte>(begin, begin + static_cast<std::ptrdiff_t>(size));
    };
    if (address + size <= head_.size()) return part_of(head_, address);
    if (address < near_begin_ || address + size > near_begin_ + near_.size()) {
        const bool goes_on = address >= near_begin_ && address - near_begin_ <= near_.size() + near_bytes;  // headers lie one behind the other
        near_.resize(std::min(std::max(size, goes_on ? far_bytes : near_bytes), identity_.size - address));
        near_begin_ = address;
        fetch(address, near_);
    }
    return part_of(near_, address - near_begin_);
}

std::vector<std::byte> MetadataFile::read_checked(std::uint64_t address, std::uint64_t size) const {
    std::vector<std::byte> found = read(address, size);
    expect(size >= 4);
    const auto body = std::span(found).first(size - 4);
    compare(body, word(found, size - 4));
    found.resize(size - 4);
    return found;
}

void MetadataFile::fetch(std::uint64_t address, std::span<std::byte> out) const {
    while (!out.empty()) {
        const ssize_t count = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(address));
        if (count < 0 && errno == EINTR) continue;
        expect(count > 0);
        address += static_cast<std::uint64_t>(count);
        out = out.subspan(static_cast<std::size_t>(count));
    }
}

}  // namespace simdprep::detail
