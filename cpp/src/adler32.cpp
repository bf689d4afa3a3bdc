// Two sums modulo 65521: a of the bytes, b of all a on the way. Over a block of n bytes x_0 .. x_n-1,
// b grows by n * a + sum of (n - i) * x_i: so a block's weighted sum can be taken by vectors.
#include "simdprep/detail/adler32.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "simdprep/detail/cpu.hpp"

#if SIMDPREP_X86
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

constexpr std::uint32_t modulus = 65521;

// The most bytes after which b still fits 32 bits, a multiple of all vector widths.
constexpr std::size_t most_bytes = 5504;

struct Sums {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
};

void add_scalar(Sums& sums, const std::byte* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        sums.a += std::to_integer<std::uint32_t>(bytes[i]);
        sums.b += sums.a;
    }
}

#if SIMDPREP_X86

template <std::size_t Lanes>
std::uint32_t total(const std::array<std::uint32_t, Lanes>& lanes) {
    return std::accumulate(lanes.begin(), lanes.end(), std::uint32_t{0});
}

// Each adds `size` bytes, a multiple of its vector's width.
SIMDPREP_AVX2 void add_avx2(Sums& sums, const std::byte* bytes, std::size_t size) {
    const __m256i weights = _mm256_set_epi8(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,  //
                                            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32);
    const __m256i zero = _mm256_setzero_si256();
    __m256i a = zero;         // sums of the bytes
    __m256i before = zero;    // sums of `a` as it was before each vector
    __m256i weighted = zero;  // weighted sums within the vectors
    for (std::size_t i = 0; i < size; i += 32) {
        const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i));
        before = _mm256_add_epi32(before, a);
        a = _mm256_add_epi32(a, _mm256_sad_epu8(x, zero));
        weighted = _mm256_add_epi32(weighted, _mm256_madd_epi16(_mm256_maddubs_epi16(x, weights), _mm256_set1_epi16(1)));
    }
    alignas(32) std::array<std::array<std::uint32_t, 8>, 3> lanes;
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes[0].data()), a);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes[1].data()), before);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes[2].data()), weighted);
    sums.b += static_cast<std::uint32_t>(size) * sums.a + 32 * total(lanes[1]) + total(lanes[2]);
    sums.a += total(lanes[0]);
}

SIMDPREP_AVX512 void add_avx512(Sums& sums, const std::byte* bytes, std::size_t size) {
    alignas(64) std::uint8_t descending[64];
    for (int i = 0; i < 64; ++i) {
        descending[i] = static_cast<std::uint8_t>(64 - i);
    }
    const __m512i weights = _mm512_load_si512(descending);
    const __m512i zero = _mm512_setzero_si512();
    __m512i a = zero;
    __m512i before = zero;
    __m512i weighted = zero;
    for (std::size_t i = 0; i < size; i += 64) {
        const __m512i x = _mm512_loadu_si512(bytes + i);
        before = _mm512_add_epi32(before, a);
        a = _mm512_add_epi32(a, _mm512_sad_epu8(x, zero));
        weighted = _mm512_add_epi32(weighted, _mm512_madd_epi16(_mm512_maddubs_epi16(x, weights), _mm512_set1_epi16(1)));
    }
    alignas(64) std::array<std::array<std::uint32_t, 16>, 3> lanes;
    _mm512_store_si512(lanes[0].data(), a);
    _mm512_store_si512(lanes[1].data(), before);
    _mm512_store_si512(lanes[2].data(), weighted);
    sums.b += static_cast<std::uint32_t>(size) * sums.a + 64 * total(lanes[1]) + total(lanes[2]);
    sums.a += total(lanes[0]);
}

#endif

}  // namespace

std::uint32_t adler32(std::span<const std::byte> bytes) {
    const Isa set = isa();
    Sums sums;
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), most_bytes);
        std::size_t done = 0;
#if SIMDPREP_X86
        if (set == Isa::avx512) {
            done = size / 64 * 64;
            add_avx512(sums, bytes.data(), done);
        } else if (set == Isa::avx2) {
            done = size / 32 * 32;
            add_avx2(sums, bytes.data(), done);
        }
#endif
        add_scalar(sums, bytes.data() + done, size - done);
        sums.a %= modulus;
        sums.b %= modulus;
        bytes = bytes.subspan(size);
    }
    static_cast<void>(set);
    return sums.b << 16 | sums.a;
}

}  // namespace simdprep::detail
