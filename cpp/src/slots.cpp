// Slots, written in whole vectors. Which entries a vector takes is a mask made from the length of its list and
// no branch: lengths are as good as random, and a wrong guess would cost more than the vector.
//
// Streaming stores of single fields were measured and do not pay, not even of two lists of 40 slots in five whole
// lines: within the cache they take 2.3 times as long, far beyond it 0.85 times, and the fill values cost no reading
// anyway. They are for lists of items whose slots are many whole lines.
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

constexpr std::size_t line_bytes = 64;

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

// How many of the first lists may run over by less than a vector, where each writes `list_bytes`.
std::uint64_t lists_before_end(std::uint64_t lists, std::uint64_t list_bytes, std::uint64_t vector_bytes) {
    const std::uint64_t last = 1 + (vector_bytes - 1) / list_bytes;
    return lists > last ? lists - last : 0;
}

// ---- AVX-512: masked loads touch nothing outside of their mask. A list's last vector runs over into the slots of
// the next lists, which are written after it; masked stores, which do not, take half as long again, so they are for
// the last lists only. A mask of 64 slots is made once and shifted for each vector.

// The lowest `count` of 64 bits; none where it is negative.
SIMDPREP_AVX512 inline std::uint64_t low_bits(std::int64_t count) {
    return _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(std::clamp<std::int64_t>(count, 0, 64)));
}

// A vector of entries of `size` bytes: those whose bits are set in `there`, else the fill.
template <std::size_t size>
SIMDPREP_AVX512 inline __m512i entries_or(__m512i fill, std::uint64_t there, const std::byte* from) {
    if constexpr (size == 1) return _mm512_mask_loadu_epi8(fill, there, from);
    if constexpr (size == 2) return _mm512_mask_loadu_epi16(fill, static_cast<__mmask32>(there), from);
    if constexpr (size == 4) return _mm512_mask_loadu_epi32(fill, static_cast<__mmask16>(there), from);
    if constexpr (size == 8) return _mm512_mask_loadu_epi64(fill, static_cast<__mmask8>(there), from);
}

SIMDPREP_AVX512 inline void stream_line(std::byte* line, __m512i value) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(line), value);
}

// Up to 64 slots, in as many vectors.
template <std::size_t size, std::size_t vectors>
SIMDPREP_AVX512 inline void write_vectors(__m512i fill, std::uint64_t there, const std::byte* from, std::byte* out) {
#pragma GCC unroll 8
    for (std::size_t vector = 0; vector < vectors; ++vector)
        _mm512_storeu_si512(out + vector * 64,
                            entries_or<size>(fill, there >> (vector * (64 / size)), from + vector * 64));
}

// At most 64 slots a list.
template <std::size_t size, std::size_t vectors>
SIMDPREP_AVX512 void write_few_slots_avx512(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                                            const Slots& slots, std::byte* out) {
    const Pattern pattern(slots);
    const __m512i fill = _mm512_load_si512(pattern.bytes);
    const std::uint64_t pad = slots.pad;
    for (std::uint64_t list = 0; list < lists; ++list, out += pad * size) {
        const std::byte* from = content + static_cast<std::uint64_t>(offsets[list]) * size;
        const auto kept = static_cast<unsigned>(kept_of(offsets, list, pad));
        write_vectors<size, vectors>(fill, _bzhi_u64(~std::uint64_t{0}, kept), from, out);
    }
}

template <std::size_t size>
SIMDPREP_AVX512 void write_many_slots_avx512(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                                             const Slots& slots, std::byte* out) {
    const Pattern pattern(slots);
    const __m512i fill = _mm512_load_si512(pattern.bytes);
    const auto whole = static_cast<std::int64_t>(slots.pad / 64);
    const std::uint64_t rest = (slots.pad % 64 * size + 63) / 64;
    for (std::uint64_t list = 0; list < lists; ++list, out += slots.pad * size) {
        const std::byte* from = content + static_cast<std::uint64_t>(offsets[list]) * size;
        const auto kept = static_cast<std::int64_t>(kept_of(offsets, list, slots.pad));
        std::byte* to = out;
        for (std::int64_t part = 0; part < whole; ++part, from += 64 * size, to += 64 * size)
            write_vectors<size, size>(fill, low_bits(kept - part * 64), from, to);
        const std::uint64_t there = low_bits(kept - whole * 64);
        for (std::uint64_t vector = 0; vector < rest; ++vector, from += 64, to += 64)
            write_vectors<size, 1>(fill, there >> (vector * (64 / size)), from, to);
    }
}

// Takes the function for as many vectors as a list needs, where they are at most `most`.
template <std::size_t size, std::size_t most = size>
void write_slots_before_end(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                            const Slots& slots, std::byte* out) {
    if (slots.pad > 64) return write_many_slots_avx512<size>(content, offsets, lists, slots, out);
    if constexpr (most > 1)
        if (slots.pad * size <= (most - 1) * 64)
            return write_slots_before_end<size, most - 1>(content, offsets, lists, slots, out);
    write_few_slots_avx512<size, most>(content, offsets, lists, slots, out);
}

// Lists of whole lines: one that is written in two halves is slow beyond all others.
SIMDPREP_AVX512 void stream_slots_avx512(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                                         const Slots& slots, std::byte* out) {
    const Pattern pattern(slots);
    const __m512i fill = _mm512_load_si512(pattern.bytes);
    for (std::uint64_t list = 0; list < lists; ++list) {
        const std::byte* from = content + static_cast<std::uint64_t>(offsets[list]) * slots.size;
        const std::uint64_t bytes = kept_of(offsets, list, slots.pad) * slots.size;
        std::byte* const end = out + slots.pad * slots.size;
        std::byte* const whole = out + bytes / 64 * 64;
        for (; out < whole; out += 64, from += 64) stream_line(out, _mm512_loadu_si512(from));
        if (bytes % 64 != 0) {
            stream_line(out, _mm512_mask_loadu_epi8(fill, low_bits(static_cast<std::int64_t>(bytes % 64)), from));
            out += 64;
        }
        for (; out < end; out += 64) stream_line(out, fill);
    }
    _mm_sfence();  // other threads see them with all that is written after
}

SIMDPREP_AVX512 void write_last_slots_avx512(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                                             const Slots& slots, std::byte* out) {
    const Pattern pattern(slots);
    const __m512i fill = _mm512_load_si512(pattern.bytes);
    const auto list_bytes = static_cast<std::int64_t>(slots.pad * slots.size);
    for (std::uint64_t list = 0; list < lists; ++list, out += list_bytes) {
        const std::byte* from = content + static_cast<std::uint64_t>(offsets[list]) * slots.size;
        const auto bytes = static_cast<std::int64_t>(kept_of(offsets, list, slots.pad) * slots.size);
        for (std::int64_t at = 0; at < list_bytes; at += 64)
            _mm512_mask_storeu_epi8(out + at, low_bits(list_bytes - at),
                                    _mm512_mask_loadu_epi8(fill, low_bits(bytes - at), from + at));
    }
}

void write_slots_avx512(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists, const Slots& slots,
                        std::byte* out) {
    const std::uint64_t list_bytes = slots.pad * slots.size;
    const std::uint64_t safe = list_bytes == 0 ? 0 : lists_before_end(lists, list_bytes, 64);
    switch (slots.size) {
        case 1: write_slots_before_end<1>(content, offsets, safe, slots, out); break;
        case 2: write_slots_before_end<2>(content, offsets, safe, slots, out); break;
        case 4: write_slots_before_end<4>(content, offsets, safe, slots, out); break;
        case 8: write_slots_before_end<8>(content, offsets, safe, slots, out); break;
        default: break;  // what it is given to says what is wrong
    }
    write_last_slots_avx512(content, offsets + safe, lists - safe, slots, out + safe * list_bytes);
}

// Up to 64 slots a list.
SIMDPREP_AVX512 void write_few_valid_avx512(const std::int64_t* offsets, std::uint64_t lists, std::uint64_t pad,
                                            std::uint8_t* valid) {
    const __m512i one = _mm512_set1_epi8(1);
    for (std::uint64_t list = 0; list < lists; ++list, valid += pad) {
        const auto kept = static_cast<unsigned>(kept_of(offsets, list, pad));
        _mm512_storeu_si512(valid, _mm512_maskz_mov_epi8(_bzhi_u64(~std::uint64_t{0}, kept), one));
    }
}

SIMDPREP_AVX512 void write_valid_avx512(const std::int64_t* offsets, std::uint64_t lists, std::uint64_t pad,
                                        std::uint8_t* valid) {
    const std::uint64_t few = pad <= 64 ? lists_before_end(lists, pad, 64) : 0;
    write_few_valid_avx512(offsets, few, pad, valid);
    valid += few * pad;
    const __m512i one = _mm512_set1_epi8(1);
    const auto slots = static_cast<std::int64_t>(pad);
    const std::int64_t whole = slots / 64 * 64;
    const std::uint64_t rest = low_bits(slots - whole);
    for (std::uint64_t list = few; list < lists; ++list, valid += pad) {
        const std::int64_t count = offsets[list + 1] - offsets[list];
        for (std::int64_t slot = 0; slot < whole; slot += 64)
            _mm512_storeu_si512(valid + slot, _mm512_maskz_mov_epi8(low_bits(count - slot), one));
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

SIMDPREP_AVX2 void write_slots_avx2(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
                                    const Slots& slots, std::byte* out) {
    const auto list_bytes = static_cast<std::int64_t>(slots.pad * slots.size);
    std::uint64_t safe = lists_before_end(lists, slots.pad * slots.size, 32);
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
    const std::uint64_t safe = lists_before_end(lists, pad, 32);
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

bool can_stream(const Slots& slots, const std::byte* out) {
    return slots.pad * slots.size % line_bytes == 0 && reinterpret_cast<std::uintptr_t>(out) % line_bytes == 0;
}

void stream_slots(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists, const Slots& slots,
                  std::byte* out) {
#if SIMDPREP_X86
    if (isa() == Isa::avx512) return stream_slots_avx512(content, offsets, lists, slots, out);
#endif
    write_slots(content, offsets, lists, slots, out);
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
