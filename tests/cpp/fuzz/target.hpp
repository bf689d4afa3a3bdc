// What is fuzzed: hostile bytes in, nothing but an error of ours out. libFuzzer calls LLVMFuzzerTestOneInput();
// without it, replay.cpp does, on the corpus and on damaged copies of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

using Input = std::vector<std::uint8_t>;

// Sound inputs to begin with, each in its target's own form.
[[nodiscard]] std::vector<Input> corpus();

// Takes numbers off the front of an input; an empty one gives zeros.
class Taker {
public:
    explicit Taker(std::span<const std::uint8_t> rest) : rest_(rest) {}

    template <class T>
    T take() {
        T value{};
        const std::size_t size = std::min(sizeof value, rest_.size());
        if (size > 0) {
            std::memcpy(&value, rest_.data(), size);
        }
        rest_ = rest_.subspan(size);
        return value;
    }

    [[nodiscard]] std::span<const std::byte> rest() const { return std::as_bytes(rest_); }

private:
    std::span<const std::uint8_t> rest_;
};

inline void put_bytes(Input& input, std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
        input.push_back(std::to_integer<std::uint8_t>(byte));
    }
}

// The inverse of Taker.
template <class T>
void put(Input& input, T value) {
    put_bytes(input, std::as_bytes(std::span(&value, 1)));
}

// Ends the process in a way that every fuzzer notices.
inline void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace fuzz
