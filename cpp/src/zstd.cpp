// The frames of HDF5's zstd filter. CMake defines SIMDPREP_ZSTD where libzstd is.
#include <memory>
#include <new>
#include <string>

#include "simdprep/detail/foreign_codecs.hpp"
#include "simdprep/error.hpp"

#ifdef SIMDPREP_ZSTD
#include <zstd.h>
#endif

namespace simdprep::detail {

#ifdef SIMDPREP_ZSTD

const bool has_zstd = true;

namespace {

[[noreturn]] void refuse(std::string_view found) {
    throw DatasetError(expected("compressed chunk", found, "a frame of zstd that fills the chunk exactly"));
}

}  // namespace

void decompress_zstd(std::span<const std::byte> in, std::span<std::byte> out) {
    struct Free {
        void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    };
    thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
    if (context == nullptr) {
        throw std::bad_alloc();
    }
    // A frame need not say how much it holds; one that does must not lie.
    const unsigned long long size = ZSTD_getFrameContentSize(in.data(), in.size());
    if (size == ZSTD_CONTENTSIZE_ERROR) {
        refuse("damaged data");
    }
    if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != out.size()) {
        refuse(std::to_string(size) + " bytes");
    }
    const std::size_t written = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(written) != 0) {
        refuse("damaged data");
    }
    if (written != out.size()) {
        refuse("too few bytes");
    }
}

#else

const bool has_zstd = false;

void decompress_zstd(std::span<const std::byte>, std::span<std::byte>) {
    throw DatasetError(expected("filters", "zstd", "those of this build"), "",
                       "building simdprep again after apt-get install libzstd-dev");
}

#endif

}  // namespace simdprep::detail
