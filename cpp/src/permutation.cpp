#include "simdprep/detail/permutation.hpp"

namespace simdprep::detail {
namespace {

// The upper `bits` of the 32-bit finaliser of MurmurHash3.
std::uint32_t hash(std::uint32_t word, std::uint32_t key, unsigned bits) {
    std::uint32_t mixed = word + key;
    mixed ^= mixed >> 16;
    mixed *= 0x85EBCA6BU;
    mixed ^= mixed >> 13;
    mixed *= 0xC2B2AE35U;
    return mixed >> (32 - bits);
}

}  // namespace

std::int64_t permuted_bits(std::int64_t entry, unsigned bits, const RoundKeys& keys) {
    const unsigned low_bits = bits / 2;
    const unsigned high_bits = bits - low_bits;
    auto low = static_cast<std::uint32_t>(entry & ((std::int64_t{1} << low_bits) - 1));
    auto high = static_cast<std::uint32_t>(entry >> low_bits);
    for (unsigned round = 0; round < permutation_rounds; round += 2) {
        high ^= hash(low, keys[round], high_bits);
        low ^= hash(high, keys[round + 1], low_bits);
    }
    return (static_cast<std::int64_t>(high) << low_bits) | static_cast<std::int64_t>(low);
}

void permute(std::span<const std::int64_t> entries, std::span<const std::int64_t> which, unsigned bits,
             std::span<const std::int64_t> sizes, std::span<const RoundKeys> keys, std::int64_t* image) {
    for (std::size_t at = 0; at < entries.size(); ++at) {
        const auto own = static_cast<std::size_t>(which[at]);
        std::int64_t entry = entries[at];
        do {
            entry = permuted_bits(entry, bits, keys[own]);
        } while (entry >= sizes[own]);
        image[at] = entry;
    }
}

}  // namespace simdprep::detail
