#include "simdprep/detail/compressor.hpp"

#include <string>

#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/foreign_codecs.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {

std::string_view name_of(Compressor compressor) {
    switch (compressor) {
        case Compressor::deflate: return "deflate";
        case Compressor::lz4: return "lz4";
        case Compressor::zstd: return "zstd";
    }
    throw InternalError(expected("compressor", static_cast<int>(compressor), "one that is known"));
}

Compressor compressor_from(std::string_view name) {
    for (const Compressor compressor : {Compressor::deflate, Compressor::lz4, Compressor::zstd}) {
        if (name == name_of(compressor)) {
            return compressor;
        }
    }
    throw InternalError(expected("compressor", name, "deflate, lz4 or zstd"));
}

std::vector<Compressor> built_in_compressors() {
    std::vector<Compressor> found{Compressor::deflate};
    if (has_lz4) {
        found.push_back(Compressor::lz4);
    }
    if (has_zstd) {
        found.push_back(Compressor::zstd);
    }
    return found;
}

std::size_t best_ratio(Compressor compressor) {
    switch (compressor) {
        case Compressor::deflate: return 1032;   // 258 bytes of 2 bits
        case Compressor::lz4: return 255;        // a byte more of a match's length
        case Compressor::zstd: return 1 << 15;   // a block of 128 KiB in its 4 bytes
    }
    throw InternalError(expected("compressor", static_cast<int>(compressor), "one that is known"));
}

void decompress(Compressor compressor, std::span<const std::byte> in, std::span<std::byte> out) {
    switch (compressor) {
        case Compressor::deflate: inflate(in, out); break;
        case Compressor::lz4: decompress_lz4(in, out); break;
        case Compressor::zstd: decompress_zstd(in, out); break;
    }
}

}  // namespace simdprep::detail
