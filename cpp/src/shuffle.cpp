// Byte shuffle as a series of 16-byte interleavings.
//
// Read a block of 16 elements of E = 2^k bytes as one row of 16 * E bytes. A byte's place in the row is the
// number (element, byte of the element), of 4 and k bits. Interleaving the first half of the row with the
// second rotates the bits of every place left by one, so four rounds bring (element, byte) to
// (byte, element), which is shuffle, and k rounds more bring it back, which is unshuffle.
//
// Records, which are of any size, go in squares of 16 bytes of 16 records, which four rounds transpose. A vector of 32
// or 64 bytes holds a row of two or four such squares, so that a plane is written in longer pieces.
#include <algorithm>
#include <cstring>

#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/cpu.hpp"

#if SIMDPREP_X86
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

using Bytes16 = unsigned char __attribute__((vector_size(16)));  // SSE2 or NEON, whichever the machine has

constexpr std::size_t lanes = sizeof(Bytes16);

Bytes16 load(const std::byte* from) {
    Bytes16 bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return bytes;
}

void store(Bytes16 bytes, std::byte* to) { std::memcpy(to, &bytes, sizeof(bytes)); }

Bytes16 interleave_low(Bytes16 a, Bytes16 b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

Bytes16 interleave_high(Bytes16 a, Bytes16 b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

template <std::size_t Count, int Rounds>
void interleave(Bytes16 (&row)[Count]) {
    for (int round = 0; round < Rounds; ++round) {
        Bytes16 next[Count];
        for (std::size_t i = 0; i < Count / 2; ++i) {
            next[2 * i] = interleave_low(row[i], row[i + Count / 2]);
            next[2 * i + 1] = interleave_high(row[i], row[i + Count / 2]);
        }
        std::memcpy(row, next, sizeof(row));
    }
}

constexpr int log2_of(std::size_t power) { return power == 1 ? 0 : 1 + log2_of(power / 2); }

// Calls step(start) for blocks of `width` that cover [0, count); the last one overlaps its predecessor and
// writes the same bytes again, which is cheaper than a loop over a remainder. Needs count >= width.
template <class Step>
void for_blocks(std::size_t count, std::size_t width, const Step& step) {
    for (std::size_t start = 0; start + width <= count; start += width) {
        step(start);
    }
    if (count % width != 0) {
        step(count - width);
    }
}

template <std::size_t Size>
void shuffle_fixed(const std::byte* in, std::byte* out, std::size_t count) {
    for_blocks(count, lanes, [=](std::size_t i) {
        Bytes16 row[Size];
        for (std::size_t v = 0; v < Size; ++v) {
            row[v] = load(in + i * Size + v * lanes);
        }
        interleave<Size, 4>(row);
        for (std::size_t b = 0; b < Size; ++b) {
            store(row[b], out + b * count + i);
        }
    });
}

template <std::size_t Size>
void unshuffle_fixed(const std::byte* in, std::byte* out, std::size_t count) {
    for_blocks(count, lanes, [=](std::size_t i) {
        Bytes16 row[Size];
        for (std::size_t b = 0; b < Size; ++b) {
            row[b] = load(in + b * count + i);
        }
        interleave<Size, log2_of(Size)>(row);
        for (std::size_t v = 0; v < Size; ++v) {
            store(row[v], out + i * Size + v * lanes);
        }
    });
}

// `count` records of `size` bytes, to be shuffled or back.
struct Records {
    const std::byte* in;
    std::byte* out;
    std::size_t count;
    std::size_t size;
};

// The plain form, for the records from `first` on.
void shuffle_plain(const Records& records, std::size_t first) {
    const auto [in, out, count, size] = records;
    for (std::size_t b = 0; b < size; ++b) {
        for (std::size_t i = first; i < count; ++i) {
            out[b * count + i] = in[i * size + b];
        }
    }
}

void unshuffle_plain(const Records& records, std::size_t first) {
    const auto [in, out, count, size] = records;
    for (std::size_t b = 0; b < size; ++b) {
        for (std::size_t i = first; i < count; ++i) {
            out[i * size + b] = in[b * count + i];
        }
    }
}

// Of `length` records from `first` on, the bytes [byte, byte + planes), at most 16.
struct Strip {
    std::size_t first;
    std::size_t length;
    std::size_t byte;
    std::size_t planes;

    // Where block `at` of `width` records begins; the last one overlaps its predecessor.
    [[nodiscard]] std::size_t block(std::size_t at, std::size_t width) const { return first + std::min(at, length - width); }
};

template <bool Whole>
void shuffle_strip_16(const Records& records, const Strip& strip) {
    for (std::size_t at = 0; at < strip.length; at += lanes) {
        const std::size_t i = strip.block(at, lanes);
        Bytes16 row[lanes];
        for (std::size_t r = 0; r < lanes; ++r) {
            row[r] = load(records.in + (i + r) * records.size + strip.byte);
        }
        interleave<lanes, 4>(row);
        for (std::size_t r = 0; r < (Whole ? lanes : strip.planes); ++r) {
            store(row[r], records.out + (strip.byte + r) * records.count + i);
        }
    }
}

template <bool Whole>
void unshuffle_strip_16(const Records& records, const Strip& strip) {
    for (std::size_t at = 0; at < strip.length; at += lanes) {
        const std::size_t i = strip.block(at, lanes);
        Bytes16 row[lanes] = {};
        for (std::size_t r = 0; r < (Whole ? lanes : strip.planes); ++r) {
            row[r] = load(records.in + (strip.byte + r) * records.count + i);
        }
        interleave<lanes, 4>(row);
        for (std::size_t r = 0; r < lanes; ++r) {
            store(row[r], records.out + (i + r) * records.size + strip.byte);
        }
    }
}

#if SIMDPREP_X86

SIMDPREP_AVX2 inline void transpose(__m256i (&row)[lanes]) {
    for (int round = 0; round < 4; ++round) {
        __m256i next[lanes];
        for (std::size_t i = 0; i < lanes / 2; ++i) {
            next[2 * i] = _mm256_unpacklo_epi8(row[i], row[i + lanes / 2]);
            next[2 * i + 1] = _mm256_unpackhi_epi8(row[i], row[i + lanes / 2]);
        }
        std::copy_n(next, lanes, row);
    }
}

SIMDPREP_AVX512 inline void transpose(__m512i (&row)[lanes]) {
    for (int round = 0; round < 4; ++round) {
        __m512i next[lanes];
        for (std::size_t i = 0; i < lanes / 2; ++i) {
            next[2 * i] = _mm512_unpacklo_epi8(row[i], row[i + lanes / 2]);
            next[2 * i + 1] = _mm512_unpackhi_epi8(row[i], row[i + lanes / 2]);
        }
        std::copy_n(next, lanes, row);
    }
}

SIMDPREP_AVX2 inline __m128i load16(const std::byte* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }

SIMDPREP_AVX2 inline void store16(__m128i bytes, std::byte* to) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes); }

template <bool Whole>
SIMDPREP_AVX2 void shuffle_strip_32(const Records& records, const Strip& strip) {
    const std::size_t apart = lanes * records.size;
    for (std::size_t at = 0; at < strip.length; at += 32) {
        const std::size_t i = strip.block(at, 32);
        __m256i row[lanes];
        for (std::size_t r = 0; r < lanes; ++r) {
            const std::byte* from = records.in + (i + r) * records.size + strip.byte;
            row[r] = _mm256_inserti128_si256(_mm256_castsi128_si256(load16(from)), load16(from + apart), 1);
        }
        transpose(row);
        for (std::size_t r = 0; r < (Whole ? lanes : strip.planes); ++r) {
            std::byte* to = records.out + (strip.byte + r) * records.count + i;
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), row[r]);
        }
    }
}

template <bool Whole>
SIMDPREP_AVX2 void unshuffle_strip_32(const Records& records, const Strip& strip) {
    const std::size_t apart = lanes * records.size;
    for (std::size_t at = 0; at < strip.length; at += 32) {
        const std::size_t i = strip.block(at, 32);
        __m256i row[lanes] = {};
        for (std::size_t r = 0; r < (Whole ? lanes : strip.planes); ++r) {
            const std::byte* from = records.in + (strip.byte + r) * records.count + i;
            row[r] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
        }
        transpose(row);
        std::byte* to = records.out + i * records.size + strip.byte;
        for (std::size_t r = 0; r < lanes; ++r) {
            store16(_mm256_castsi256_si128(row[r]), to + r * records.size);
        }
        for (std::size_t r = 0; r < lanes; ++r) {
            store16(_mm256_extracti128_si256(row[r], 1), to + r * records.size + apart);
        }
    }
}

template <bool Whole>
SIMDPREP_AVX512 void shuffle_strip_64(const Records& records, const Strip& strip) {
    const std::size_t apart = lanes * records.size;
    for (std::size_t at = 0; at < strip.length; at += 64) {
        const std::size_t i = strip.block(at, 64);
        __m512i row[lanes];
        for (std::size_t r = 0; r < lanes; ++r) {
            const std::byte* from = records.in + (i + r) * records.size + strip.byte;
            row[r] = _mm512_zextsi128_si512(load16(from));
            row[r] = _mm512_inserti32x4(row[r], load16(from + apart), 1);
            row[r] = _mm512_inserti32x4(row[r], load16(from + 2 * apart), 2);
            row[r] = _mm512_inserti32x4(row[r], load16(from + 3 * apart), 3);
        }
        transpose(row);
        for (std::size_t r = 0; r < (Whole ? lanes : strip.planes); ++r) {
            _mm512_storeu_si512(records.out + (strip.byte + r) * records.count + i, row[r]);
        }
    }
}

// 16 bytes of each row, `apart` bytes from one to the next.
template <int Quarter>
SIMDPREP_AVX512 inline void store_quarter(const __m512i (&row)[lanes], std::byte* to, std::size_t apart) {
    for (std::size_t r = 0; r < lanes; ++r) {
        store16(_mm512_maskz_extracti32x4_epi32(0xf, row[r], Quarter), to + r * apart);
    }
}

template <bool Whole>
SIMDPREP_AVX512 void unshuffle_strip_64(const Records& records, const Strip& strip) {
    const std::size_t apart = lanes * records.size;
    for (std::size_t at = 0; at < strip.length; at += 64) {
        const std::size_t i = strip.block(at, 64);
        __m512i row[lanes] = {};
        for (std::size_t r = 0; r < (Whole ? lanes : strip.planes); ++r) {
            row[r] = _mm512_loadu_si512(records.in + (strip.byte + r) * records.count + i);
        }
        transpose(row);
        std::byte* to = records.out + i * records.size + strip.byte;
        store_quarter<0>(row, to, records.size);
        store_quarter<1>(row, to + apart, records.size);
        store_quarter<2>(row, to + 2 * apart, records.size);
        store_quarter<3>(row, to + 3 * apart, records.size);
    }
}

#endif

struct Kernel {
    std::size_t width;  // records of a block
    void (*strip)(const Records&, const Strip&);
};

// The widest of which one block fits into so many records. `is_whole`: strips are of 16 planes, which then stay in
// registers.
Kernel shuffle_kernel([[maybe_unused]] std::size_t count, bool is_whole) {
#if SIMDPREP_X86
    if (isa() == Isa::avx512 && count >= 64) return {64, is_whole ? shuffle_strip_64<true> : shuffle_strip_64<false>};
    if (isa() != Isa::scalar && count >= 32) return {32, is_whole ? shuffle_strip_32<true> : shuffle_strip_32<false>};
#endif
    return {lanes, is_whole ? shuffle_strip_16<true> : shuffle_strip_16<false>};
}

Kernel unshuffle_kernel([[maybe_unused]] std::size_t count, bool is_whole) {
#if SIMDPREP_X86
    if (isa() == Isa::avx512 && count >= 64) return {64, is_whole ? unshuffle_strip_64<true> : unshuffle_strip_64<false>};
    if (isa() != Isa::scalar && count >= 32) return {32, is_whole ? unshuffle_strip_32<true> : unshuffle_strip_32<false>};
#endif
    return {lanes, is_whole ? unshuffle_strip_16<true> : unshuffle_strip_16<false>};
}

// Records are taken in runs that stay in the first-level cache while their bytes are dealt out.
constexpr std::size_t cached_bytes = 16 * 1024;

// Of records shorter than 16 bytes, the last ones are left: squares reach beyond a record, into what comes after it.
// Unshuffling writes records in their order, so that each one mends what its predecessor wrote there.
std::size_t records_in_squares(const Records& records) {
    const std::size_t bytes = records.count * records.size;
    return bytes < lanes ? 0 : (bytes - lanes) / records.size + 1;
}

void by_strips(const Records& records, std::size_t count, const Kernel& kernel) {
    const std::size_t planes = std::min(records.size, lanes);
    const std::size_t run = std::max(kernel.width, cached_bytes / records.size / kernel.width * kernel.width);
    for (std::size_t start = 0; start < count; start += run) {
        // A short last run starts early enough to hold one block.
        const std::size_t length = std::max(kernel.width, std::min(run, count - start));
        const std::size_t first = std::min(start, count - length);
        for_blocks(records.size, planes, [&](std::size_t byte) { kernel.strip(records, {first, length, byte, planes}); });
    }
}

void shuffle_records(const Records& records) {
    const std::size_t count = records_in_squares(records);
    if (count < lanes) return shuffle_plain(records, 0);
    by_strips(records, count, shuffle_kernel(count, records.size >= lanes));
    shuffle_plain(records, count);
}

void unshuffle_records(const Records& records) {
    const std::size_t count = records_in_squares(records);
    if (count < lanes) return unshuffle_plain(records, 0);
    by_strips(records, count, unshuffle_kernel(count, records.size >= lanes));
    unshuffle_plain(records, count);
}

}  // namespace

void shuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t element_size) {
    if (element_size <= 1 || count <= 1) {
        std::copy_n(in, count * element_size, out);
    } else if (element_size == 2 && count >= lanes) {
        shuffle_fixed<2>(in, out, count);
    } else if (element_size == 4 && count >= lanes) {
        shuffle_fixed<4>(in, out, count);
    } else if (element_size == 8 && count >= lanes) {
        shuffle_fixed<8>(in, out, count);
    } else {
        shuffle_records({in, out, count, element_size});
    }
}

void unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t element_size) {
    if (element_size <= 1 || count <= 1) {
        std::copy_n(in, count * element_size, out);
    } else if (element_size == 2 && count >= lanes) {
        unshuffle_fixed<2>(in, out, count);
    } else if (element_size == 4 && count >= lanes) {
        unshuffle_fixed<4>(in, out, count);
    } else if (element_size == 8 && count >= lanes) {
        unshuffle_fixed<8>(in, out, count);
    } else {
        unshuffle_records({in, out, count, element_size});
    }
}

}  // namespace simdprep::detail
