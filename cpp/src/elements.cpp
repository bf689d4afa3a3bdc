// Of padded lists a quarter or less is real: the other elements are never put together from their planes.
#include "simdprep/detail/elements.hpp"

#include <cstring>

#include "simdprep/detail/cpu.hpp"

#if SIMDPREP_X86
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

// Writes the member of `count` elements from `first` on.
using CopyRun = void (*)(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out);

void copy_planes(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out) {
    for (std::size_t byte = 0; byte < member.size; ++byte) {
        const std::byte* plane = elements.data + (member.offset + byte) * elements.count + first;
        for (std::size_t i = 0; i < count; ++i) out[i * member.size + byte] = plane[i];
    }
}

void copy_records(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out) {
    const std::byte* from = elements.data + first * elements.size + member.offset;
    for (std::size_t i = 0; i < count; ++i) std::memcpy(out + i * member.size, from + i * elements.size, member.size);
}

// Elements that are their only member, and single planes: bytes that lie side by side.
void copy_dense(const std::byte* from, std::size_t bytes, std::byte* out) {
    for (std::size_t at = 0; at < bytes; at += 32) std::memcpy(out + at, from + at, 32);
}

void copy_whole(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out) {
    copy_dense(elements.data + first * elements.size, count * member.size, out);
}

void copy_plane(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out) {
    copy_dense(elements.data + member.offset * elements.count + first, count, out);
}

#if SIMDPREP_X86

// 16 elements at a time; SSE2 is in every x86-64.
inline __m128i load(const std::byte* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
inline void store(std::byte* to, __m128i value) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value); }

void copy_2_planes(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out) {
    const std::byte* low = elements.data + member.offset * elements.count + first;
    const std::byte* high = low + elements.count;
    for (std::size_t at = 0; at < count; at += 16, out += 32) {
        store(out, _mm_unpacklo_epi8(load(low + at), load(high + at)));
        store(out + 16, _mm_unpackhi_epi8(load(low + at), load(high + at)));
    }
}

// The four bytes of 16 elements from planes, four elements in each.
struct Quads {
    __m128i part[4];
};

inline Quads quads(const std::byte* plane, std::size_t step) {
    const __m128i a = load(plane), b = load(plane + step), c = load(plane + 2 * step), d = load(plane + 3 * step);
    const __m128i ab0 = _mm_unpacklo_epi8(a, b), ab1 = _mm_unpackhi_epi8(a, b);
    const __m128i cd0 = _mm_unpacklo_epi8(c, d), cd1 = _mm_unpackhi_epi8(c, d);
    return {{_mm_unpacklo_epi16(ab0, cd0), _mm_unpackhi_epi16(ab0, cd0), _mm_unpacklo_epi16(ab1, cd1),
             _mm_unpackhi_epi16(ab1, cd1)}};
}

void copy_4_planes(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out) {
    const std::byte* plane = elements.data + member.offset * elements.count + first;
    for (std::size_t at = 0; at < count; at += 16, out += 64) {
        const Quads found = quads(plane + at, elements.count);
        for (std::size_t i = 0; i < 4; ++i) store(out + 16 * i, found.part[i]);
    }
}

void copy_8_planes(const Elements& elements, Member member, std::size_t first, std::size_t count, std::byte* out) {
    const std::byte* plane = elements.data + member.offset * elements.count + first;
    for (std::size_t at = 0; at < count; at += 16, out += 128) {
        const Quads low = quads(plane + at, elements.count);
        const Quads high = quads(plane + 4 * elements.count + at, elements.count);
        for (std::size_t i = 0; i < 4; ++i) {
            store(out + 32 * i, _mm_unpacklo_epi32(low.part[i], high.part[i]));
            store(out + 32 * i + 16, _mm_unpackhi_epi32(low.part[i], high.part[i]));
        }
    }
}

#endif

CopyRun copy_for(const Elements& elements, Member member) {
    if (!elements.in_planes) return member.size == elements.size ? &copy_whole : &copy_records;
    if (member.size == 1) return &copy_plane;
#if SIMDPREP_X86
    switch (member.size) {
        case 2: return &copy_2_planes;
        case 4: return &copy_4_planes;
        case 8: return &copy_8_planes;
        default: break;
    }
#endif
    return &copy_planes;
}

void copy_each(CopyRun copy, const Elements& elements, Member member, std::size_t first, std::size_t slots,
               std::span<const std::int64_t> offsets, std::byte* out) {
    for (std::size_t list = 0; list + 1 < offsets.size(); ++list) {
        const auto count = static_cast<std::size_t>(offsets[list + 1] - offsets[list]);
        copy(elements, member, first + list * slots, count, out);
        out += count * member.size;
    }
}

}  // namespace

void copy_lists(const Elements& elements, Member member, std::size_t first, std::size_t slots,
                std::span<const std::int64_t> offsets, std::byte* out) {
    copy_each(copy_for(elements, member), elements, member, first, slots, offsets, out);
}

void copy_lists_simply(const Elements& elements, Member member, std::size_t first, std::size_t slots,
                       std::span<const std::int64_t> offsets, std::byte* out) {
    copy_each(elements.in_planes ? &copy_planes : &copy_records, elements, member, first, slots, offsets, out);
}

}  // namespace simdprep::detail
