// Slots, written in whole vectors. Which entries a vector takes is a mask made from the length of its list and
// no branch: lengths are as good as random, and a wrong guess would cost more than the vector.
//
// Streaming stores were measured and do not pay, on one thread or four, within the cache or beyond it: half the
// lines are written in two halves, and the fill values cost no reading anyway.
#include "simdprep/detail/slots.hpp"

#include <algorithm>
#include <cstring>

#include "simdprep/detail/cpu.hpp"
#include "simdprep/error.hpp"

#if SIMDPREP_X86
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

std::uint64_t kept_of(const std::int64_t* offsets, std::uint64_t list, std::uint64_t pad) {
    return std::min(static_cast<std::uint64_t>(offsets[list + 1] - offsets[list]), pad);
}

template <typename T>
void repeat(T value, std::uint64_t count, std::byte* out) {
    for (std::uint64_t at = 0; at < count; ++at) std::memcpy(out + at * sizeof(T), &value, sizeof(T));
}

template <typename T>
void write_slots_scalar(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists, const Slots& slots,
                        std::byte* out) {
    T fill;
    std::memcpy(&fill, slots.fill, sizeof(T));
    for (std::uint64_t list = 0; list < lists; ++list, out += slots.pad * sizeof(T)) {
        const std::uint64_t kept = kept_of(offsets, list, slots.pad);
        if (kept > 0) std::memcpy(out, content + static_cast<std::uint64_t>(offsets[list]) * sizeof(T), kept * sizeof(T));
        repeat(fill, slots.pad - kept, out + kept * sizeof(T));
    }
}

void write_slots_scalar(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists, const Slots& slots,
                        std::byte* out) {
    switch (slots.size) {
        case 1: return write_slots_scalar<std::uint8_t>(content, offsets, lists, slots, out);
        case 2: return write_slots_scalar<std::uint16_t>(content, offsets, lists, slots, out);
        case 4: return write_slots_scalar<std::uint32_t>(content, offsets, lists, slots, out);
        case 8: return write_slots_scalar<std::uint64_t>(content, offsets, lists, slots, out);
        default: throw InternalError(expected("size of a slot", slots.size, "1, 2, 4 or 8 bytes"));
    }
}

void write_valid_scalar(const std::int64_t* offsets, std::uint64_t lists, std::uint64_t pad, std::uint8_t* valid) {
    for (std::uint64_t list = 0; list < lists; ++list, valid += pad) {
        const std::uint64_t kept = kept_of(offsets, list, pad);
        std::memset(valid, 1, kept);
        std::memset(valid + kept, 0, pad - kept);
    }
}

#if SIMDPREP_X86

// The fill value over and over, for one vector.
struct alignas(64) Pattern {
    std::byte bytes[64] = {};
    explicit Pattern(const Slots& slots) {
        if (slots.size == 0 || sizeof(bytes) % slots.size != 0)
            throw InternalError(expected("size of a slot", slots.size, "1, 2, 4 or 8 bytes"));
        for (std::size_t at = 0; at < sizeof(bytes); at += slots.size) std::memcpy(bytes + at, slots.fill, slots.size);
    }
};

// ---- AVX-512: masked loads and stores touch nothing outside of their mask.

// The lowest `count` of 64 bits; none where it is negative.
SIMDPREP_AVX512 inline __mmask64 low_bits(std::int64_t count) {
    return _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(std::clamp<std::int64_t>(count, 0, 64)));
}

SIMDPREP_AVX512 void write_slots_avx512(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                                        const Slots& slots, std::byte* out) {
    const Pattern pattern(slots);
    const __m512i fill = _mm512_load_si512(pattern.bytes);
    const auto list_bytes = static_cast<std::int64_t>(slots.pad * slots.size);
    const std::int64_t whole = list_bytes / 64 * 64;
    const __mmask64 rest = low_bits(list_bytes - whole);
    for (std::uint64_t list = 0; list < lists; ++list, out += list_bytes) {
        const std::byte* from = content + static_cast<std::uint64_t>(offsets[list]) * slots.size;
        const auto bytes = static_cast<std::int64_t>(kept_of(offsets, list, slots.pad) * slots.size);
        for (std::int64_t at = 0; at < whole; at += 64)
            _mm512_storeu_si512(out + at, _mm512_mask_loadu_epi8(fill, low_bits(bytes - at), from + at));
        if (rest != 0)
            _mm512_mask_storeu_epi8(out + whole, rest,
                                    _mm512_mask_loadu_epi8(fill, low_bits(bytes - whole), from + whole));
    }
}

SIMDPREP_AVX512 void write_valid_avx512(const std::int64_t* offsets, std::uint64_t lists, std::uint64_t pad,
                                        std::uint8_t* valid) {
    const __m512i one = _mm512_set1_epi8(1);
    const auto slots = static_cast<std::int64_t>(pad);
    const std::int64_t whole = slots / 64 * 64;
    const __mmask64 rest = low_bits(slots - whole);
    for (std::uint64_t list = 0; list < lists; ++list, valid += pad) {
        const std::int64_t count = offsets[list + 1] - offsets[list];
        for (std::int64_t at = 0; at < whole; at += 64)
            _mm512_storeu_si512(valid + at, _mm512_maskz_mov_epi8(low_bits(count - at), one));
        if (rest != 0)
            _mm512_mask_storeu_epi8(valid + whole, rest, _mm512_maskz_mov_epi8(low_bits(count - whole), one));
    }
}

// ---- AVX2: whole vectors only. A list's last one runs over into the slots of the next lists, which are written
// after it, and reads entries of theirs, which are blended out; the last lists, with nothing after them, are
// written the scalar way.

struct alignas(64) SlidingMask {
    std::byte bytes[64];
    constexpr SlidingMask() : bytes{} { std::fill_n(bytes, 32, std::byte{0xff}); }
};
constexpr SlidingMask sliding_mask;

// The lowest `count` of 32 bytes; none where it is negative.
SIMDPREP_AVX2 inline __m256i low_bytes(std::int64_t count) {
    const std::byte* at = sliding_mask.bytes + 32 - std::clamp<std::int64_t>(count, 0, 32);
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

// How many of the first lists may run over by less than a vector, where each writes `list_bytes`.
std::uint64_t lists_before_end(std::uint64_t lists, std::uint64_t list_bytes) {
    const std::uint64_t last = 1 + 31 / list_bytes;
    return lists > last ? lists - last : 0;
}

SIMDPREP_AVX2 void write_slots_avx2(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                                    const Slots& slots, std::byte* out) {
    const auto list_bytes = static_cast<std::int64_t>(slots.pad * slots.size);
    std::uint64_t safe = lists_before_end(lists, slots.pad * slots.size);
    const auto reach = static_cast<std::int64_t>((slots.pad * slots.size + 31) / 32 * 32 / slots.size);
    while (safe > 0 && offsets[safe - 1] + reach > offsets[lists]) --safe;

    const Pattern pattern(slots);
    const __m256i fill = _mm256_load_si256(reinterpret_cast<const __m256i*>(pattern.bytes));
    for (std::uint64_t list = 0; list < safe; ++list, out += list_bytes) {
        const std::byte* from = content + static_cast<std::uint64_t>(offsets[list]) * slots.size;
        const auto bytes = static_cast<std::int64_t>(kept_of(offsets, list, slots.pad) * slots.size);
        for (std::int64_t at = 0; at < list_bytes; at += 32) {
            const __m256i entries = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + at));
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + at),
                                _mm256_blendv_epi8(fill, entries, low_bytes(bytes - at)));
        }
    }
    write_slots_scalar(content, offsets + safe, lists - safe, slots, out);
}

SIMDPREP_AVX2 void write_valid_avx2(const std::int64_t* offsets, std::uint64_t lists, std::uint64_t pad,
                                    std::uint8_t* valid) {
    const std::uint64_t safe = lists_before_end(lists, pad);
    const __m256i one = _mm256_set1_epi8(1);
    const auto slots = static_cast<std::int64_t>(pad);
    for (std::uint64_t list = 0; list < safe; ++list, valid += pad) {
        const std::int64_t count = offsets[list + 1] - offsets[list];
        for (std::int64_t at = 0; at < slots; at += 32)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(valid + at), _mm256_and_si256(low_bytes(count - at), one));
    }
    write_valid_scalar(offsets + safe, lists - safe, pad, valid);
}

#endif

}  // namespace

void write_slots(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists, const Slots& slots,
                 std::byte* out) {
    if (slots.pad == 0) return;
#if SIMDPREP_X86
    if (isa() == Isa::avx512) return write_slots_avx512(content, offsets, lists, slots, out);
    if (isa() == Isa::avx2) return write_slots_avx2(content, offsets, lists, slots, out);
#endif
    write_slots_scalar(content, offsets, lists, slots, out);
}

void write_valid(const std::int64_t* offsets, std::uint64_t lists, std::uint64_t pad, std::uint8_t* valid) {
    if (pad == 0) return;
#if SIMDPREP_X86
    if (isa() == Isa::avx512) return write_valid_avx512(offsets, lists, pad, valid);
    if (isa() == Isa::avx2) return write_valid_avx2(offsets, lists, pad, valid);
#endif
    write_valid_scalar(offsets, lists, pad, valid);
}

}  // namespace simdprep::detail
