// expected: wrong rank: fill() of a Writer<N, I> takes N ranges within each other
#include <simdprep/hdf5utils.hpp>

#include <vector>

struct Jet { float pt; };

void fill(simdprep::hdf5utils::Writer<2, const Jet&>& jets) {
#ifdef WRONG
    jets.fill(std::vector<Jet>());
#else
    jets.fill(std::vector<std::vector<Jet>>());
#endif
}
