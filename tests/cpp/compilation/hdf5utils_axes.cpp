// expected: wrong rank: a row has at most two axes of slots
#include <simdprep/hdf5utils.hpp>

struct Jet { float pt; };

void declare(simdprep::hdf5utils::H5File& file, const simdprep::hdf5utils::Consumers<const Jet&>& getters) {
#ifdef WRONG
    simdprep::hdf5utils::Writer<3, const Jet&> jets(file, "jets", getters, {{5, 5, 5}});
#else
    simdprep::hdf5utils::Writer<2, const Jet&> jets(file, "jets", getters, {{5, 5}});
#endif
}
