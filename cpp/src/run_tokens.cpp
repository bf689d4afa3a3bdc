#include "simdprep/detail/run_tokens.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "simdprep/detail/cpu.hpp"

#if SIMDPREP_X86
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

constexpr std::size_t word_bits = 64;

std::uint64_t load(const void* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

// Bit i: byte i of eight is equal.
std::uint64_t equal_of_eight(const std::byte* one, const std::byte* other) {
    constexpr std::uint64_t low_seven = 0x7f7f7f7f7f7f7f7fULL;
    const std::uint64_t differs = load(one) ^ load(other);
    const std::uint64_t zero = ~(((differs & low_seven) + low_seven) | differs | low_seven);  // 0x80 where equal
    return (zero >> 7) * 0x0102040810204080ULL >> 56;
}

// Each compares whole words of 64 bytes with those `distance` before.
void equal_words_scalar(const std::byte* bytes, std::size_t distance, std::size_t words, std::uint64_t* bits) {
    for (std::size_t word = 0; word < words; ++word) {
        const std::byte* at = bytes + word * word_bits;
        std::uint64_t equal = 0;
        for (std::size_t eight = 0; eight < 8; ++eight) {
            equal |= equal_of_eight(at + 8 * eight, at + 8 * eight - distance) << (8 * eight);
        }
        bits[word] = equal;
    }
}

#if SIMDPREP_X86

SIMDPREP_AVX2 void equal_words_avx2(const std::byte* bytes, std::size_t distance, std::size_t words,
                                    std::uint64_t* bits) {
    for (std::size_t word = 0; word < words; ++word) {
        const std::byte* at = bytes + word * word_bits;
        std::uint64_t equal = 0;
        for (unsigned half = 0; half < 2; ++half) {
            const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32 * half));
            const __m256i before = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32 * half - distance));
            const int mask = _mm256_movemask_epi8(_mm256_cmpeq_epi8(here, before));
            equal |= std::uint64_t{static_cast<std::uint32_t>(mask)} << (32 * half);
        }
        bits[word] = equal;
    }
}

SIMDPREP_AVX512 void equal_words_avx512(const std::byte* bytes, std::size_t distance, std::size_t words,
                                        std::uint64_t* bits) {
    for (std::size_t word = 0; word < words; ++word) {
        const std::byte* at = bytes + word * word_bits;
        bits[word] = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at), _mm512_loadu_si512(at - distance));
    }
}

#endif

void equal_words(const std::byte* bytes, std::size_t distance, std::size_t words, std::uint64_t* bits) {
#if SIMDPREP_X86
    switch (isa()) {
        case Isa::avx512: return equal_words_avx512(bytes, distance, words, bits);
        case Isa::avx2: return equal_words_avx2(bytes, distance, words, bits);
        case Isa::scalar: break;
    }
#endif
    equal_words_scalar(bytes, distance, words, bits);
}

std::uint64_t equal_of_few(const std::byte* bytes, std::size_t distance, std::size_t first, std::size_t count) {
    std::uint64_t equal = 0;
    for (std::size_t i = first; i < count; ++i) {
        equal |= std::uint64_t{bytes[i] == *(bytes + i - distance)} << i;
    }
    return equal;
}

// The 57 or more bits from bit `at` on; those above are zero.
std::uint64_t window(const std::uint64_t* bits, std::size_t at) {
    return load(reinterpret_cast<const std::byte*>(bits) + at / 8) >> (at % 8);
}
constexpr std::size_t window_bits = 57;

// Runs of ones that go on from `at`.
std::size_t run_length(const std::uint64_t* bits, std::size_t at) {
    std::size_t length = 0;
    while (true) {
        const auto ones = static_cast<std::size_t>(std::countr_one(window(bits, at + length)));
        length += std::min(ones, window_bits);
        if (ones < window_bits) {
            return length;
        }
    }
}

// Copies 64 literals where there is room to read them, and else the `count` that are wanted.
Token* put_literals(const std::byte* from, std::size_t count, bool room, Token* out) {
    const std::size_t copied = room ? token_slack : count;
    if (room) {
        for (std::size_t i = 0; i < token_slack; ++i) {
            out[i] = std::to_integer<Token>(from[i]);
        }
    } else {
        for (std::size_t i = 0; i < copied; ++i) {
            out[i] = std::to_integer<Token>(from[i]);
        }
    }
    return out + count;
}

// Cuts a run into matches none of which is shorter than three.
Token* put_run(std::size_t length, Token* out) {
    const auto match = [&out](std::size_t size) { *out++ = static_cast<Token>(first_match + size - shortest_match); };
    while (length >= longest_match + shortest_match || length == longest_match) {
        match(longest_match);
        length -= longest_match;
    }
    if (length > longest_match) {
        match(length - shortest_match);
        length = shortest_match;
    }
    if (length > 0) {
        match(length);
    }
    return out;
}

}  // namespace

void equal_bits(std::span<const std::byte> bytes, std::size_t begin, std::size_t end, std::size_t distance,
                std::vector<std::uint64_t>& bits) {
    const std::size_t size = end - begin;
    const std::size_t words = size / word_bits;
    bits.resize(words + 3);  // one for what is left, two of zeros so that any window can be read
    const std::byte* from = bytes.data() + begin;
    std::size_t first = 0;  // whole words before it have bytes with none `distance` before
    for (; first < words && begin + first * word_bits < distance; ++first) {
        const std::size_t lacking = std::min(distance - begin - first * word_bits, word_bits);
        bits[first] = equal_of_few(from + first * word_bits, distance, lacking, word_bits);
    }
    equal_words(from + first * word_bits, distance, words - first, bits.data() + first);
    const std::size_t at = words * word_bits;
    const std::size_t lacking = begin + at < distance ? distance - begin - at : 0;
    bits[words] = equal_of_few(from + at, distance, lacking, size - at);
    bits[words + 1] = 0;
    bits[words + 2] = 0;
}

std::size_t run_tokens(std::span<const std::byte> bytes, std::size_t begin, std::size_t end, std::size_t distance,
                       std::size_t shortest, Token* out) {
    thread_local std::vector<std::uint64_t> scratch;
    equal_bits(bytes, begin, end, distance, scratch);
    const std::uint64_t* bits = scratch.data();
    const std::byte* from = bytes.data() + begin;
    const std::size_t size = end - begin;
    const std::size_t readable = bytes.size() - begin;
    const std::size_t step = window_bits - shortest + 1;  // so many bits of a window tell whether a run begins there
    Token* at = out;
    std::size_t i = 0;
    while (i < size) {
        const std::uint64_t equal = window(bits, i);
        std::uint64_t begins = equal;
        for (std::size_t shift = 1; shift < shortest; ++shift) {
            begins &= equal >> shift;
        }
        begins &= (std::uint64_t{1} << step) - 1;
        const std::size_t literals = begins == 0 ? step : static_cast<std::size_t>(std::countr_zero(begins));
        const std::size_t taken = std::min(literals, size - i);
        at = put_literals(from + i, taken, i + token_slack <= readable, at);
        i += taken;
        if (begins != 0) {
            const std::size_t length = run_length(bits, i);
            at = put_run(length, at);
            i += length;
        }
    }
    return static_cast<std::size_t>(at - out);
}

void count_tokens(const Token* tokens, std::size_t size, TokenCounts& counts) {
    // Four tables, for equal neighbours would wait for each other.
    std::array<TokenCounts, 4> tables{};
    std::size_t i = 0;
    for (; i + 4 <= size; i += 4) {
        const std::uint64_t four = load(tokens + i);
        ++tables[0][four & 0xffff];
        ++tables[1][four >> 16 & 0xffff];
        ++tables[2][four >> 32 & 0xffff];
        ++tables[3][four >> 48];
    }
    for (; i < size; ++i) {
        ++tables[0][tokens[i]];
    }
    for (std::size_t token = 0; token < num_tokens; ++token) {
        counts[token] = tables[0][token] + tables[1][token] + tables[2][token] + tables[3][token];
    }
}

}  // namespace simdprep::detail
