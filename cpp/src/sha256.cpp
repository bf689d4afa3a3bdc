#include "simdprep/detail/sha256.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <system_error>
#include <vector>

#include "simdprep/detail/file_descriptor.hpp"
#include "simdprep/error.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace simdprep::detail {
namespace {

using State = std::array<std::uint32_t, 8>;

constexpr std::size_t block_bytes = 64;

constexpr State initial_state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// Fractional parts of the cube roots of the first 64 primes, as the standard says.
alignas(16) constexpr std::array<std::uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t big_endian(const std::byte* from) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        word = (word << 8) | std::to_integer<std::uint32_t>(from[i]);
    }
    return word;
}

void compress_plain(State& state, const std::byte* blocks, std::size_t count) {
    for (; count > 0; --count, blocks += block_bytes) {
        std::array<std::uint32_t, 64> w;
        for (std::size_t i = 0; i < 16; ++i) {
            w[i] = big_endian(blocks + 4 * i);
        }
        for (std::size_t i = 16; i < 64; ++i) {
            const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
            const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        auto [a, b, c, d, e, f, g, h] = state;
        for (std::size_t i = 0; i < 64; ++i) {
            const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
            const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
            const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
            const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
            h = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + t2;
        }
        const State worked = {a, b, c, d, e, f, g, h};
        for (std::size_t i = 0; i < state.size(); ++i) {
            state[i] += worked[i];
        }
    }
}

#if defined(__x86_64__)

bool cpu_has_sha() {
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    constexpr unsigned ssse3 = 1U << 9;
    constexpr unsigned sse41 = 1U << 19;
    constexpr unsigned sha = 1U << 29;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & ssse3) == 0 || (ecx & sse41) == 0) {
        return false;
    }
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & sha) != 0;
}

// Two instructions do four rounds; the state travels as the words (a, b, e, f) and (c, d, g, h), which is
// how they want it.
__attribute__((target("sha,sse4.1,ssse3"))) void compress_sha_ni(State& state, const std::byte* blocks,
                                                                 std::size_t count) {
    const __m128i swap_bytes = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    auto* const words = reinterpret_cast<__m128i*>(state.data());
    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

    for (; count > 0; --count, blocks += block_bytes) {
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        __m128i w[4];  // the last sixteen message words
        for (int i = 0; i < 4; ++i) {
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks) + i), swap_bytes);
        }
#pragma GCC unroll 16
        for (unsigned group = 0; group < 16; ++group) {
            __m128i& now = w[group % 4];
            const auto* constants = reinterpret_cast<const __m128i*>(round_constants.data() + 4UL * group);
            const __m128i sum = _mm_add_epi32(now, _mm_load_si128(constants));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
            if (group < 12) {  // the words of four groups on take this one's place
                const __m128i& next = w[(group + 1) % 4];
                const __m128i& last = w[(group + 3) % 4];
                const __m128i middle = _mm_alignr_epi8(last, w[(group + 2) % 4], 4);
                now = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(now, next), middle), last);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }

    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

#endif

[[noreturn]] void fail_to_read(const std::filesystem::path& path, int code) {
    throw DatasetError(expected("cannot read", "\"" + std::generic_category().message(code) + "\"", "a readable file"),
                       path.string());
}

}  // namespace

bool Sha256::accelerated_available() noexcept {
#if defined(__x86_64__)
    static const bool available = cpu_has_sha();
    return available;
#else
    return false;
#endif
}

Sha256::Sha256(bool accelerated) noexcept : compress_(compress_plain), state_(initial_state) {
#if defined(__x86_64__)
    if (accelerated && accelerated_available()) {
        compress_ = compress_sha_ni;
    }
#else
    static_cast<void>(accelerated);
#endif
}

void Sha256::update(std::span<const std::byte> bytes) noexcept {
    total_ += bytes.size();
    if (tail_size_ > 0) {
        const std::size_t taken = std::min(block_bytes - tail_size_, bytes.size());
        std::copy_n(bytes.begin(), taken, tail_.begin() + static_cast<std::ptrdiff_t>(tail_size_));
        tail_size_ += taken;
        bytes = bytes.subspan(taken);
        if (tail_size_ < block_bytes) {
            return;
        }
        compress_(state_, tail_.data(), 1);
        tail_size_ = 0;
    }
    const std::size_t blocks = bytes.size() / block_bytes;
    compress_(state_, bytes.data(), blocks);
    bytes = bytes.subspan(blocks * block_bytes);
    std::copy(bytes.begin(), bytes.end(), tail_.begin());
    tail_size_ = bytes.size();
}

std::string Sha256::hex() const {
    // The padding: a one bit, zeros, and the length in bits as the last 64 of a block.
    State state = state_;
    std::array<std::byte, 2 * block_bytes> last{};
    std::copy_n(tail_.begin(), tail_size_, last.begin());
    last[tail_size_] = std::byte{0x80};
    const std::size_t blocks = tail_size_ + 9 > block_bytes ? 2 : 1;
    for (std::size_t i = 0; i < 8; ++i) {
        last[blocks * block_bytes - 1 - i] = static_cast<std::byte>((total_ * 8) >> (8 * i));
    }
    compress_(state, last.data(), blocks);

    std::string text;
    for (const std::uint32_t word : state) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            text += "0123456789abcdef"[(word >> shift) & 15];
        }
    }
    return text;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
    Sha256 sum;
    sum.update(bytes);
    return sum.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        fail_to_read(path, errno);
    }
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    Sha256 sum;
    while (true) {
        const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
        if (count == 0) {
            return sum.hex();
        }
        if (count > 0) {
            sum.update(std::span(buffer).first(static_cast<std::size_t>(count)));
        } else if (errno != EINTR) {
            fail_to_read(path, errno);
        }
    }
}

}  // namespace simdprep::detail
