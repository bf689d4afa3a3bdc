// Encodes chunks of all patterns, and lets everybody decode them.
//
//   fuzz_codec [--cases N] [--seed S] [--first I] [--max-size BYTES] [--threads N]
//
// Case i depends on the seed and i alone: a failure is repeated by --seed S --first I --cases 1. The digest is
// one of all that was stored: equal where the same bytes were, whatever the instruction set or compiler.
#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "inflaters.hpp"
#include "patterns.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/cpu.hpp"

namespace {

using fuzz::Random;
using simdprep::detail::ChunkPipeline;

struct Options {
    std::uint64_t cases = 20'000;
    std::uint64_t seed = 1;
    std::uint64_t first = 0;
    std::size_t max_size = 5'000'000;
    unsigned threads = 1;
};

// What was done; each thread has its own.
struct Totals {
    std::uint64_t cases = 0;
    std::uint64_t streams = 0;  // inflated by others
    std::uint64_t raw_bytes = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t digest = 0;
    std::int64_t worst_excess = -1'000'000'000;  // stored bytes beyond the raw ones and 0.1 % of these
    std::map<std::size_t, std::uint64_t> masks;
    std::vector<std::uint64_t> by_pattern = std::vector<std::uint64_t>(fuzz::patterns().size());

    void add(const Totals& other) {
        cases += other.cases;
        streams += other.streams;
        raw_bytes += other.raw_bytes;
        stored_bytes += other.stored_bytes;
        digest += other.digest;
        worst_excess = std::max(worst_excess, other.worst_excess);
        for (const auto& [mask, count] : other.masks) {
            masks[mask] += count;
        }
        for (std::size_t i = 0; i < by_pattern.size(); ++i) {
            by_pattern[i] += other.by_pattern[i];
        }
    }
};

// FNV-1a over eight bytes at a time.
std::uint64_t hash(std::span<const std::byte> bytes, std::uint64_t start) {
    std::uint64_t value = 0xcbf29ce484222325 ^ start;
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
        value = (value ^ word) * 0x100000001b3;
        value ^= value >> 29;
    }
    return value;
}

// Undoes a shuffle the obvious way.
std::vector<std::byte> unshuffled(const std::vector<std::byte>& bytes, std::size_t size) {
    std::vector<std::byte> out = bytes;
    const std::size_t count = bytes.size() / size;
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t b = 0; b < size; ++b) {
            out[i * size + b] = bytes[b * count + i];
        }
    }
    return out;
}

void require(bool holds, const std::string& what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

ChunkPipeline make_pipeline(Random& random, std::size_t element_size) {
    ChunkPipeline pipeline;
    pipeline.shuffle_size = random.one_in(8) ? 0 : element_size;
    pipeline.deflate_level = random.one_in(2) ? static_cast<int>(random.between(1, 4)) : static_cast<int>(random.between(1, 9));
    pipeline.deflate_level = random.one_in(100) ? 0 : pipeline.deflate_level;
    pipeline.fletcher = random.one_in(2);
    return pipeline;
}

void check_case(Random random, std::uint64_t index, std::size_t max_size, Totals& totals) {
    const fuzz::Chunk chunk = fuzz::make_chunk(random, max_size);
    const ChunkPipeline pipeline = make_pipeline(random, chunk.element_size);
    const auto& raw = chunk.bytes;
    const auto stored = simdprep::detail::encode_chunk(pipeline, raw);

    const auto excess = static_cast<std::int64_t>(stored.bytes.size()) - static_cast<std::int64_t>(raw.size() + raw.size() / 1000);
    require(excess <= 16, "stored bytes: got " + std::to_string(stored.bytes.size()) + " for " + std::to_string(raw.size()));

    std::vector<std::byte> decoded(raw.size());
    simdprep::detail::decode_chunk(pipeline, stored.bytes, stored.filter_mask, decoded);
    require(decoded == raw, "our decoder: got other bytes");

    // By the filters' order, as any reader of HDF5 does it.
    const std::uint32_t shuffle_bit = pipeline.has_shuffle() ? 1 : 0;
    const std::uint32_t deflate_bit = pipeline.has_deflate() ? 1U << shuffle_bit : 0;
    require((stored.filter_mask & ~(shuffle_bit | deflate_bit)) == 0, "filter mask: got " + std::to_string(stored.filter_mask));
    const auto payload = std::span(stored.bytes).first(stored.bytes.size() - (pipeline.fletcher ? 4 : 0));
    const bool is_shuffled = shuffle_bit != 0 && (stored.filter_mask & shuffle_bit) == 0;
    if (deflate_bit != 0 && (stored.filter_mask & deflate_bit) == 0) {
        for (const auto& [name, inflate] : fuzz::inflaters()) {
            std::vector<std::byte> out(raw.size());
            require(inflate(payload, out) == payload.size(), std::string(name) + ": refuses the stream");
            require((is_shuffled ? unshuffled(out, pipeline.shuffle_size) : out) == raw, std::string(name) + ": got other bytes");
            ++totals.streams;
        }
    } else {
        const std::vector<std::byte> out(payload.begin(), payload.end());
        require((is_shuffled ? unshuffled(out, pipeline.shuffle_size) : out) == raw, "a chunk that is not deflated: got other bytes");
    }

    ++totals.cases;
    totals.raw_bytes += raw.size();
    totals.stored_bytes += stored.bytes.size();
    totals.digest += hash(stored.bytes, index * 8 + stored.filter_mask);
    totals.worst_excess = std::max(totals.worst_excess, excess);
    ++totals.masks[stored.filter_mask];
    ++totals.by_pattern[chunk.pattern];
}

Totals run(const Options& options) {
    Totals totals;
    std::mutex mutex;
    std::string failure;
    std::atomic<std::uint64_t> next = options.first;
    const auto work = [&] {
        Totals own;
        for (std::uint64_t index = next++; index < options.first + options.cases; index = next++) {
            try {
                check_case(Random(options.seed * 0x2545f4914f6cdd1d + index), index, options.max_size, own);
            } catch (const std::exception& error) {
                const std::lock_guard lock(mutex);
                failure = "case " + std::to_string(index) + ": " + error.what();
                next = options.first + options.cases;
            }
        }
        const std::lock_guard lock(mutex);
        totals.add(own);
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options.threads; ++i) {
        threads.emplace_back(work);
    }
    work();
    for (std::thread& thread : threads) {
        thread.join();
    }
    require(failure.empty(), failure);
    return totals;
}

void print(const Options& options, const Totals& totals) {
    const std::string isa(simdprep::detail::name_of(simdprep::detail::isa()));
    std::printf("%" PRIu64 " cases of seed %" PRIu64 " with %s: %.1f MB stored as %.1f MB\n", totals.cases, options.seed,
                isa.c_str(), static_cast<double>(totals.raw_bytes) * 1e-6,
                static_cast<double>(totals.stored_bytes) * 1e-6);
    std::printf("%" PRIu64 " streams inflated by", totals.streams);
    for (const auto& inflater : fuzz::inflaters()) {
        std::printf(" %.*s", static_cast<int>(inflater.name.size()), inflater.name.data());
    }
    std::printf("\nworst excess %" PRId64 " bytes over raw + 0.1 %%\nfilter masks", totals.worst_excess);
    for (const auto& [mask, count] : totals.masks) {
        std::printf(" %zu: %" PRIu64, mask, count);
    }
    std::printf("\n");
    for (std::size_t i = 0; i < totals.by_pattern.size(); ++i) {
        const auto name = fuzz::patterns()[i].name;
        std::printf("  %-18.*s %" PRIu64 "\n", static_cast<int>(name.size()), name.data(), totals.by_pattern[i]);
    }
    std::printf("digest %016" PRIx64 "\n", totals.digest);
}

Options parsed(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        require(i + 1 < argc, name + ": got no value, expected a number");
        const std::uint64_t value = std::stoull(argv[i + 1]);
        if (name == "--cases") {
            options.cases = value;
        } else if (name == "--seed") {
            options.seed = value;
        } else if (name == "--first") {
            options.first = value;
        } else if (name == "--max-size") {
            options.max_size = value;
        } else if (name == "--threads") {
            options.threads = static_cast<unsigned>(value);
        } else {
            throw std::runtime_error("option: got " + name + ", expected --cases, --seed, --first, --max-size or --threads");
        }
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Options options = parsed(argc, argv);
        static_cast<void>(simdprep::detail::isa());  // a wrong word in SIMDPREP_ISA is told before anything else
        print(options, run(options));
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "fuzz_codec: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
