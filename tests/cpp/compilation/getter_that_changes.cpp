// expected: and not be `mutable`
#include <simdprep/columns.hpp>

struct Jet { float pt; };

void declare() {
    simdprep::Columns<Jet> columns;
#ifdef WRONG
    columns.add("number", [number = 0](const Jet&) mutable { return ++number; });
#else
    columns.add("number", [number = 0](const Jet&) { return number; });
#endif
}
