// A square of 16 fields and 16 items is transposed in registers: columns are read and items written in whole vectors.
#include "simdprep/detail/interleave.hpp"

#include <algorithm>

#include "simdprep/detail/cpu.hpp"

#if SIMDPREP_X86
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

void interleave_scalar(const float* columns, std::size_t column_stride, std::size_t fields, std::size_t count,
                       float* items, std::size_t item_stride) {
    for (std::size_t field = 0; field < fields; ++field)
        for (std::size_t item = 0; item < count; ++item)
            items[item * item_stride + field] = columns[field * column_stride + item];
}

#if SIMDPREP_X86

SIMDPREP_AVX512 inline __m512 join_low(__m512 a, __m512 b) {
    return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

SIMDPREP_AVX512 inline __m512 join_high(__m512 a, __m512 b) {
    return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

// Pairs of rows, pairs of pairs, quarters, halves: after each step twice as much of a row stands together.
SIMDPREP_AVX512 inline void transpose16(__m512 (&row)[16]) {
    __m512 other[16];
    for (std::size_t i = 0; i < 16; i += 2) {
        other[i] = _mm512_unpacklo_ps(row[i], row[i + 1]);
        other[i + 1] = _mm512_unpackhi_ps(row[i], row[i + 1]);
    }
    for (std::size_t i = 0; i < 16; i += 4) {
        row[i] = join_low(other[i], other[i + 2]);
        row[i + 1] = join_high(other[i], other[i + 2]);
        row[i + 2] = join_low(other[i + 1], other[i + 3]);
        row[i + 3] = join_high(other[i + 1], other[i + 3]);
    }
    for (std::size_t half = 0; half < 16; half += 8) {
        for (std::size_t i = 0; i < 4; ++i) {
            other[half + i] = _mm512_shuffle_f32x4(row[half + i], row[half + i + 4], 0x88);
            other[half + i + 4] = _mm512_shuffle_f32x4(row[half + i], row[half + i + 4], 0xdd);
        }
    }
    for (std::size_t i = 0; i < 8; ++i) {
        row[i] = _mm512_shuffle_f32x4(other[i], other[i + 8], 0x88);
        row[i + 8] = _mm512_shuffle_f32x4(other[i], other[i + 8], 0xdd);
    }
}

SIMDPREP_AVX512 void interleave_avx512(const float* columns, std::size_t column_stride, std::size_t fields,
                                       std::size_t count, float* items, std::size_t item_stride) {
    const auto stored = static_cast<__mmask16>((1U << fields) - 1);
    for (std::size_t at = 0; at < count; at += 16) {
        const std::size_t here = std::min<std::size_t>(16, count - at);
        const auto loaded = static_cast<__mmask16>((1U << here) - 1);
        __m512 row[16];
        for (std::size_t field = 0; field < 16; ++field) {
            row[field] = field < fields ? _mm512_maskz_loadu_ps(loaded, columns + field * column_stride + at)
                                        : _mm512_setzero_ps();
        }
        transpose16(row);
        for (std::size_t item = 0; item < 16; ++item)
            if (item < here) _mm512_mask_storeu_ps(items + (at + item) * item_stride, stored, row[item]);
    }
}

SIMDPREP_AVX2 inline void transpose8(__m256 (&row)[8]) {
    __m256 other[8];
    for (std::size_t i = 0; i < 8; i += 2) {
        other[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        other[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (std::size_t i = 0; i < 8; i += 4) {
        row[i] = _mm256_shuffle_ps(other[i], other[i + 2], 0x44);
        row[i + 1] = _mm256_shuffle_ps(other[i], other[i + 2], 0xee);
        row[i + 2] = _mm256_shuffle_ps(other[i + 1], other[i + 3], 0x44);
        row[i + 3] = _mm256_shuffle_ps(other[i + 1], other[i + 3], 0xee);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        other[i] = _mm256_permute2f128_ps(row[i], row[i + 4], 0x20);
        other[i + 4] = _mm256_permute2f128_ps(row[i], row[i + 4], 0x31);
    }
    std::copy_n(other, 8, row);
}

SIMDPREP_AVX2 void interleave_avx2(const float* columns, std::size_t column_stride, std::size_t fields,
                                   std::size_t count, float* items, std::size_t item_stride) {
    const std::size_t whole = count / 8 * 8;
    std::size_t field = 0;
    for (; field + 8 <= fields; field += 8) {
        for (std::size_t at = 0; at < whole; at += 8) {
            __m256 row[8];
            for (std::size_t i = 0; i < 8; ++i) row[i] = _mm256_loadu_ps(columns + (field + i) * column_stride + at);
            transpose8(row);
            for (std::size_t i = 0; i < 8; ++i) _mm256_storeu_ps(items + (at + i) * item_stride + field, row[i]);
        }
        interleave_scalar(columns + field * column_stride + whole, column_stride, 8, count - whole,
                          items + whole * item_stride + field, item_stride);
    }
    for (; field + 4 <= fields; field += 4) {
        const std::size_t fours = count / 4 * 4;
        for (std::size_t at = 0; at < fours; at += 4) {
            __m128 row[4];
            for (std::size_t i = 0; i < 4; ++i) row[i] = _mm_loadu_ps(columns + (field + i) * column_stride + at);
            _MM_TRANSPOSE4_PS(row[0], row[1], row[2], row[3]);
            for (std::size_t i = 0; i < 4; ++i) _mm_storeu_ps(items + (at + i) * item_stride + field, row[i]);
        }
        interleave_scalar(columns + field * column_stride + fours, column_stride, 4, count - fours,
                          items + fours * item_stride + field, item_stride);
    }
    interleave_scalar(columns + field * column_stride, column_stride, fields - field, count, items + field, item_stride);
}

#endif

}  // namespace

void interleave(const float* columns, std::size_t column_stride, std::size_t fields, std::size_t count, float* items,
                std::size_t item_stride) {
#if SIMDPREP_X86
    if (isa() == Isa::avx512) return interleave_avx512(columns, column_stride, fields, count, items, item_stride);
    if (isa() == Isa::avx2) return interleave_avx2(columns, column_stride, fields, count, items, item_stride);
#endif
    interleave_scalar(columns, column_stride, fields, count, items, item_stride);
}

}  // namespace simdprep::detail
