// Runs a test on every instruction set that this CPU has.
#pragma once

#include "simdprep/detail/cpu.hpp"

template <typename Body>
void for_every_isa(const Body& body) {
    using simdprep::detail::Isa;
    struct Restore {
        Isa before = simdprep::detail::isa();
        ~Restore() { simdprep::detail::force_isa(before); }
    } const restore;
    for (const Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512}) {
        if (isa > simdprep::detail::best_isa()) return;
        simdprep::detail::force_isa(isa);
        body();
    }
}
