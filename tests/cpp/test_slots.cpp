#include "simdprep/detail/slots.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>

#include "check.hpp"
#include "every_isa.hpp"
#include "simdprep/detail/padding.hpp"

using namespace simdprep::detail;

namespace {

constexpr std::byte fill_bytes[8] = {std::byte{0xf1}, std::byte{0xf2}, std::byte{0xf3}, std::byte{0xf4},
                                     std::byte{0xf5}, std::byte{0xf6}, std::byte{0xf7}, std::byte{0xf8}};

struct Case {
    std::vector<std::int64_t> offsets;  // need not begin at 0
    std::vector<std::byte> content;     // ends with the last list
    std::uint64_t pad;
    std::size_t size;

    [[nodiscard]] std::uint64_t lists() const { return offsets.size() - 1; }
    [[nodiscard]] Slots slots() const { return {pad, size, fill_bytes}; }
};

Case make_case(std::uint64_t lists, std::int64_t longest, std::uint64_t pad, std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    Case made{{static_cast<std::int64_t>(seed % 3)}, {}, pad, size};
    for (std::uint64_t list = 0; list < lists; ++list)
        made.offsets.push_back(made.offsets.back() + std::uniform_int_distribution<std::int64_t>(0, longest)(random));
    made.content = check::random_bytes(static_cast<std::size_t>(made.offsets.back()) * size, 1.0, seed);
    return made;
}

// One slot after the other: the oracle.
void pad_by_definition(const Case& lists, std::vector<std::byte>& values, std::vector<std::uint8_t>& valid) {
    for (std::uint64_t list = 0; list < lists.lists(); ++list) {
        for (std::uint64_t slot = 0; slot < lists.pad; ++slot) {
            const std::int64_t entry = lists.offsets[list] + static_cast<std::int64_t>(slot);
            const bool there = entry < lists.offsets[list + 1];
            const std::byte* from = there ? lists.content.data() + static_cast<std::size_t>(entry) * lists.size : fill_bytes;
            values.insert(values.end(), from, from + lists.size);
            valid.push_back(there ? 1 : 0);
        }
    }
}

void check_case(const Case& lists) {
    std::vector<std::byte> values;
    std::vector<std::uint8_t> valid;
    pad_by_definition(lists, values, valid);
    for_every_isa([&] {
        // Of exactly the right sizes: a sanitizer sees what is touched outside.
        std::vector<std::byte> found(values.size());
        std::vector<std::uint8_t> mask(valid.size(), 9);
        write_slots(lists.content.data(), lists.offsets.data(), lists.lists(), lists.slots(), found.data());
        write_valid(lists.offsets.data(), lists.lists(), lists.pad, mask.data());
        CHECK(found == values);
        CHECK(mask == valid);
        // A longer one keeps what lies behind: vectors that run over do so within the lists only.
        found.assign(values.size() + 64, std::byte{7});
        mask.assign(valid.size() + 64, 9);
        write_slots(lists.content.data(), lists.offsets.data(), lists.lists(), lists.slots(), found.data());
        write_valid(lists.offsets.data(), lists.lists(), lists.pad, mask.data());
        CHECK(std::count(found.end() - 64, found.end(), std::byte{7}) == 64);
        CHECK(std::count(mask.end() - 64, mask.end(), 9) == 64);
    });
}

}  // namespace

TEST(every_small_pad_and_size) {
    unsigned seed = 0;
    for (const std::size_t size : {1UL, 2UL, 4UL, 8UL})
        for (std::uint64_t pad = 1; pad <= 70; ++pad)
            for (const std::uint64_t lists : {1UL, 2UL, 7UL, 40UL}) check_case(make_case(lists, 12, pad, size, ++seed));
}

TEST(wide_pads_and_long_lists) {
    for (const std::size_t size : {1UL, 2UL, 4UL, 8UL})
        for (const std::uint64_t pad : {3UL, 96UL, 127UL, 128UL, 129UL, 1000UL})
            check_case(make_case(33, 300, pad, size, static_cast<unsigned>(pad)));
}

TEST(lists_of_whole_lines_past_the_caches) {
    for (const std::size_t size : {1UL, 2UL, 4UL, 8UL}) {
        for (const std::uint64_t lines : {1UL, 2UL, 5UL}) {
            const Case lists = make_case(30, 100, lines * 64 / size, size, static_cast<unsigned>(lines + size));
            std::vector<std::byte> values;
            std::vector<std::uint8_t> valid;
            pad_by_definition(lists, values, valid);
            std::vector<std::byte> room(values.size() + 64);
            void* at = room.data();
            std::size_t space = room.size();
            auto* const found = static_cast<std::byte*>(std::align(64, values.size(), at, space));
            CHECK(can_stream(lists.slots(), found));
            CHECK(!can_stream(lists.slots(), found + size));
            CHECK(!can_stream({lists.pad + 1, size, fill_bytes}, found));
            for_every_isa([&] {
                std::ranges::fill(room, std::byte{9});
                stream_slots(lists.content.data(), lists.offsets.data(), lists.lists(), lists.slots(), found);
                CHECK(std::equal(values.begin(), values.end(), found));
                const std::byte* const end = room.data() + room.size();
                CHECK(std::all_of<const std::byte*>(found + values.size(), end, [](std::byte one) { return one == std::byte{9}; }));
            });
        }
    }
}

TEST(empty_lists_only) {
    for (const std::uint64_t pad : {1UL, 5UL, 64UL, 65UL}) check_case(make_case(100, 0, pad, 4, 0));
}

TEST(as_many_lists_as_run_over) {
    for (const std::size_t size : {1UL, 2UL, 4UL, 8UL})
        for (std::uint64_t lists = 1; lists <= 66; ++lists) check_case(make_case(lists, 3, 1 + lists % 3, size, 11));
}

TEST(no_lists) { check_case(make_case(0, 0, 5, 4, 0)); }

TEST(empty_lists_at_the_end) {
    Case lists = make_case(50, 9, 8, 4, 3);
    lists.offsets.insert(lists.offsets.end(), 50, lists.offsets.back());
    check_case(lists);
}

TEST(several_threads_write_the_same) {
    const Case lists = make_case(50'000, 20, 11, 4, 7);
    std::vector<std::byte> values;
    std::vector<std::uint8_t> valid;
    pad_by_definition(lists, values, valid);
    for (const unsigned threads : {1U, 3U, 4U}) {
        ThreadPool pool(threads);
        std::vector<std::byte> found(values.size());
        std::vector<std::uint8_t> mask(valid.size(), 9);
        pad_lists(pool, lists.content.data(), lists.offsets.data(), lists.lists(), lists.slots(), found.data(), mask.data());
        CHECK(found == values);
        CHECK(mask == valid);
    }
}

TEST(a_slot_of_another_size_is_refused) {
    const std::vector<std::int64_t> offsets{0, 0};
    std::vector<std::byte> out(12);
    for_every_isa([&] {
        CHECK_THROWS(simdprep::InternalError, "size of a slot", write_slots(nullptr, offsets.data(), 1, {4, 3, fill_bytes}, out.data()));
    });
}
