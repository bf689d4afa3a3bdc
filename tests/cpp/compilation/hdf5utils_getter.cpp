// expected: wrong getter: it must return a number, a bool, an enum
#include <simdprep/hdf5utils.hpp>

#include <string>

struct Jet { std::string label; };

void declare(simdprep::hdf5utils::Consumers<const Jet&>& getters) {
#ifdef WRONG
    getters.add("label", [](const Jet& jet) { return jet.label; });
#else
    getters.add("length", [](const Jet& jet) { return jet.label.size(); });
#endif
}
