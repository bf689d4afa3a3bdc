// ColumnBuffer: the values of one field, dense, in the dtype they are stored with. It grows without clearing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>

namespace simdprep::detail {

class ColumnBuffer {
public:
    [[nodiscard]] const std::byte* data() const noexcept { return bytes_.get(); }
    [[nodiscard]] std::byte* data() noexcept { return bytes_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // Adds `size` bytes with any content and returns where they begin; earlier pointers are void.
    std::byte* extend(std::size_t size) {
        if (size > capacity_ - size_) grow(size_ + size);
        std::byte* begin = bytes_.get() + size_;
        size_ += size;
        return begin;
    }
    void append(const std::byte* from, std::size_t size) {
        if (size > 0) std::memcpy(extend(size), from, size);
    }
    // Keeps the first `size` bytes.
    void truncate(std::size_t size) noexcept { size_ = std::min(size_, size); }

private:
    void grow(std::size_t size) {
        constexpr std::size_t smallest = 1024;
        const std::size_t capacity = std::max({size, 2 * capacity_, smallest});
        auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
        if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
        bytes_ = std::move(larger);
        capacity_ = capacity;
    }

    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace simdprep::detail
