// The logarithm: the argument is 2^k * z with z about 1, z lies in one of 16 bins, and multiplied by the reciprocal c of
// about the bin's middle is 1 + r with |r| <= 1/16. So log = k * log(2) - log(c) + log(1 + r), the last by its series up
// to r^7. Near 1, where the result is small, k is 0 and c is 1: all its digits are those of r. sums, products and quotients
// of doubles, in one order: every instruction set makes the same bits.
#include "simdprep/detail/item_transform.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "simdprep/detail/cpu.hpp"

#if SIMDPREP_X86
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double smallest_normal = std::numeric_limits<double>::min();

constexpr std::int64_t lowest_z = 0x3fe6000000000000;  // 0.6875: z is from there to twice that
constexpr std::uint64_t exponent_mask = 0xfff0000000000000;
constexpr double log_2 = 0x1.62e42fefa39efp-1;

alignas(64) constexpr double reciprocal[16] = {
    364.0 / 256, 349.0 / 256, 334.0 / 256, 321.0 / 256, 309.0 / 256, 298.0 / 256, 287.0 / 256, 278.0 / 256,
    269.0 / 256, 256.0 / 256, 256.0 / 256, 234.0 / 256, 221.0 / 256, 210.0 / 256, 200.0 / 256, 191.0 / 256};
// Minus the logarithms of these.
alignas(64) constexpr double log_of_bin[16] = {
    -0x1.686c81e9b14afp-2, -0x1.3d54fa5c1f710p-2, -0x1.1058bf9ae4ad5p-2, -0x1.cf6354e09c5dcp-3,
    -0x1.815c0a14357ebp-3, -0x1.371fc201e8f74p-3, -0x1.d4313d66cb35dp-4, -0x1.51b073f06183fp-4,
    -0x1.95c830ec8e3ebp-5, 0x0.0p+0,              0x0.0p+0,              0x1.700d30aeac0e1p-4,
    0x1.2d1610c86813ap-3,  0x1.95a5adcf7017fp-3,  0x1.f991c6cb3b379p-3,  0x1.2bef07cdc9354p-2};

constexpr double third = 1.0 / 3;
constexpr double fifth = 1.0 / 5;
constexpr double sixth = 1.0 / 6;
constexpr double seventh = 1.0 / 7;

// Of a normal, positive, finite number.
double log_of_normal(double value) {
    const auto bits = std::bit_cast<std::int64_t>(value);
    const std::int64_t above = bits - lowest_z;
    const auto bin = static_cast<std::size_t>(above >> 48) & 15;
    const auto k = static_cast<double>(above >> 52);
    const auto z = std::bit_cast<double>(bits - static_cast<std::int64_t>(static_cast<std::uint64_t>(above) & exponent_mask));
    const double r = z * reciprocal[bin] - 1.0;
    const double r2 = r * r;
    const double sum = (r * third - 0.5) + r2 * (r * fifth - 0.25);
    const double series = sum + (r2 * r2) * (r * seventh - sixth);
    return (k * log_2 + log_of_bin[bin]) + (r + r2 * series);
}

// Of any number.
double log_of(double value) {
    if (value >= smallest_normal && value < infinity) return log_of_normal(value);
    if (value == 0) return -infinity;
    if (value < 0) return std::numeric_limits<double>::quiet_NaN();
    if (value < smallest_normal) return log_of_normal(value * 0x1p54) - 54 * log_2;
    return value;  // infinity and NaN
}

void transform_scalar(const ItemTransform& transform, float* values, std::size_t count) {
    for (std::size_t at = 0; at < count; ++at) {
        double value = values[at];
        if (transform.takes_log) value = log_of(value + transform.log_offset);
        value = (value - transform.mean) / transform.std;
        const bool replaced = (transform.replaces_nan && std::isnan(value)) ||
                              (transform.replaces_infinite && std::isinf(value));
        if (value < transform.low) value = transform.low;
        if (value > transform.high) value = transform.high;
        values[at] = static_cast<float>(replaced ? transform.replacement : value);
    }
}

#if SIMDPREP_X86

SIMDPREP_AVX512 inline __m512d log_avx512(__m512d value) {
    const __m512i bits = _mm512_castpd_si512(value);
    const __m512i above = _mm512_sub_epi64(bits, _mm512_set1_epi64(lowest_z));
    const __m512i bin = _mm512_srli_epi64(above, 48);  // of which permutations take the lowest 4 bits
    const __m512d k = _mm512_cvtepi64_pd(_mm512_srai_epi64(above, 52));
    const __m512i exponent = _mm512_and_si512(above, _mm512_set1_epi64(static_cast<std::int64_t>(exponent_mask)));
    const __m512d z = _mm512_castsi512_pd(_mm512_sub_epi64(bits, exponent));
    const __m512d c = _mm512_permutex2var_pd(_mm512_load_pd(reciprocal), bin, _mm512_load_pd(reciprocal + 8));
    const __m512d of_bin = _mm512_permutex2var_pd(_mm512_load_pd(log_of_bin), bin, _mm512_load_pd(log_of_bin + 8));
    const __m512d r = _mm512_sub_pd(_mm512_mul_pd(z, c), _mm512_set1_pd(1.0));
    const __m512d r2 = _mm512_mul_pd(r, r);
    const __m512d first = _mm512_sub_pd(_mm512_mul_pd(r, _mm512_set1_pd(third)), _mm512_set1_pd(0.5));
    const __m512d second = _mm512_sub_pd(_mm512_mul_pd(r, _mm512_set1_pd(fifth)), _mm512_set1_pd(0.25));
    const __m512d last = _mm512_sub_pd(_mm512_mul_pd(r, _mm512_set1_pd(seventh)), _mm512_set1_pd(sixth));
    const __m512d sum = _mm512_add_pd(first, _mm512_mul_pd(r2, second));
    const __m512d series = _mm512_add_pd(sum, _mm512_mul_pd(_mm512_mul_pd(r2, r2), last));
    return _mm512_add_pd(_mm512_add_pd(_mm512_mul_pd(k, _mm512_set1_pd(log_2)), of_bin),
                         _mm512_add_pd(r, _mm512_mul_pd(r2, series)));
}

// As log_of(); those not in `here` may be anything.
SIMDPREP_AVX512 inline __m512d log_of_any_avx512(__m512d value, __mmask8 here) {
    const __m512d zero = _mm512_setzero_pd();
    const __m512d end = _mm512_set1_pd(infinity);
    const auto normal = static_cast<__mmask8>(_mm512_cmp_pd_mask(value, _mm512_set1_pd(smallest_normal), _CMP_GE_OQ) &
                                              _mm512_cmp_pd_mask(value, end, _CMP_LT_OQ));
    __m512d result = log_avx512(value);
    if ((here & ~normal) == 0) return result;
    const __m512d nan = _mm512_set1_pd(std::numeric_limits<double>::quiet_NaN());
    result = _mm512_mask_mov_pd(result, _mm512_cmp_pd_mask(value, zero, _CMP_LT_OQ), nan);
    result = _mm512_mask_mov_pd(result, _mm512_cmp_pd_mask(value, zero, _CMP_EQ_OQ), _mm512_set1_pd(-infinity));
    result = _mm512_mask_mov_pd(result, _mm512_cmp_pd_mask(value, end, _CMP_NLT_UQ), value);  // infinity and NaN
    const auto below = static_cast<__mmask8>(_mm512_cmp_pd_mask(value, zero, _CMP_GT_OQ) &
                                             _mm512_cmp_pd_mask(value, _mm512_set1_pd(smallest_normal), _CMP_LT_OQ));
    if ((here & below) == 0) return result;
    alignas(64) double of[8];
    _mm512_store_pd(of, value);
    for (double& one : of) one = log_of(one);
    return _mm512_mask_mov_pd(result, below, _mm512_load_pd(of));
}

// As _mm512_fpclass_pd_mask() names classes of numbers.
constexpr int nan_class = 0x81;
constexpr int infinite_class = 0x18;

// What is asked for is known to the compiler: to ask for each vector takes a tenth of the time.
template <bool takes_log, int replaced_classes>
SIMDPREP_AVX512 void transform_avx512(const ItemTransform& transform, float* values, std::size_t count) {
    const __m512d offset = _mm512_set1_pd(transform.log_offset);
    const __m512d mean = _mm512_set1_pd(transform.mean);
    const __m512d deviation = _mm512_set1_pd(transform.std);
    const __m512d low = _mm512_set1_pd(transform.low);
    const __m512d high = _mm512_set1_pd(transform.high);
    const __m512d replacement = _mm512_set1_pd(transform.replacement);
    for (std::size_t at = 0; at < count; at += 8) {
        const auto here = static_cast<__mmask8>(count - at >= 8 ? 0xff : (1U << (count - at)) - 1);
        __m512d value = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(here, values + at));
        if constexpr (takes_log) value = log_of_any_avx512(_mm512_add_pd(value, offset), here);
        value = _mm512_div_pd(_mm512_sub_pd(value, mean), deviation);
        // Where one is NaN, these return their second.
        __m512d within = _mm512_min_pd(high, _mm512_max_pd(low, value));
        if constexpr (replaced_classes != 0)
            within = _mm512_mask_mov_pd(within, _mm512_fpclass_pd_mask(value, replaced_classes), replacement);
        _mm256_mask_storeu_ps(values + at, here, _mm512_cvtpd_ps(within));
    }
}

template <bool takes_log>
void transform_avx512(const ItemTransform& transform, float* values, std::size_t count) {
    if (transform.replaces_nan && transform.replaces_infinite)
        return transform_avx512<takes_log, nan_class | infinite_class>(transform, values, count);
    if (transform.replaces_nan) return transform_avx512<takes_log, nan_class>(transform, values, count);
    if (transform.replaces_infinite) return transform_avx512<takes_log, infinite_class>(transform, values, count);
    transform_avx512<takes_log, 0>(transform, values, count);
}

void transform_avx512(const ItemTransform& transform, float* values, std::size_t count) {
    if (transform.takes_log) return transform_avx512<true>(transform, values, count);
    transform_avx512<false>(transform, values, count);
}

SIMDPREP_AVX2 inline __m256d log_avx2(__m256d value) {
    const __m256i bits = _mm256_castpd_si256(value);
    const __m256i above = _mm256_sub_epi64(bits, _mm256_set1_epi64x(lowest_z));
    const __m256i bin = _mm256_and_si256(_mm256_srli_epi64(above, 48), _mm256_set1_epi64x(15));
    const __m256i shifted = _mm256_permutevar8x32_epi32(_mm256_srai_epi32(above, 20), _mm256_setr_epi32(1, 3, 5, 7, 1, 3, 5, 7));
    const __m256d k = _mm256_cvtepi32_pd(_mm256_castsi256_si128(shifted));
    const __m256i exponent = _mm256_and_si256(above, _mm256_set1_epi64x(static_cast<std::int64_t>(exponent_mask)));
    const __m256d z = _mm256_castsi256_pd(_mm256_sub_epi64(bits, exponent));
    const __m256d c = _mm256_i64gather_pd(reciprocal, bin, 8);
    const __m256d of_bin = _mm256_i64gather_pd(log_of_bin, bin, 8);
    const __m256d r = _mm256_sub_pd(_mm256_mul_pd(z, c), _mm256_set1_pd(1.0));
    const __m256d r2 = _mm256_mul_pd(r, r);
    const __m256d first = _mm256_sub_pd(_mm256_mul_pd(r, _mm256_set1_pd(third)), _mm256_set1_pd(0.5));
    const __m256d second = _mm256_sub_pd(_mm256_mul_pd(r, _mm256_set1_pd(fifth)), _mm256_set1_pd(0.25));
    const __m256d last = _mm256_sub_pd(_mm256_mul_pd(r, _mm256_set1_pd(seventh)), _mm256_set1_pd(sixth));
    const __m256d sum = _mm256_add_pd(first, _mm256_mul_pd(r2, second));
    const __m256d series = _mm256_add_pd(sum, _mm256_mul_pd(_mm256_mul_pd(r2, r2), last));
    return _mm256_add_pd(_mm256_add_pd(_mm256_mul_pd(k, _mm256_set1_pd(log_2)), of_bin),
                         _mm256_add_pd(r, _mm256_mul_pd(r2, series)));
}

// As log_of().
SIMDPREP_AVX2 inline __m256d log_of_any_avx2(__m256d value) {
    const __m256d zero = _mm256_setzero_pd();
    const __m256d end = _mm256_set1_pd(infinity);
    const __m256d below = _mm256_cmp_pd(value, _mm256_set1_pd(smallest_normal), _CMP_LT_OQ);
    const __m256d beyond = _mm256_cmp_pd(value, end, _CMP_NLT_UQ);  // infinity and NaN
    __m256d result = log_avx2(value);
    if (_mm256_movemask_pd(_mm256_or_pd(below, beyond)) == 0) return result;
    const __m256d nan = _mm256_set1_pd(std::numeric_limits<double>::quiet_NaN());
    result = _mm256_blendv_pd(result, nan, _mm256_cmp_pd(value, zero, _CMP_LT_OQ));
    result = _mm256_blendv_pd(result, _mm256_set1_pd(-infinity), _mm256_cmp_pd(value, zero, _CMP_EQ_OQ));
    result = _mm256_blendv_pd(result, value, beyond);
    const __m256d tiny = _mm256_and_pd(below, _mm256_cmp_pd(value, zero, _CMP_GT_OQ));
    if (_mm256_movemask_pd(tiny) == 0) return result;
    alignas(32) double of[4];
    _mm256_store_pd(of, value);
    for (double& one : of) one = log_of(one);
    return _mm256_blendv_pd(result, _mm256_load_pd(of), tiny);
}

SIMDPREP_AVX2 void transform_avx2(const ItemTransform& transform, float* values, std::size_t count) {
    const __m256d mean = _mm256_set1_pd(transform.mean);
    const __m256d deviation = _mm256_set1_pd(transform.std);
    const __m256d low = _mm256_set1_pd(transform.low);
    const __m256d high = _mm256_set1_pd(transform.high);
    const __m256d replacement = _mm256_set1_pd(transform.replacement);
    const __m256d sign = _mm256_set1_pd(-0.0);
    const __m256d no_end = _mm256_set1_pd(infinity);
    const __m256d if_nan = transform.replaces_nan ? _mm256_castsi256_pd(_mm256_set1_epi64x(-1)) : _mm256_setzero_pd();
    const __m256d if_infinite = transform.replaces_infinite ? _mm256_castsi256_pd(_mm256_set1_epi64x(-1)) : _mm256_setzero_pd();
    const std::size_t whole = count / 4 * 4;
    for (std::size_t at = 0; at < whole; at += 4) {
        __m256d value = _mm256_cvtps_pd(_mm_loadu_ps(values + at));
        if (transform.takes_log) {
            const __m256d argument = _mm256_add_pd(value, _mm256_set1_pd(transform.log_offset));
            value = log_of_any_avx2(argument);
        }
        value = _mm256_div_pd(_mm256_sub_pd(value, mean), deviation);
        const __m256d nan = _mm256_and_pd(if_nan, _mm256_cmp_pd(value, value, _CMP_UNORD_Q));
        const __m256d infinite = _mm256_and_pd(if_infinite, _mm256_cmp_pd(_mm256_andnot_pd(sign, value), no_end, _CMP_EQ_OQ));
        value = _mm256_min_pd(high, _mm256_max_pd(low, value));
        value = _mm256_blendv_pd(value, replacement, _mm256_or_pd(nan, infinite));
        _mm_storeu_ps(values + at, _mm256_cvtpd_ps(value));
    }
    transform_scalar(transform, values + whole, count - whole);
}

#endif

}  // namespace

void transform_items(const ItemTransform& transform, float* values, std::size_t count) {
#if SIMDPREP_X86
    if (isa() == Isa::avx512) return transform_avx512(transform, values, count);
    if (isa() == Isa::avx2) return transform_avx2(transform, values, count);
#endif
    transform_scalar(transform, values, count);
}

}  // namespace simdprep::detail
