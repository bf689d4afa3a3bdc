// expected: wrong getter: it must be callable with one object of these columns
#include <simdprep/columns.hpp>

struct Jet { float pt; };
struct Muon { float pt; };

void declare() {
    simdprep::Columns<Jet> columns;
#ifdef WRONG
    columns.add("pt", [](const Muon& muon) { return muon.pt; });
#else
    columns.add("pt", [](const Jet& jet) { return jet.pt; });
#endif
}
