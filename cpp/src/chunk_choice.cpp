// The run encoder on shuffled bytes suits padded floats; whole numbers that come again, sorted or repeated ones are
// better off unshuffled, and some with a search. What is best shows in a sample: the run encoder's size there is
// estimated, and the search is tried only where elements do come again.
#include "simdprep/detail/chunk_choice.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <optional>

#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/run_deflate.hpp"
#include "simdprep/detail/scratch.hpp"
#include "simdprep/detail/search_deflate.hpp"

namespace simdprep::detail {
namespace {

// Places of a chunk that a sample is taken from, and its size: a share of the chunk within limits.
constexpr std::size_t num_windows = 8;
constexpr std::size_t sample_share = 24;
constexpr std::size_t least_sample = 8 << 10;  // and so many elements that each plane shows which bytes it has
constexpr std::size_t least_elements = 2048;
constexpr std::size_t most_sample = 48 << 10;
constexpr std::size_t search_share = 8;  // a larger one to try the search on
constexpr std::size_t least_quick_sample = 32 << 10;  // of what little is left of, so that the search is quick
constexpr std::size_t most_search_sample = 48 << 10;
constexpr std::size_t most_record_sample = 56 << 10;

// The search is tried where one of so many elements has occurred before, and where so little is left by the run encoder
// that a search is quick.
constexpr std::size_t repeats_share = 32;
constexpr std::size_t starts_share = 4;
constexpr std::size_t plain_share = 8;
// It takes up to ten times as long as the run encoder: what it saves must be at least this share.
constexpr std::uint64_t worth_share = 28;

// Elements whose planes are looked at, and the different bytes that a plane must have: others are told well enough by
// their code.
constexpr std::size_t plane_sample = 1024;
constexpr std::size_t many_values = 32;

// Chunks up to this size are tried in all ways.
constexpr std::size_t small_chunk = 8 << 10;
// Repeats in samples up to this size are counted with a small table: to clear a large one takes longer than they do.
constexpr std::size_t small_sample = 16 << 10;

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

// Members lie anywhere in records: whether they come again, only a search can tell.
bool is_record(std::size_t element) { return element != 1 && element != 2 && element != 4 && element != 8; }

// What is seen of bytes, `step` by `step`, of keys that are equal neither to the one before nor to the one after.
struct Repeats {
    std::size_t different = 0;
    std::size_t repeated = 0;    // of these, have been seen before
    std::size_t run_starts = 0;  // equal to the one after only
};

template <unsigned TableBits>
Repeats count_repeats(std::span<const std::byte> bytes, std::size_t step) {
    constexpr std::size_t key_bytes = 4;
    std::array<std::uint32_t, 1 << TableBits> seen{};
    const auto key = [&bytes](std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + at, key_bytes);
        return value;
    };
    Repeats found;
    for (std::size_t at = step; at + step + key_bytes <= bytes.size(); at += step) {
        const std::uint32_t value = key(at);
        if (value == key(at - step)) {
            continue;
        }
        if (value == key(at + step)) {
            ++found.run_starts;
            continue;
        }
        std::uint32_t& last = seen[(value * 0x9e3779b1U) >> (32 - TableBits)];
        ++found.different;
        found.repeated += last == value ? 1 : 0;
        last = value;
    }
    return found;
}

// True where numbers come again that are no runs, or where runs are short: what may make a search worth while.
bool has_repeats(std::span<const std::byte> sample, std::size_t element) {
    const Repeats found = sample.size() <= small_sample ? count_repeats<11>(sample, element) : count_repeats<14>(sample, element);
    return found.repeated * repeats_share > found.different || found.run_starts * starts_share > found.different;
}

// True where a plane of many different bytes repeats itself, as that of the lowest byte of numbers that count.
bool has_repeating_plane(std::span<const std::byte> raw, std::size_t element) {
    const std::size_t count = std::min(raw.size() / element, plane_sample);
    const auto planes = shuffled(raw.first(count * element), element);
    for (std::size_t byte = 0; byte < element; ++byte) {
        const auto plane = planes.subspan(byte * count, count);
        std::bitset<256> values;
        for (const std::byte value : plane) {
            values.set(std::to_integer<std::size_t>(value));
        }
        if (values.count() >= many_values) {
            const Repeats found = count_repeats<10>(plane, 1);
            if (found.repeated * 2 > found.different) {
                return true;
            }
        }
    }
    return false;
}

struct Candidate {
    Choice choice;
    std::uint64_t bits;
};

// What a sample tells of the whole; of all bytes, the exact size.
std::uint64_t estimate(const Choice& choice, std::span<const std::byte> sample, bool is_all, std::size_t element,
                       unsigned places) {
    const auto bytes = choice.shuffle ? shuffled(sample, element) : sample;
    const std::size_t distance = choice.shuffle ? 1 : element;
    if (choice.method == Method::search) {
        const std::uint64_t bits = search_deflater.estimate(bytes, distance, places);
        return is_all ? bits : bits * 31 / 32;  // a sample has fewer repeats than the whole
    }
    const std::size_t plane = std::max<std::size_t>(choice.shuffle ? bytes.size() / element : bytes.size(), 1);
    return is_all ? 8 * run_deflater.plan(bytes, plane, distance) : run_deflater.estimate(bytes, plane, distance);
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
    const auto share = [&](std::size_t part, std::size_t least, std::size_t most) {
        return std::clamp(raw.size() / part, std::min(std::max(least, least_elements * element), most), most);
    };
    std::optional<Candidate> best;
    const auto consider_all = [&](std::span<const std::byte> sample, const Effort& allowed) {
        best.reset();
        for (const Choice& choice : all_choices(element, allowed)) {
            const std::uint64_t bits = estimate(choice, sample, sample.size() == raw.size(), element, effort.places);
            const bool is_slower = best && best->choice.method == Method::runs && choice.method == Method::search;
            if (!best || bits < best->bits - (is_slower ? best->bits / worth_share : 0)) {
                best = Candidate{choice, bits};
            }
        }
    };
    if (effort.places > 0) {
        const std::size_t most = is_record(element) ? most_record_sample : most_search_sample;
        const auto sample = sample_of(raw, element, share(search_share, least_sample, most));
        if (raw.size() <= small_chunk || is_record(element) || has_repeats(sample, element) ||
            has_repeating_plane(raw, element)) {
            consider_all(sample, {effort.places, 0});
            return best->choice;
        }
    }
    const auto sample = sample_of(raw, element, share(sample_share, least_sample, most_sample));
    consider_all(sample, {0, 0});
    if (effort.places > 0 && best && best->bits < sample.size() * 8 / plain_share) {
        consider_all(sample_of(raw, element, share(search_share, least_quick_sample, most_search_sample)), {effort.places, 0});
    }
    return best ? best->choice : Choice{Method::runs, element > 1};
}

}  // namespace simdprep::detail
