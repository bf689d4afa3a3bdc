// FileImage: the bytes of a file that is not on the disk yet, in pieces: chunks stay where the encoder put them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace simdprep {

class FileImage {
public:
    FileImage() = default;
    // A file of these bytes, which are not copied.
    explicit FileImage(std::vector<std::byte> bytes);

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    // What is past the new size is forgotten; what is new is zero.
    void resize(std::uint64_t size);

    // Copies `bytes` to the place `at`; the file grows where it must.
    void write(std::uint64_t at, std::span<const std::byte> bytes);
    // Puts `bytes` there without a copy: they must stay as they are while the image lives. hold() sees to that.
    // Nothing may be written over them.
    void refer(std::uint64_t at, std::span<const std::byte> bytes);
    void hold(std::shared_ptr<const void> owner) { owners_.push_back(std::move(owner)); }

    // What nobody wrote, and what lies past the end, is zero.
    void read(std::uint64_t at, std::span<std::byte> out) const;

    // All bytes in the order of the file: views that live as long as the image is not changed.
    [[nodiscard]] std::vector<std::span<const std::byte>> pieces() const;
    // A copy of all bytes.
    [[nodiscard]] std::vector<std::byte> bytes() const;

private:
    static constexpr std::uint64_t page_bytes = 1 << 14;
    using Page = std::vector<std::byte>;

    [[nodiscard]] const std::byte* page_at(std::uint64_t at) const;
    void append_written(std::uint64_t begin, std::uint64_t end, std::vector<std::span<const std::byte>>& pieces) const;

    std::uint64_t size_ = 0;
    std::map<std::uint64_t, Page> pages_;  // of what was copied, by the number of the page
    std::map<std::uint64_t, std::span<const std::byte>> referred_;
    std::vector<std::shared_ptr<const void>> owners_;
};

}  // namespace simdprep
