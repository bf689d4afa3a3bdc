// expected: Columns<T> takes the plain type of an object, as in Columns<Jet>
#include <simdprep/columns.hpp>

struct Jet { float pt; };

void declare() {
#ifdef WRONG
    simdprep::Columns<const Jet> columns;
#else
    simdprep::Columns<Jet> columns;
#endif
    static_cast<void>(columns);
}
