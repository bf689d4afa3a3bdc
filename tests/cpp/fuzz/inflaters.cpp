#include "inflaters.hpp"

#include <zlib.h>

#include <memory>
#ifdef SIMDPREP_FUZZ_LIBDEFLATE
#include <libdeflate.h>
#endif

namespace fuzz {
namespace {

const Bytef* in_bytes(std::span<const std::byte> bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }

std::size_t by_zlib(std::span<const std::byte> in, std::span<std::byte> out) {
    std::byte none{};
    auto size = static_cast<uLongf>(out.size());
    auto used = static_cast<uLong>(in.size());
    auto* to = reinterpret_cast<Bytef*>(out.empty() ? &none : out.data());
    return uncompress2(to, &size, in_bytes(in), &used) == Z_OK && size == out.size() ? used : 0;
}

#ifdef SIMDPREP_FUZZ_LIBDEFLATE
std::size_t by_libdeflate(std::span<const std::byte> in, std::span<std::byte> out) {
    struct Free {
        void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
    };
    thread_local const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
    std::size_t used = 0;
    const auto result = libdeflate_zlib_decompress_ex(decompressor.get(), in.data(), in.size(), out.data(),
                                                      out.size(), &used, nullptr);
    return result == LIBDEFLATE_SUCCESS ? used : 0;
}
#endif

constexpr Inflater all[] = {
    {"zlib", by_zlib},
#ifdef SIMDPREP_FUZZ_LIBDEFLATE
    {"libdeflate", by_libdeflate},
#endif
};

}  // namespace

std::span<const Inflater> inflaters() { return all; }

}  // namespace fuzz
