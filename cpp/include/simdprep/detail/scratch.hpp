// A working space that is kept from one use to the next: it grows to the largest and is never cleared.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace simdprep::detail {

// Meant to be thread_local. What get() returned before is gone after the next call.
class Scratch {
public:
    [[nodiscard]] std::span<std::byte> get(std::size_t size) {
        if (size > capacity_) {
            capacity_ = 0;  // if there is not enough memory for the new space, the old is gone too
            bytes_.reset();
            bytes_ = std::make_unique_for_overwrite<std::byte[]>(size);
            capacity_ = size;
        }
        return {bytes_.get(), size};
    }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t capacity_ = 0;
};

}  // namespace simdprep::detail
