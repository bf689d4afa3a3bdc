// The interpreter's lock, given up for the length of a scope.
#pragma once

#include <Python.h>
#include <unistd.h>

namespace simdprep::bind {

// As py::gil_scoped_release, but quiet where the interpreter ends meanwhile: it has daemon threads that ask for the
// lock again end at once, by unwinding, which no destructor survives that may not throw.
class ReleasedGil {
public:
    ReleasedGil() : state_(PyEval_SaveThread()) {}
    ~ReleasedGil() noexcept(false) {
        while (is_finalizing()) ::pause();  // for ever: what this thread refers to may be gone already
        PyEval_RestoreThread(state_);
    }
    ReleasedGil(const ReleasedGil&) = delete;
    ReleasedGil& operator=(const ReleasedGil&) = delete;

private:
    static bool is_finalizing() {
#if PY_VERSION_HEX >= 0x030d0000
        return Py_IsFinalizing() != 0;
#else
        return _Py_IsFinalizing() != 0;
#endif
    }

    PyThreadState* state_;
};

}  // namespace simdprep::bind
