// expected: wrong getter: it returns nothing; is a `return` missing?
#include <simdprep/columns.hpp>

struct Jet { float pt; };

void declare() {
    simdprep::Columns<Jet> columns;
#ifdef WRONG
    columns.add("pt", [](const Jet& jet) { static_cast<void>(jet.pt); });
#else
    columns.add("pt", [](const Jet& jet) { return jet.pt; });
#endif
}
