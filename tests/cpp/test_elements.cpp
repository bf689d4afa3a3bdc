#include "simdprep/detail/elements.hpp"

#include <algorithm>

#include "check.hpp"
#include "simdprep/detail/codec.hpp"

using namespace simdprep::detail;

namespace {

// What both ways write for lists of random lengths; the slack behind belongs to the fast one.
void check_lists(std::size_t size, Member member, bool in_planes, std::size_t slots, unsigned seed) {
    constexpr std::size_t num_lists = 40, first = 7;
    const std::size_t count = first + num_lists * slots;
    auto raw = check::random_bytes(count * size, 1.0, seed);
    auto stored = raw;
    if (in_planes) shuffle(raw.data(), stored.data(), count, size);
    stored.resize(stored.size() + element_slack);
    std::mt19937 random(seed);
    std::vector<std::int64_t> offsets{5};  // they go on from those of other lists
    for (std::size_t list = 0; list < num_lists; ++list)
        offsets.push_back(offsets.back() + static_cast<std::int64_t>(random() % (slots + 1)));
    const auto total = static_cast<std::size_t>(offsets.back() - offsets.front()) * member.size;
    std::vector<std::byte> fast(total + element_slack), simple(total);
    const Elements elements{stored.data(), count, size, in_planes};
    copy_lists(elements, member, first, slots, offsets, fast.data());
    copy_lists_simply(elements, member, first, slots, offsets, simple.data());
    fast.resize(total);
    CHECK(fast == simple);
    std::size_t at = 0;
    for (std::size_t list = 0; list < num_lists; ++list)
        for (std::int64_t entry = 0; entry < offsets[list + 1] - offsets[list]; ++entry, at += member.size)
            CHECK(std::equal(simple.begin() + static_cast<std::ptrdiff_t>(at),
                             simple.begin() + static_cast<std::ptrdiff_t>(at + member.size),
                             raw.begin() + static_cast<std::ptrdiff_t>((first + list * slots + static_cast<std::size_t>(entry)) * size + member.offset)));
}

}  // namespace

TEST(members_of_lists_are_copied_as_byte_by_byte) {
    unsigned seed = 1;
    for (const bool in_planes : {false, true})
        for (const std::size_t slots : {1U, 5U, 40U, 130U}) {
            for (const std::size_t size : {1U, 2U, 4U, 8U}) check_lists(size, {0, size}, in_planes, slots, ++seed);
            for (const Member member : {Member{0, 4}, {4, 8}, {12, 2}, {14, 1}, {15, 4}, {19, 3}}) check_lists(22, member, in_planes, slots, ++seed);
        }
}

TEST(empty_lists_and_none_at_all) {
    std::vector<std::byte> stored(element_slack), out(element_slack);
    const Elements elements{stored.data(), 0, 4, true};
    copy_lists(elements, {0, 4}, 0, 3, std::vector<std::int64_t>{0}, out.data());
    copy_lists(elements, {0, 4}, 0, 0, std::vector<std::int64_t>{2, 2, 2}, out.data());
}
