// expected: wrong order_by: it must be a field's name as in "-pt", or callable with one object
#include <simdprep/writer.hpp>

struct Jet { float pt; };
struct Muon { float pt; };

void declare(simdprep::Writer& out, const simdprep::Columns<Jet>& columns) {
#ifdef WRONG
    static_cast<void>(out.objects("jets", columns, {.max_length = 3, .order_by = [](const Muon& muon) { return muon.pt; }}));
#else
    static_cast<void>(out.objects("jets", columns, {.max_length = 3, .order_by = [](const Jet& jet) { return jet.pt; }}));
#endif
}
