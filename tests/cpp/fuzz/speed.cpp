// Encodes chunks of a megabyte of every pattern, against shuffle and libdeflate's level 1 on one core.
//
//   speed_codec [LEVEL] [CHUNKS]     the default level, 8 chunks of each pattern
//
// Prints MB/s of both, and sizes in % of raw; the last line is the worst ratio of speeds.
#include <libdeflate.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "patterns.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/codec.hpp"

namespace {

using simdprep::detail::ChunkPipeline;

constexpr std::size_t chunk_size = 1 << 20;
constexpr int repeats = 3;

struct Measured {
    double seconds = 0;
    std::size_t bytes = 0;

    void add(const Measured& other) {
        seconds += other.seconds;
        bytes += other.bytes;
    }
};

// The quickest of a few runs of `encode`, which returns a size.
template <class Encode>
Measured measure(const Encode& encode) {
    Measured best{1e9, 0};
    for (int i = 0; i < repeats; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        best.bytes = encode();
        best.seconds = std::min(best.seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    }
    return best;
}

std::size_t by_libdeflate(std::span<const std::byte> raw, std::size_t element_size) {
    struct Free {
        void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
    };
    static const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(1));
    static std::vector<std::byte> shuffled(chunk_size);
    static std::vector<std::byte> out(libdeflate_zlib_compress_bound(compressor.get(), chunk_size));
    if (element_size > 1) {
        simdprep::detail::shuffle(raw.data(), shuffled.data(), raw.size() / element_size, element_size);
        raw = std::span(shuffled).first(raw.size());
    }
    return libdeflate_zlib_compress(compressor.get(), raw.data(), raw.size(), out.data(), out.size());
}

double megabytes_per_second(std::size_t bytes, const Measured& measured) {
    return static_cast<double>(bytes) * 1e-6 / measured.seconds;
}

double percent(std::size_t bytes, std::size_t of) { return 100.0 * static_cast<double>(bytes) / static_cast<double>(of); }

}  // namespace

int main(int argc, char** argv) {
    const int level = argc > 1 ? std::stoi(argv[1]) : simdprep::detail::default_deflate_level;
    const int chunks = argc > 2 ? std::stoi(argv[2]) : 8;
    double worst = 1e9;
    std::printf("%-18s %10s %10s %7s %8s %8s\n", "level", "ours MB/s", "libdeflate", "ratio", "ours %", "libdef %");
    for (const fuzz::Pattern& pattern : fuzz::patterns()) {
        fuzz::Random random(42);
        Measured ours;
        Measured peer;
        std::size_t raw_bytes = 0;
        for (int i = 0; i < chunks; ++i) {
            std::vector<std::byte> raw(chunk_size);
            const std::size_t element_size = pattern.fill(random, raw);
            raw.resize(raw.size() / element_size * element_size);
            const ChunkPipeline pipeline{element_size, level, false};
            ours.add(measure([&] { return encode_chunk(pipeline, raw).bytes.size(); }));
            peer.add(measure([&] { return by_libdeflate(raw, element_size); }));
            raw_bytes += raw.size();
        }
        const double ratio = peer.seconds / ours.seconds;
        worst = std::min(worst, ratio);
        std::printf("%-18.*s %10.0f %10.0f %7.2f %8.2f %8.2f\n", static_cast<int>(pattern.name.size()), pattern.name.data(),
                    megabytes_per_second(raw_bytes, ours), megabytes_per_second(raw_bytes, peer), ratio,
                    percent(ours.bytes, raw_bytes), percent(peer.bytes, raw_bytes));
    }
    std::printf("worst %.2f\n", worst);
    return 0;
}
