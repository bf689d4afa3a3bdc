// Byte shuffle as a series of 16-byte interleavings.
//
// Read a block of 16 elements of E = 2^k bytes as one row of 16 * E bytes. A byte's place in the row is the
// number (element, byte of the element), of 4 and k bits. Interleaving the first half of the row with the
// second rotates the bits of every place left by one, so four rounds bring (element, byte) to
// (byte, element), which is shuffle, and k rounds more bring it back, which is unshuffle.
#include <algorithm>
#include <cstring>

#include "simdprep/detail/codec.hpp"

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

// Records are taken in runs that stay in the first-level cache while their bytes are dealt out, 16 of each
// record at a time.
constexpr std::size_t cached_bytes = 16 * 1024;

std::size_t run_length(std::size_t size) { return std::max(lanes, cached_bytes / size / lanes * lanes); }

template <class Tile>
void for_tiles(std::size_t count, std::size_t size, const Tile& tile) {
    const std::size_t run = run_length(size);
    for (std::size_t start = 0; start < count; start += run) {
        // A short last run starts early enough to hold one block.
        const std::size_t length = std::max(lanes, std::min(run, count - start));
        const std::size_t first = std::min(start, count - length);
        for_blocks(size, lanes, [&](std::size_t b) {
            for_blocks(length, lanes, [&](std::size_t i) { tile(first + i, b); });
        });
    }
}

void shuffle_records(const std::byte* in, std::byte* out, std::size_t count, std::size_t size) {
    for_tiles(count, size, [=](std::size_t i, std::size_t b) {
        Bytes16 row[lanes];
        for (std::size_t r = 0; r < lanes; ++r) {
            row[r] = load(in + (i + r) * size + b);
        }
        interleave<lanes, 4>(row);
        for (std::size_t r = 0; r < lanes; ++r) {
            store(row[r], out + (b + r) * count + i);
        }
    });
}

void unshuffle_records(const std::byte* in, std::byte* out, std::size_t count, std::size_t size) {
    for_tiles(count, size, [=](std::size_t i, std::size_t b) {
        Bytes16 row[lanes];
        for (std::size_t r = 0; r < lanes; ++r) {
            row[r] = load(in + (b + r) * count + i);
        }
        interleave<lanes, 4>(row);
        for (std::size_t r = 0; r < lanes; ++r) {
            store(row[r], out + (i + r) * size + b);
        }
    });
}

// The plain form, for few elements and for sizes that fit no block.
void shuffle_plain(const std::byte* in, std::byte* out, std::size_t count, std::size_t size) {
    for (std::size_t b = 0; b < size; ++b) {
        for (std::size_t i = 0; i < count; ++i) {
            out[b * count + i] = in[i * size + b];
        }
    }
}

void unshuffle_plain(const std::byte* in, std::byte* out, std::size_t count, std::size_t size) {
    for (std::size_t b = 0; b < size; ++b) {
        for (std::size_t i = 0; i < count; ++i) {
            out[i * size + b] = in[b * count + i];
        }
    }
}

}  // namespace

void shuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t element_size) {
    if (element_size <= 1 || count <= 1) {
        std::copy_n(in, count * element_size, out);
    } else if (count < lanes) {
        shuffle_plain(in, out, count, element_size);
    } else if (element_size == 2) {
        shuffle_fixed<2>(in, out, count);
    } else if (element_size == 4) {
        shuffle_fixed<4>(in, out, count);
    } else if (element_size == 8) {
        shuffle_fixed<8>(in, out, count);
    } else if (element_size >= lanes) {
        shuffle_records(in, out, count, element_size);
    } else {
        shuffle_plain(in, out, count, element_size);
    }
}

void unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t element_size) {
    if (element_size <= 1 || count <= 1) {
        std::copy_n(in, count * element_size, out);
    } else if (count < lanes) {
        unshuffle_plain(in, out, count, element_size);
    } else if (element_size == 2) {
        unshuffle_fixed<2>(in, out, count);
    } else if (element_size == 4) {
        unshuffle_fixed<4>(in, out, count);
    } else if (element_size == 8) {
        unshuffle_fixed<8>(in, out, count);
    } else if (element_size >= lanes) {
        unshuffle_records(in, out, count, element_size);
    } else {
        unshuffle_plain(in, out, count, element_size);
    }
}

}  // namespace simdprep::detail
