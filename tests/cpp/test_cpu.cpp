#include <cstdlib>

#include "check.hpp"
#include "simdprep/detail/cpu.hpp"

using namespace simdprep;
using namespace simdprep::detail;

// Stands first: once an instruction set is known, nobody looks again.
TEST(the_environment_is_checked_and_decides) {
    setenv("SIMDPREP_ISA", "sse9", 1);
    CHECK_THROWS(Error, "SIMDPREP_ISA: got sse9, expected scalar", (void)isa());
    setenv("SIMDPREP_ISA", "", 1);
    CHECK_THROWS(Error, "got an empty text", (void)isa());
    if (best_isa() != Isa::avx512) {
        setenv("SIMDPREP_ISA", "avx512", 1);
        CHECK_THROWS(Error, "SIMDPREP_ISA: got avx512, expected scalar", (void)isa());
    }
    setenv("SIMDPREP_ISA", "scalar", 1);
    CHECK(isa() == Isa::scalar);
    setenv("SIMDPREP_ISA", "nonsense", 1);
    CHECK(isa() == Isa::scalar);
}

TEST(tests_can_force_what_the_cpu_has) {
    for (const Isa wanted : {Isa::scalar, Isa::avx2, Isa::avx512}) {
        if (wanted > best_isa()) {
            CHECK_THROWS(Error, "got " + std::string(name_of(wanted)), force_isa(wanted));
            continue;
        }
        force_isa(wanted);
        CHECK(isa() == wanted);
    }
}

TEST(names) {
    CHECK(isa_from("scalar") == Isa::scalar);
    CHECK_THROWS(Error, "got fast, expected scalar", (void)isa_from("fast"));
    CHECK_EQUAL(name_of(Isa::scalar), "scalar");
    CHECK_EQUAL(name_of(Isa::avx2), "avx2");
    CHECK_EQUAL(name_of(Isa::avx512), "avx512");
}

TEST(another_cpu_is_scalar) { CHECK(SIMDPREP_X86 || best_isa() == Isa::scalar); }
