// Ids of HDF5 that close with their scope, and its errors in one line of ours.
#pragma once

#include <hdf5.h>

#include <string>
#include <string_view>
#include <utility>

#include "simdprep/error.hpp"

#if !H5_VERSION_GE(1, 10, 3)
#error "simdprep/hdf5.hpp needs HDF5 1.10.3 or later: it stores finished chunks with H5Dwrite_chunk"
#endif

namespace simdprep::detail {

// Keeps HDF5 from printing its error stack while this object lives.
class Hdf5Quiet {
public:
    Hdf5Quiet() {
        H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    ~Hdf5Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
    Hdf5Quiet(const Hdf5Quiet&) = delete;
    Hdf5Quiet& operator=(const Hdf5Quiet&) = delete;

private:
    H5E_auto2_t print_ = nullptr;
    void* data_ = nullptr;
};

// What HDF5's error stack says: its innermost line, which knows the reason.
struct Hdf5Failure {
    std::string reason = "no reason given";
    bool exhausted = false;  // memory, as far as HDF5 tells

    static Hdf5Failure current() {
        Hdf5Failure found;
        const auto visit = [](unsigned depth, const H5E_error2_t* error, void* data) -> herr_t {
            auto& failure = *static_cast<Hdf5Failure*>(data);
            if (depth == 0 && error->desc != nullptr) failure.reason = error->desc;
            failure.exhausted = failure.exhausted || error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC;
            return 0;
        };
        H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &found);
        return found;
    }
};

// Throws what HDF5 just failed with: ResourceError where memory ran out, else InternalError, for it was
// given nothing but what the core made.
[[noreturn]] inline void throw_hdf5_error(std::string_view doing, std::string_view where) {
    const Hdf5Failure failure = Hdf5Failure::current();
    const std::string what = "HDF5, " + std::string(doing);
    if (failure.exhausted)
        throw ResourceError(expected(what, failure.reason, "enough memory"), std::string(where), "smaller parts");
    throw InternalError(expected(what, failure.reason, "success"), std::string(where));
}

// Returns `result` of a call, or throws if it is negative.
template <class Result>
Result hdf5_checked(Result result, std::string_view doing, std::string_view where) {
    if (result < 0) throw_hdf5_error(doing, where);
    return result;
}

// An id that belongs to this scope. Which call closes it is part of its type.
template <herr_t (*Close)(hid_t)>
class Hdf5Id {
public:
    Hdf5Id() noexcept = default;
    Hdf5Id(hid_t id, std::string_view doing, std::string_view where = {}) : id_(hdf5_checked(id, doing, where)) {}
    ~Hdf5Id() { close(); }
    Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
    Hdf5Id& operator=(Hdf5Id&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }

    [[nodiscard]] hid_t get() const noexcept { return id_; }

    // Closes now. False if HDF5 reports an error that came up only here.
    bool close() noexcept { return id_ < 0 || Close(std::exchange(id_, -1)) >= 0; }

private:
    hid_t id_ = -1;
};

using Hdf5Attribute = Hdf5Id<&H5Aclose>;
using Hdf5Dataset = Hdf5Id<&H5Dclose>;
using Hdf5File = Hdf5Id<&H5Fclose>;
using Hdf5Group = Hdf5Id<&H5Gclose>;
using Hdf5Object = Hdf5Id<&H5Oclose>;
using Hdf5Properties = Hdf5Id<&H5Pclose>;
using Hdf5Space = Hdf5Id<&H5Sclose>;
using Hdf5Type = Hdf5Id<&H5Tclose>;

}  // namespace simdprep::detail
