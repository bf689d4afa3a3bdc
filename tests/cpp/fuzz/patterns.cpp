#include "patterns.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

namespace fuzz {
namespace {

constexpr std::array<std::size_t, 12> element_sizes = {1, 1, 2, 4, 4, 4, 8, 8, 3, 12, 21, 81};

template <class T>
void put(std::span<std::byte> bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, std::min(sizeof value, bytes.size() - at));
}

std::size_t one_byte(Random& random, std::span<std::byte> bytes) {
    constexpr std::array<std::byte, 3> usual = {std::byte{0}, std::byte{0xff}, std::byte{1}};
    std::ranges::fill(bytes, random.one_in(4) ? random.byte() : usual[random.below(usual.size())]);
    return element_sizes[random.below(element_sizes.size())];
}

// NaN, -1, 1 or anything, of 2, 4 or 8 bytes.
std::size_t one_element(Random& random, std::span<std::byte> bytes) {
    constexpr std::array<std::uint64_t, 4> floats = {0x7fc00000, 0x3f800000, 0xffffffff, 0xc479c000};
    const std::size_t size = std::size_t{2} << random.below(3);
    const std::uint64_t value = random.one_in(3) ? random.next() : floats[random.below(4)] << (size == 8 ? 32 : 0);
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        std::memcpy(bytes.data() + at, &value, std::min(size, bytes.size() - at));
    }
    return size;
}

std::size_t noise(Random& random, std::span<std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        put(bytes, at, random.next());
    }
    return element_sizes[random.below(element_sizes.size())];
}

std::size_t few_symbols(Random& random, std::span<std::byte> bytes) {
    std::array<std::byte, 64> symbols{};
    std::ranges::generate(symbols, [&] { return random.byte(); });
    const std::size_t count = random.any_magnitude(1, symbols.size());
    std::ranges::generate(bytes, [&] { return symbols[random.below(count)]; });
    return 1;
}

// Frequencies of powers of two, or Fibonacci numbers: Huffman codes as long as there can be.
std::size_t deep_codes(Random& random, std::span<std::byte> bytes) {
    if (random.one_in(2)) {
        std::ranges::generate(bytes, [&] { return static_cast<std::byte>(std::countr_zero(random.next() | 1UL << 40)); });
        return 1;
    }
    std::size_t last = 1;
    std::size_t count = 1;
    auto at = bytes.begin();
    for (unsigned symbol = 0; at != bytes.end(); ++symbol) {
        const auto rest = static_cast<std::size_t>(bytes.end() - at);
        at = std::fill_n(at, std::min(count, rest), static_cast<std::byte>(symbol));
        last = std::exchange(count, count + last);
    }
    for (std::size_t i = bytes.size(); i > 1; --i) {
        std::swap(bytes[i - 1], bytes[random.below(i)]);
    }
    return 1;
}

// A match has at most 258 bytes, and the first byte of a run is a literal.
std::size_t run_length(Random& random) {
    constexpr std::array<std::size_t, 10> borders = {2, 3, 4, 10, 11, 257, 258, 259, 260, 517};
    return random.one_in(3) ? borders[random.below(borders.size())] : random.any_magnitude(1, 4000);
}

std::size_t runs(Random& random, std::span<std::byte> bytes) {
    const bool any = random.one_in(2);
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t count = std::min(run_length(random), bytes.size() - at);
        std::ranges::fill(bytes.subspan(at, count), any ? random.byte() : static_cast<std::byte>(random.below(3)));
        at += count;
        for (std::size_t literals = random.below(4); literals > 0 && at < bytes.size(); --literals) {
            bytes[at++] = random.byte();
        }
    }
    return 1;
}

std::size_t ramp(Random& random, std::span<std::byte> bytes) {
    const std::size_t size = std::size_t{1} << random.below(4);
    const std::uint64_t step = random.one_in(2) ? 1 : random.next() >> random.below(64);
    const std::uint64_t jitter = random.one_in(2) ? 1 : random.any_magnitude(1, 1000);
    std::uint64_t value = random.next() >> random.below(64);
    for (std::size_t at = 0; at < bytes.size(); at += size, value += step + random.below(jitter)) {
        std::memcpy(bytes.data() + at, &value, std::min(size, bytes.size() - at));
    }
    return size;
}

// Slots of a padded object: some real values, then the fill value up to the end of the row.
struct Slots {
    std::size_t pad;
    std::size_t most;

    explicit Slots(Random& random) : pad(random.any_magnitude(2, 200)), most(random.between(1, pad)) {}

    template <class Real, class Fill>
    void each(Random& random, std::size_t count, const Real& real, const Fill& fill) const {
        for (std::size_t slot = 0, valid = 0; slot < count; ++slot) {
            valid = slot % pad == 0 ? random.below(most + 1) : valid;
            slot % pad < valid ? real(slot) : fill(slot);
        }
    }
};

std::size_t padded_floats(Random& random, std::span<std::byte> bytes) {
    const float fill = random.one_in(2) ? 0.0F : std::bit_cast<float>(0x7fc00000U);
    const float scale = static_cast<float>(random.any_magnitude(1, 100000));
    const std::uint32_t mask = ~std::uint32_t{0} << (random.one_in(2) ? 0 : random.below(16));  // NanoAOD rounds
    Slots(random).each(
        random, bytes.size() / 4,
        [&](std::size_t slot) {
            put(bytes, 4 * slot, std::bit_cast<std::uint32_t>(random.normal() * scale) & mask);
        },
        [&](std::size_t slot) { put(bytes, 4 * slot, fill); });
    return 4;
}

// Records of floats, small integers and a last bool that says whether they are real.
std::size_t padded_records(Random& random, std::span<std::byte> bytes) {
    const std::size_t floats = random.between(1, 20);
    const std::size_t integers = random.below(4);
    const std::size_t size = 4 * floats + integers + 1;
    Slots(random).each(
        random, bytes.size() / size,
        [&](std::size_t slot) {
            const auto record = bytes.subspan(slot * size, size);
            for (std::size_t i = 0; i < floats; ++i) {
                put(record, 4 * i, random.normal() * static_cast<float>(i + 1));
            }
            std::ranges::generate(record.subspan(4 * floats, integers), [&] { return static_cast<std::byte>(random.below(9)); });
            record.back() = std::byte{1};
        },
        [&](std::size_t slot) {
            const auto record = bytes.subspan(slot * size, size);
            for (std::size_t i = 0; i < floats; ++i) {
                put(record, 4 * i, std::uint32_t{0x7fc00000});
            }
        });
    return size;
}

// Planes as a shuffle leaves them: noise, narrow, constant, one after the other.
std::size_t planes(Random& random, std::span<std::byte> bytes) {
    const std::size_t count = std::size_t{2} << random.below(3);
    const std::size_t length = std::max<std::size_t>(1, bytes.size() / count);
    for (std::size_t at = 0; at < bytes.size(); at += length) {
        const auto plane = bytes.subspan(at, std::min(length, bytes.size() - at));
        const std::size_t width = random.any_magnitude(1, 256);
        std::ranges::generate(plane, [&] { return static_cast<std::byte>(random.below(width)); });
    }
    return 1;
}

// What a search for matches finds: the same again at any distance, beyond the window of 32 KiB too.
std::size_t repeats(Random& random, std::span<std::byte> bytes) {
    const std::size_t far = random.any_magnitude(2, 40000);
    for (std::size_t at = 0; at < bytes.size();) {
        std::size_t literals = random.below(at == 0 ? 60 : 6);
        for (; literals > 0 && at < bytes.size(); --literals) {
            bytes[at++] = random.byte();
        }
        if (at > 0 && at < bytes.size()) {
            const std::size_t distance = std::min(at, random.any_magnitude(1, far));
            const std::size_t end = std::min(bytes.size(), at + random.any_magnitude(3, 600));
            for (; at < end; ++at) {
                bytes[at] = bytes[at - distance];
            }
        }
    }
    return element_sizes[random.below(element_sizes.size())];
}

// Almost not compressible: the worst case of sizes.
std::size_t almost_noise(Random& random, std::span<std::byte> bytes) {
    noise(random, bytes);
    const std::size_t rarity = random.any_magnitude(20, 2000);
    for (std::size_t at = random.below(rarity); at < bytes.size(); at += 1 + random.below(2 * rarity)) {
        const auto rest = bytes.subspan(at);
        std::ranges::fill(rest.first(std::min<std::size_t>(rest.size(), random.between(2, 12))), rest[0]);
    }
    return element_sizes[random.below(element_sizes.size())];
}

std::size_t bools(Random& random, std::span<std::byte> bytes) {
    const std::size_t rarity = random.any_magnitude(1, 5000);
    std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random.one_in(rarity)); });
    return 1;
}

// A number of the event, repeated for each of its rows.
std::size_t repeated_elements(Random& random, std::span<std::byte> bytes) {
    const std::size_t size = std::size_t{2} << random.below(3);
    const std::size_t most = random.any_magnitude(1, 300);
    std::uint64_t value = 0;
    for (std::size_t at = 0, left = 0; at < bytes.size(); at += size, --left) {
        if (left == 0) {
            left = random.between(1, most);
            value = random.next();
        }
        std::memcpy(bytes.data() + at, &value, std::min(size, bytes.size() - at));
    }
    return size;
}

// Numbers of a short list, as codes of particles are.
std::size_t few_numbers(Random& random, std::span<std::byte> bytes) {
    const std::size_t size = std::size_t{2} << random.below(3);
    std::vector<std::uint64_t> numbers(random.any_magnitude(2, 2000));
    std::ranges::generate(numbers, [&] { return random.next() >> random.below(64); });
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        std::memcpy(bytes.data() + at, &numbers[random.below(numbers.size())], std::min(size, bytes.size() - at));
    }
    return size;
}

// Words of a short list: many short copies, beginning anywhere.
std::size_t words(Random& random, std::span<std::byte> bytes) {
    std::vector<std::vector<std::byte>> list(random.any_magnitude(2, 300));
    for (auto& word : list) {
        word.resize(random.between(2, 12));
        std::ranges::generate(word, [&] { return static_cast<std::byte>('a' + random.below(26)); });
    }
    for (std::size_t at = 0; at < bytes.size();) {
        const auto& word = list[random.below(list.size())];
        const std::size_t size = std::min(word.size(), bytes.size() - at);
        std::copy_n(word.begin(), size, bytes.begin() + static_cast<std::ptrdiff_t>(at));
        at += size;
    }
    return 1;
}

std::size_t mixed(Random& random, std::span<std::byte> bytes);

constexpr std::array<Pattern, 17> all = {{
    {"one byte", one_byte},
    {"one element", one_element},
    {"noise", noise},
    {"few symbols", few_symbols},
    {"deep codes", deep_codes},
    {"runs", runs},
    {"ramp", ramp},
    {"padded floats", padded_floats},
    {"padded records", padded_records},
    {"planes", planes},
    {"repeats", repeats},
    {"almost noise", almost_noise},
    {"bools", bools},
    {"repeated elements", repeated_elements},
    {"few numbers", few_numbers},
    {"words", words},
    {"mixed", mixed},
}};

// Stretches of the others: where one ends, a block should.
std::size_t mixed(Random& random, std::span<std::byte> bytes) {
    const std::size_t longest = random.any_magnitude(1, 100000);
    std::size_t element_size = 1;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto part = bytes.subspan(at, std::min(random.between(1, longest), bytes.size() - at));
        element_size = all[random.below(all.size() - 1)].fill(random, part);
        at += part.size();
    }
    return element_size;
}

// Sizes at which stored blocks, windows, vectors and matches are full.
constexpr std::array<std::size_t, 9> units = {16, 64, 258, 4096, 32768, 65535, 65536, 131072, 1 << 20};

std::size_t size_of_chunk(Random& random, std::size_t max_size) {
    const std::size_t kind = random.below(300);
    const std::size_t limit = kind == 0 ? max_size : kind < 15 ? 1 << 20 : kind < 90 ? 1 << 16 : 1 << 12;
    std::size_t size = kind == 0 ? random.below(max_size + 1) : random.any_magnitude(1, limit);
    if (random.one_in(4)) {
        const std::size_t unit = units[random.below(units.size())];
        size = size / unit * unit + random.below(5);
        size -= std::min<std::size_t>(size, 2);
    }
    return random.one_in(50) ? random.below(4) : std::min(size, max_size);
}

}  // namespace

std::span<const Pattern> patterns() { return all; }

Chunk make_chunk(Random& random, std::size_t max_size) {
    Chunk chunk;
    chunk.pattern = random.below(all.size());
    chunk.bytes.resize(size_of_chunk(random, max_size));
    chunk.element_size = all[chunk.pattern].fill(random, chunk.bytes);
    if (random.one_in(5)) {
        chunk.element_size = element_sizes[random.below(element_sizes.size())];
    }
    if (!random.one_in(10)) {  // whole elements, as HDF5 has them
        chunk.bytes.resize(chunk.bytes.size() / chunk.element_size * chunk.element_size);
        chunk.bytes.shrink_to_fit();
    }
    return chunk;
}

}  // namespace fuzz
