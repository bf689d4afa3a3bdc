// The run encoder on shuffled bytes suits padded floats; whole numbers that come again, sorted or repeated ones are
// better off unshuffled, and some with a search. What is best shows in a sample: the run encoder's size there is
// estimated, and the search is tried only where elements do come again.
#include "simdprep/detail/chunk_choice.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/run_deflate.hpp"
#include "simdprep/detail/scratch.hpp"
#include "simdprep/detail/search_deflate.hpp"

namespace simdprep::detail {
namespace {

// Places of a chunk that a sample is taken from, and its size: a share of the chunk within limits.
constexpr std::size_t num_windows = 4;
constexpr std::size_t sample_share = 24;
constexpr std::size_t least_sample = 12 << 10;
constexpr std::size_t most_sample = 48 << 10;
constexpr std::size_t search_share = 8;  // a larger one to try the search on
constexpr std::size_t least_search_sample = 32 << 10;
constexpr std::size_t most_search_sample = 256 << 10;

// The search is tried where one of so many elements has occurred before.
constexpr std::size_t repeats_share = 24;

thread_local Scratch sample_scratch;
thread_local Scratch shuffled_scratch;
thread_local RunDeflater run_deflater;
thread_local SearchDeflater search_deflater;

// Windows of whole elements, evenly spread; all bytes where that is not much more.
std::span<const std::byte> sample_of(std::span<const std::byte> raw, std::size_t element, std::size_t wanted) {
    const std::size_t window = std::max(wanted / num_windows / element, std::size_t{1}) * element;
    if (raw.size() < 2 * num_windows * window) {
        return raw;
    }
    const std::span<std::byte> sample = sample_scratch.get(num_windows * window);
    for (std::size_t i = 0; i < num_windows; ++i) {
        const std::size_t last = raw.size() / element - window / element;
        const std::size_t at = last * i / (num_windows - 1) * element;
        std::memcpy(sample.data() + i * window, raw.data() + at, window);
    }
    return sample;
}

std::span<const std::byte> shuffled(std::span<const std::byte> bytes, std::size_t element) {
    const std::span<std::byte> out = shuffled_scratch.get(bytes.size());
    const std::size_t whole = bytes.size() / element * element;
    shuffle(bytes.data(), out.data(), bytes.size() / element, element);
    std::memcpy(out.data() + whole, bytes.data() + whole, bytes.size() - whole);
    return out;
}

// True where numbers come again that are no runs: then a search may find them.
bool has_repeats(std::span<const std::byte> bytes, std::size_t element) {
    constexpr unsigned table_bits = 12;
    constexpr std::size_t word_bytes = 4;
    // Records have members anywhere.
    const std::size_t step = element == 4 || element == 8 ? element : element == 2 ? 2 : 1;
    std::array<std::uint32_t, 1 << table_bits> seen{};
    const auto word = [&bytes](std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + at, word_bytes);
        return value;
    };
    std::size_t different = 0;
    std::size_t repeated = 0;
    for (std::size_t at = element; at + element + word_bytes <= bytes.size(); at += step) {
        const std::uint32_t value = word(at);
        if (value == word(at - element) || value == word(at + element)) {
            continue;
        }
        std::uint32_t& last = seen[(value * 0x9e3779b1U) >> (32 - table_bits)];
        ++different;
        repeated += last == value ? 1 : 0;
        last = value;
    }
    return repeated * repeats_share > different;
}

struct Candidate {
    Choice choice;
    std::uint64_t bits;
};

std::uint64_t estimate(const Choice& choice, std::span<const std::byte> sample, std::size_t element, unsigned places) {
    const auto bytes = choice.shuffle ? shuffled(sample, element) : sample;
    if (choice.method == Method::search) {
        return search_deflater.estimate(bytes, choice.shuffle ? 1 : element, places);
    }
    const std::size_t all = std::max<std::size_t>(sample.size(), 1);
    return choice.shuffle ? run_deflater.estimate(bytes, std::max<std::size_t>(all / element, 1), 1)
                          : run_deflater.estimate(bytes, all, element);
}

}  // namespace

Effort effort_of(int level) {
    constexpr std::array<unsigned, 10> places = {0, 0, 1, 2, 4, 8, 8, 8, 8, 8};
    return {places[static_cast<std::size_t>(level)], level >= 6 ? level : 0};
}

std::vector<Choice> all_choices(std::size_t size, const Effort& effort) {
    std::vector<Choice> all;
    for (const Method method : {Method::runs, Method::search, Method::library}) {
        const bool is_allowed = method == Method::runs || (method == Method::search && effort.places > 0) ||
                                (method == Method::library && effort.library_level > 0);
        if (is_allowed && size > 1) {
            all.push_back({method, true});
        }
        if (is_allowed && (method != Method::runs || size <= most_run_distance)) {
            all.push_back({method, false});
        }
    }
    return all;
}

Choice choose(std::span<const std::byte> raw, std::size_t size, const Effort& effort) {
    const std::size_t element = std::max<std::size_t>(size, 1);
    const auto share = [&raw](std::size_t part, std::size_t least, std::size_t most) {
        return std::clamp(raw.size() / part, least, most);
    };
    auto sample = sample_of(raw, element, share(sample_share, least_sample, most_sample));
    const bool searches = effort.places > 0 && has_repeats(sample, element);
    if (searches) {
        sample = sample_of(raw, element, share(search_share, least_search_sample, most_search_sample));
    }
    std::optional<Candidate> best;
    for (const Choice& choice : all_choices(element, {searches ? effort.places : 0, 0})) {
        const std::uint64_t bits = estimate(choice, sample, element, effort.places);
        if (!best || bits < best->bits) {
            best = Candidate{choice, bits};
        }
    }
    return best ? best->choice : Choice{Method::runs, element > 1};
}

}  // namespace simdprep::detail
