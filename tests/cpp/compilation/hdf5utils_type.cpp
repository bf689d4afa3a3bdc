// expected: wrong range: what fill() takes must hold, N ranges deep, what the getters of Consumers<I> take
#include <simdprep/hdf5utils.hpp>

#include <vector>

struct Jet { float pt; };
struct Muon { float pt; };

void fill(simdprep::hdf5utils::Writer<1, const Jet&>& jets) {
#ifdef WRONG
    jets.fill(std::vector<Muon>());
#else
    jets.fill(std::vector<Jet>());
#endif
}
