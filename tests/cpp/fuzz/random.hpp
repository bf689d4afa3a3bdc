// Random numbers that are the same on every machine: the standard's distributions are not.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace fuzz {

// SplitMix64 (Steele, Lea, Flood 2014): every seed gives a good stream, neighbouring ones too.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    // 0 to limit - 1; the slight preference of small numbers does not matter here.
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }

    // From `low` to `high`, both included.
    std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }

    bool one_in(std::size_t count) { return below(count) == 0; }

    std::byte byte() { return static_cast<std::byte>(next() & 0xff); }

    // From `low` (at least 1) to `high`: each power of two is as likely as any other.
    std::size_t any_magnitude(std::size_t low, std::size_t high) {
        std::size_t bits = 0;
        while ((high >> bits) > low) {
            ++bits;
        }
        const std::size_t from = low << below(bits + 1);
        const std::size_t to = from > high / 2 ? high : from * 2 - 1;
        return from > to ? high : between(from, to);
    }

    // Twelve uniform numbers add up to what is nearly a normal one.
    float normal() {
        float sum = -6.0F;
        for (int i = 0; i < 12; ++i) {
            sum += static_cast<float>(next() >> 40) * 0x1p-24F;
        }
        return sum;
    }

private:
    std::uint64_t state_;
};

}  // namespace fuzz
