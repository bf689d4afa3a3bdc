// expected: wrong where: it must be callable with one object and return a bool
#include <simdprep/writer.hpp>

#include <string>

struct Jet { float pt; };

void declare(simdprep::Writer& out, const simdprep::Columns<Jet>& columns) {
#ifdef WRONG
    static_cast<void>(out.objects("jets", columns, {.max_length = 3, .where = std::string("pt > 20")}));
#else
    static_cast<void>(out.objects("jets", columns, {.max_length = 3, .where = [](const Jet& jet) { return jet.pt > 20; }}));
#endif
}
