// Keyed permutations: one to one on every range, and different for different keys.
#include <algorithm>
#include <numeric>
#include <vector>

#include "check.hpp"
#include "simdprep/detail/permutation.hpp"

namespace {

using simdprep::detail::permute;
using simdprep::detail::RoundKeys;

std::vector<std::int64_t> image_of(std::int64_t size, unsigned bits, const RoundKeys& keys) {
    std::vector<std::int64_t> entries(static_cast<std::size_t>(size));
    std::iota(entries.begin(), entries.end(), 0);
    const std::vector<std::int64_t> which(entries.size(), 0);
    const std::vector<std::int64_t> sizes{size};
    const std::vector<RoundKeys> rounds{keys};
    std::vector<std::int64_t> image(entries.size());
    permute(entries, which, bits, sizes, rounds, image.data());
    return image;
}

TEST(a_permutation_is_one_to_one) {
    const RoundKeys keys{1, 22, 333, 4444, 55555, 666666};
    const RoundKeys others{1, 22, 333, 4444, 55555, 666667};
    for (const unsigned bits : {2U, 3U, 9U, 10U, 11U}) {
        const std::int64_t whole = std::int64_t{1} << bits;
        for (const std::int64_t size : {whole, whole - 1, whole / 2 + 1}) {
            auto image = image_of(size, bits, keys);
            if (size > 300) CHECK(image != image_of(size, bits, others));
            std::sort(image.begin(), image.end());
            for (std::int64_t entry = 0; entry < size; ++entry) CHECK(image[static_cast<std::size_t>(entry)] == entry);
        }
    }
    // halves of 31 and 31 bits
    CHECK(simdprep::detail::permuted_bits((std::int64_t{1} << 62) - 1, 62, keys) < (std::int64_t{1} << 62));
}

}  // namespace
