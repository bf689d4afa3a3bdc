// Which instruction set the vector code takes. Every fast path has a scalar twin that gives the same bytes.
#pragma once

#include <cstdint>
#include <string_view>

// Functions compiled for more than the baseline carry one of these, and are called only after isa() said so.
#if defined(__x86_64__)
#define SIMDPREP_X86 1
#define SIMDPREP_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,fma,f16c")))
#define SIMDPREP_AVX512 \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")))
#else
#define SIMDPREP_X86 0
#endif

namespace simdprep::detail {

// avx2 is x86-64-v3 (Haswell, Zen 1 and later); avx512 is that and F, BW, DQ, VL, VBMI and VBMI2 (Ice Lake, Zen 4).
// Each holds all before it. A CPU of another kind has `scalar` only.
enum class Isa : std::uint8_t { scalar, avx2, avx512 };

[[nodiscard]] std::string_view name_of(Isa isa);

// The inverse of name_of(). Error for another word, or for more than the CPU has.
[[nodiscard]] Isa isa_from(std::string_view name);

// The most this CPU and its operating system have, asked once.
[[nodiscard]] Isa best_isa();

// What to use: best_isa(), or the one that the environment variable SIMDPREP_ISA names (scalar, avx2 or avx512).
// Error if that is another word, or more than the CPU has.
[[nodiscard]] Isa isa();

// For tests only: what isa() returns from now on, in all threads. Error if the CPU does not have it.
void force_isa(Isa forced);

}  // namespace simdprep::detail
