// BitWriter: bits into bytes in the order of deflate, the lowest first.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace simdprep::detail {

static_assert(std::endian::native == std::endian::little, "bits are stored eight bytes at a time");

// Writes up to `slack` bytes beyond the last whole one: the caller leaves that much room.
class BitWriter {
public:
    static constexpr std::size_t slack = 8;
    // What one put(), or several add() before a flush(), may hold.
    static constexpr unsigned most_bits = 56;

    explicit BitWriter(std::byte* out) : out_(out) {}

    // Bits above `count` are zero.
    void add(std::uint64_t bits, unsigned count) {
        pending_ |= bits << count_;
        count_ += count;
    }
    void flush() {
        std::memcpy(out_, &pending_, sizeof pending_);
        out_ += count_ / 8;
        pending_ >>= count_ & ~7U;
        count_ &= 7;
    }
    void put(std::uint64_t bits, unsigned count) {
        add(bits, count);
        flush();
    }

    // Zero bits up to the next whole byte; returns where it is. Bytes may be written there before skip().
    [[nodiscard]] std::byte* align() {
        put(0, (8 - count_) & 7);
        return out_;
    }
    void skip(std::size_t bytes) { out_ += bytes; }

private:
    std::byte* out_;
    std::uint64_t pending_ = 0;
    unsigned count_ = 0;
};

}  // namespace simdprep::detail
