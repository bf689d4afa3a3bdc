// expected: wrong getter: it must return a number, a bool, an enum
#include <simdprep/columns.hpp>

#include <string>

struct Jet { std::string label; };

void declare() {
    simdprep::Columns<Jet> columns;
#ifdef WRONG
    columns.add("label", [](const Jet& jet) { return jet.label; });
#else
    columns.add("length", [](const Jet& jet) { return jet.label.size(); });
#endif
}
