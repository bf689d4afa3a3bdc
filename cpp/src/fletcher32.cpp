#include <cstring>

#include "simdprep/detail/codec.hpp"

namespace simdprep::detail {
namespace {

// The two sums are kept modulo 65535 in the range HDF5 leaves them in: 0 only if every word so far was 0,
// since folding high bits onto low ones turns any other multiple of 65535 into 65535.
std::uint64_t fold(std::uint64_t sum) {
    while ((sum >> 16) != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

std::uint32_t swap_bytes(std::uint64_t word) {
    return static_cast<std::uint32_t>(((word & 0xff) << 8) | (word >> 8));
}

// Words are summed as the little-endian numbers they are to the machine. Swapping the bytes of a word is
// multiplying it by 256 modulo 65535, so swapping those of the final sums gives the big-endian result.
std::uint64_t word_at(const std::byte* bytes) {
    return std::to_integer<std::uint64_t>(bytes[0]) | (std::to_integer<std::uint64_t>(bytes[1]) << 8);
}

using Words8 = std::uint16_t __attribute__((vector_size(16)));
using Sums4 = std::uint32_t __attribute__((vector_size(16)));

constexpr std::size_t lanes = 16;   // words per step, each with its own pair of sums
constexpr std::size_t steps = 360;  // 65535 * (1 + 2 + ... + 360) still fits 32 bits
constexpr std::size_t block_words = lanes * steps;

struct Sums {
    std::uint64_t first = 0;   // of the words
    std::uint64_t second = 0;  // of the first sums after every word
};

// Lane l sees the words l, l + lanes, ...; its second sum weighs them with the steps that are left, and the
// true weight of a word is lanes * (steps left) - l.
void add_block(const std::byte* bytes, std::size_t step_count, Sums& sums) {
    Sums4 first[4] = {};
    Sums4 second[4] = {};
    const Words8 zero = {};
    for (std::size_t step = 0; step < step_count; ++step) {
        Words8 words[2];
        std::memcpy(words, bytes + step * sizeof(words), sizeof(words));
        for (std::size_t half = 0; half < 2; ++half) {
            const Words8 low = __builtin_shufflevector(words[half], zero, 0, 8, 1, 9, 2, 10, 3, 11);
            const Words8 high = __builtin_shufflevector(words[half], zero, 4, 12, 5, 13, 6, 14, 7, 15);
            first[2 * half] += reinterpret_cast<Sums4>(low);
            first[2 * half + 1] += reinterpret_cast<Sums4>(high);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            second[i] += first[i];
        }
    }
    sums.second += lanes * step_count * sums.first;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::uint64_t lane_first = first[lane / 4][lane % 4];
        sums.first += lane_first;
        sums.second += lanes * std::uint64_t{second[lane / 4][lane % 4]} - lane * lane_first;
    }
    sums.first = fold(sums.first);
    sums.second = fold(sums.second);
}

}  // namespace

std::uint32_t fletcher32(std::span<const std::byte> bytes) {
    const std::byte* at = bytes.data();
    std::size_t words = bytes.size() / 2;
    Sums sums;
    while (words >= lanes) {
        const std::size_t step_count = (words < block_words ? words : block_words) / lanes;
        add_block(at, step_count, sums);
        at += step_count * lanes * 2;
        words -= step_count * lanes;
    }
    for (; words > 0; --words, at += 2) {
        sums.first = fold(sums.first + word_at(at));
        sums.second = fold(sums.second + sums.first);
    }
    if (bytes.size() % 2 != 0) {
        // HDF5 takes the odd byte as the high one of a big-endian word: the low one here.
        sums.first = fold(sums.first + std::to_integer<std::uint64_t>(*at));
        sums.second = fold(sums.second + sums.first);
    }
    return (swap_bytes(sums.second) << 16) | swap_bytes(sums.first);
}

}  // namespace simdprep::detail
