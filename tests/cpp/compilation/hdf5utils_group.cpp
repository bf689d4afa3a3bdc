// expected: wrong group: this writer makes its own file
#include <simdprep/hdf5utils.hpp>

struct Jet { float pt; };
struct H5CppFile {};

void declare(const simdprep::hdf5utils::Consumers<const Jet&>& getters) {
#ifdef WRONG
    H5CppFile file;
#else
    simdprep::hdf5utils::H5File file("out.h5");
#endif
    simdprep::hdf5utils::Writer<1, const Jet&> jets(file, "jets", getters, {{5}});
}
