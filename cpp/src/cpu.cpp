#include "simdprep/detail/cpu.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

constexpr std::array<std::string_view, 3> names = {"scalar", "avx2", "avx512"};
constexpr const char* variable = "SIMDPREP_ISA";

constexpr int undecided = -1;
std::atomic<int> chosen{undecided};

Isa ask_cpu() {
#if SIMDPREP_X86
    __builtin_cpu_init();
    // LZCNT and F16C have no name that every compiler knows; every CPU with AVX2 and BMI has them.
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                      __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("fma");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
    if (avx2 && avx512) {
        return Isa::avx512;
    }
    if (avx2) {
        return Isa::avx2;
    }
#endif
    return Isa::scalar;
}

// The words up to what the CPU has: "scalar, avx2 or avx512".
std::string words() {
    std::string text(names[0]);
    const auto best = static_cast<std::size_t>(best_isa());
    for (std::size_t i = 1; i <= best; ++i) {
        text.append(i == best ? " or " : ", ").append(names[i]);
    }
    return text;
}

[[noreturn]] void refuse(std::string_view got) {
    throw Error(expected(variable, got, words() + " on this CPU"));
}

Isa named(std::string_view word) {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(best_isa()); ++i) {
        if (word == names[i]) {
            return static_cast<Isa>(i);
        }
    }
    refuse(word.empty() ? "an empty text" : word);
}

}  // namespace

std::string_view name_of(Isa isa) { return names[static_cast<std::size_t>(isa)]; }

Isa best_isa() {
    static const Isa best = ask_cpu();
    return best;
}

Isa isa() {
    const int known = chosen.load(std::memory_order_relaxed);
    if (known != undecided) {
        return static_cast<Isa>(known);
    }
    const char* word = std::getenv(variable);
    const Isa found = word == nullptr ? best_isa() : named(word);
    // Whoever comes first decides: a test may have forced another meanwhile.
    int before = undecided;
    chosen.compare_exchange_strong(before, static_cast<int>(found), std::memory_order_relaxed);
    return before == undecided ? found : static_cast<Isa>(before);
}

Isa isa_from(std::string_view name) { return named(name); }

void force_isa(Isa forced) {
    if (forced > best_isa()) {
        refuse(name_of(forced));
    }
    chosen.store(static_cast<int>(forced), std::memory_order_relaxed);
}

}  // namespace simdprep::detail
