// expected: wrong range: fill() takes what the Columns<T> of this object were made for
#include <simdprep/writer.hpp>

#include <vector>

struct Jet { float pt; };
struct Muon { float pt; };

void fill(simdprep::ObjectWriter<Jet>& jets) {
#ifdef WRONG
    jets.fill(std::vector<Muon>());
#else
    jets.fill(std::vector<const Jet*>());
#endif
}
