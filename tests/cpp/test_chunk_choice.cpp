#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "check.hpp"
#include "padded_data.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"

using namespace simdprep::detail;

namespace {

constexpr std::size_t slots = 40;
constexpr std::size_t rows = 2048;

struct Case {
    std::string name;
    std::size_t element;
    std::vector<std::byte> bytes;
};

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

// Rows of `mean` values on average, made by `value`, then `fill`.
template <class T, class Make>
std::vector<std::byte> padded(double mean, T fill, const Make& value) {
    std::mt19937 engine(7);
    std::poisson_distribution<std::size_t> multiplicity(mean);
    std::vector<T> values;
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t valid = std::min(multiplicity(engine), slots);
        std::vector<T> of_row;
        for (std::size_t slot = 0; slot < valid; ++slot) {
            of_row.push_back(static_cast<T>(value(engine, row, slot)));
        }
        of_row.resize(slots, fill);
        values.insert(values.end(), of_row.begin(), of_row.end());
    }
    return bytes_of(values);
}

template <class T, class Make>
std::vector<std::byte> flat(std::size_t size, Make value) {
    std::mt19937 engine(8);
    std::vector<T> values;
    for (std::size_t i = 0; i < size; ++i) {
        values.push_back(static_cast<T>(value(engine, i)));
    }
    return bytes_of(values);
}

float normal(std::mt19937& engine) { return std::normal_distribution<float>()(engine); }

// As NanoAOD does: so many bits of the mantissa are kept.
float rounded(float value, unsigned bits) {
    std::uint32_t word = 0;
    std::memcpy(&word, &value, sizeof word);
    word &= ~((1U << (23 - bits)) - 1);
    std::memcpy(&value, &word, sizeof word);
    return value;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    const auto noise = [](std::mt19937& engine, std::size_t, std::size_t) { return normal(engine); };
    const auto ten_bits = [](std::mt19937& engine, std::size_t, std::size_t) { return rounded(normal(engine), 10); };
    const auto integer = [](std::mt19937& engine, std::size_t, std::size_t) { return static_cast<int>(engine() % 14); };
    const auto falling = [](std::mt19937& engine, std::size_t, std::size_t slot) {
        return 100.0F / (static_cast<float>(slot) + 1 + static_cast<float>(engine() % 1000) / 1000);
    };
    for (const double mean : {3.0, 10.0, 20.0, 36.0}) {
        for (const float fill : {0.0F, std::nanf("")}) {
            const std::string name = std::to_string(static_cast<int>(mean)) + (fill == 0 ? ", zeros" : ", NaNs");
            all.push_back({"floats " + name, 4, padded<float>(mean, fill, noise)});
            all.push_back({"rounded " + name, 4, padded<float>(mean, fill, ten_bits)});
            all.push_back({"sorted " + name, 4, padded<float>(mean, fill, falling)});
            all.push_back({"doubles " + name, 8, padded<double>(mean, static_cast<double>(fill), noise)});
        }
        const std::string name = std::to_string(static_cast<int>(mean));
        all.push_back({"int32 " + name, 4, padded<std::int32_t>(mean, -1, integer)});
        all.push_back({"int16 " + name, 2, padded<std::int16_t>(mean, -1, integer)});
        all.push_back({"bools " + name, 1, padded<std::uint8_t>(mean, 0, [](auto&, auto, auto) { return 1; })});
    }
    all.push_back({"a number of the event for each jet", 4, flat<float>(60'000, [value = 0.0F](auto& engine, auto) mutable {
                       return value = engine() % 5 == 0 ? normal(engine) : value;
                   })});
    all.push_back({"few values", 4, flat<float>(60'000, [](auto& engine, auto) { return std::sqrt(static_cast<float>(engine() % 500)); })});
    all.push_back({"few doubles", 8, flat<double>(60'000, [](auto& engine, auto) { return std::sqrt(static_cast<double>(engine() % 900)); })});
    all.push_back({"dense floats", 4, flat<float>(80'000, [](auto& engine, auto) { return normal(engine); })});
    all.push_back({"dense doubles", 8, flat<double>(40'000, [](auto& engine, auto) { return normal(engine); })});
    all.push_back({"event numbers", 8, flat<std::int64_t>(60'000, [](auto&, auto i) { return 4'000'000'000 + 3 * i; })});
    all.push_back({"offsets", 8, flat<std::int64_t>(65'536, [at = 0L](auto& engine, auto) mutable { return at += static_cast<long>(engine() % 9); })});
    all.push_back({"one value", 4, flat<float>(80'000, [](auto&, auto) { return 1.0F; })});
    all.push_back({"run numbers", 4, flat<std::uint32_t>(2048, [](auto&, auto i) { return 190'000 + i / 700; })});
    all.push_back({"random bytes", 1, check::random_bytes(200'000, 1.0, 1)});
    all.push_back({"records", 21, check::padded_rows(2048, 10, 21, 0, 0, 4)});
    return all;
}

}  // namespace

TEST(the_choice_is_near_the_best) {
    for (const int level : {2, 4}) {
        for (const auto& [name, element, bytes] : cases()) {
            const auto [sizes, taken] = choice_sizes({element, level, false}, bytes);
            std::size_t best = bytes.size();
            std::size_t got = 0;
            for (const auto& [choice, size] : sizes) {
                best = std::min(best, size);
                got = choice == taken ? size : got;
            }
            const bool is_near = static_cast<double>(got) <= 1.05 * static_cast<double>(best) + 64;
            CHECK_EQUAL(name + (is_near ? "" : ": " + std::to_string(got) + " and not " + std::to_string(best)), name);
        }
    }
}

TEST(high_levels_take_the_best) {
    for (const auto& [name, element, bytes] : cases()) {
        if (bytes.size() < 200'000) {
            const auto sizes = choice_sizes({element, 9, false}, bytes).sizes;
            const auto best = std::ranges::min(sizes, {}, &std::pair<Choice, std::size_t>::second).second;
            CHECK_EQUAL(simdprep::detail::encode_chunk({element, 9, false}, bytes).bytes.size(), std::min(best, bytes.size()));
        }
    }
}

TEST(what_is_chosen) {
    const auto choice_of = [](std::size_t element, std::span<const std::byte> bytes) {
        return choose(bytes, element, effort_of(4));
    };
    const auto floats = padded<float>(10, 0.0F, [](auto& engine, auto, auto) { return normal(engine); });
    CHECK(choice_of(4, floats) == (Choice{Method::runs, true}));
    const auto values = check::repeated_numbers(60'000, 4, 500, 1);
    CHECK(choice_of(4, values) == (Choice{Method::search, false}));
    CHECK(!choice_of(1, values).shuffle);
    CHECK(choose(values, 4, effort_of(1)).method == Method::runs);
}
