// Sorting of lists against std::stable_sort on copies of them.
#include <algorithm>
#include <cmath>
#include <random>

#include "check.hpp"
#include "simdprep/detail/order.hpp"

namespace {

using simdprep::detail::order_lists;

template <typename Key>
std::vector<std::int64_t> slow(const std::vector<std::int64_t>& offsets, const std::vector<Key>& keys, bool descending) {
    std::vector<std::int64_t> positions;
    for (std::size_t list = 0; list + 1 < offsets.size(); ++list) {
        std::vector<std::int64_t> sound;
        std::vector<std::int64_t> nan;
        for (std::int64_t entry = offsets[list]; entry < offsets[list + 1]; ++entry)
            (keys[static_cast<std::size_t>(entry)] != keys[static_cast<std::size_t>(entry)] ? nan : sound).push_back(entry);
        std::stable_sort(sound.begin(), sound.end(), [&](std::int64_t one, std::int64_t other) {
            const Key a = keys[static_cast<std::size_t>(one)];
            const Key b = keys[static_cast<std::size_t>(other)];
            return descending ? b < a : a < b;
        });
        positions.insert(positions.end(), sound.begin(), sound.end());
        positions.insert(positions.end(), nan.begin(), nan.end());
    }
    return positions;
}

template <typename Key>
void compare(unsigned seed, unsigned longest) {
    std::mt19937 random(seed);
    std::vector<std::int64_t> offsets{0};
    for (int list = 0; list < 200; ++list) offsets.push_back(offsets.back() + static_cast<std::int64_t>(random() % longest));
    std::vector<Key> keys;
    for (std::int64_t entry = 0; entry < offsets.back(); ++entry) {
        keys.push_back(static_cast<Key>(random() % 7));
        if constexpr (std::is_floating_point_v<Key>)
            if (random() % 5 == 0) keys.back() = std::nan("");
    }
    for (const bool descending : {false, true}) {
        std::vector<std::int64_t> positions(keys.size());
        order_lists(offsets.data(), offsets.size() - 1, keys.data(), nullptr, descending, positions.data());
        const std::vector<std::int64_t> whole = slow(offsets, keys, descending);
        CHECK(positions == whole);
        for (const std::uint64_t limit : {0U, 1U, 3U, 30U}) {
            order_lists(offsets.data(), offsets.size() - 1, keys.data(), nullptr, descending, positions.data(), limit);
            for (std::size_t list = 0; list + 1 < offsets.size(); ++list) {
                const std::int64_t wanted = std::min(offsets[list + 1] - offsets[list], static_cast<std::int64_t>(limit));
                const auto begin = positions.begin() + offsets[list];
                CHECK(std::equal(begin, begin + wanted, whole.begin() + offsets[list]));
                std::vector<std::int64_t> all(begin, positions.begin() + offsets[list + 1]);
                std::ranges::sort(all);  // each entry once
                for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == offsets[list] + static_cast<std::int64_t>(i));
            }
        }
    }
}

TEST(short_and_long_lists_of_every_key) {
    for (unsigned seed = 0; seed < 20; ++seed)
        for (const unsigned longest : {2U, 10U, 100U}) {
            compare<double>(seed, longest);
            compare<std::int64_t>(seed, longest);
            compare<std::uint64_t>(seed, longest);
        }
}

TEST(marked_entries_come_last_in_their_order) {
    const std::vector<std::int64_t> offsets{0, 4};
    const std::vector<std::int64_t> keys{5, 1, 9, 3};
    const bool last[] = {true, false, true, false};
    std::vector<std::int64_t> positions(4);
    order_lists(offsets.data(), 1, keys.data(), last, true, positions.data());
    CHECK((positions == std::vector<std::int64_t>{3, 1, 0, 2}));
}

}  // namespace
