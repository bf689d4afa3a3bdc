#include "padded_data.hpp"

#include <random>

namespace check {

std::vector<std::byte> runs_and_noise(std::size_t size, std::size_t longest, unsigned alphabet, unsigned seed) {
    std::mt19937 engine(seed);
    std::vector<std::byte> bytes;
    bytes.reserve(size);
    while (bytes.size() < size) {
        const std::size_t noise = engine() % (longest + 1);
        for (std::size_t i = 0; i < noise && bytes.size() < size; ++i) {
            bytes.push_back(static_cast<std::byte>(engine() % alphabet));
        }
        const std::size_t run = engine() % (longest + 1);
        const auto value = static_cast<std::byte>(engine() % alphabet);
        for (std::size_t i = 0; i < run && bytes.size() < size; ++i) {
            bytes.push_back(value);
        }
    }
    return bytes;
}

std::vector<std::byte> padded_rows(std::size_t rows, std::size_t slots, std::size_t bytes, std::uint64_t fill,
                                   std::size_t rounded, unsigned seed) {
    std::mt19937_64 engine(seed);
    std::vector<std::byte> all;
    all.reserve(rows * slots * bytes);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t valid = engine() % (slots / 2 + 1);
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const std::uint64_t noise = engine() >> (8 * rounded) << (8 * rounded);
            const std::uint64_t value = slot < valid ? noise : fill;
            for (std::size_t byte = 0; byte < bytes; ++byte) {
                all.push_back(static_cast<std::byte>(value >> (8 * (byte % 8))));
            }
        }
    }
    return all;
}

std::vector<std::byte> repeated_numbers(std::size_t size, std::size_t bytes, std::size_t values, unsigned seed) {
    std::mt19937_64 engine(seed);
    std::vector<std::uint64_t> all(values);
    for (std::uint64_t& value : all) {
        value = engine();
    }
    std::vector<std::byte> out;
    out.reserve(size * bytes);
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint64_t value = all[engine() % values];
        for (std::size_t byte = 0; byte < bytes; ++byte) {
            out.push_back(static_cast<std::byte>(value >> (8 * (byte % 8))));
        }
    }
    return out;
}

}  // namespace check
