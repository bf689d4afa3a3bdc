// expected: wrong rank: fill() takes at most two ranges within each other
#include <simdprep/writer.hpp>

#include <vector>

struct Jet { float pt; };
using Lists = std::vector<std::vector<std::vector<Jet>>>;

void fill(simdprep::ObjectWriter<Jet>& jets) {
#ifdef WRONG
    jets.fill(std::vector<Lists>());
#else
    jets.fill(Lists());
#endif
}
