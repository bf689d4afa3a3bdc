// Entries taken out of slots, in memory of exactly their size: nothing before or behind it is touched.
#include <cstring>
#include <random>
#include <vector>

#include "check.hpp"
#include "simdprep/detail/unpad.hpp"
#include "simdprep/error.hpp"

namespace {

using namespace simdprep;
using namespace simdprep::detail;

// Lists of random lengths, unpadded and compared byte by byte; `gap` bytes lie between slots.
void compare(ThreadPool& pool, std::uint64_t lists, std::uint64_t slots, std::size_t size, std::size_t gap) {
    std::mt19937 random(static_cast<unsigned>(lists + slots + size + gap));
    const std::size_t step = size + gap;
    std::vector<std::byte> values(lists * slots * step);
    for (std::byte& value : values) value = static_cast<std::byte>(random());
    std::vector<std::byte> valid(lists * slots);
    std::vector<std::int64_t> wanted{0};
    std::vector<std::byte> entries;
    for (std::uint64_t list = 0; list < lists; ++list) {
        const std::uint64_t count = random() % (slots + 1);
        for (std::uint64_t slot = 0; slot < count; ++slot) {
            valid[list * slots + slot] = std::byte{1};
            const std::byte* from = values.data() + (list * slots + slot) * step;
            entries.insert(entries.end(), from, from + size);
        }
        wanted.push_back(wanted.back() + static_cast<std::int64_t>(count));
    }
    const auto stride = static_cast<std::ptrdiff_t>(slots);
    std::vector<std::int64_t> offsets(lists + 1);
    unpad_offsets(pool, {valid.data(), slots, 1, stride, 1}, lists, offsets.data());
    CHECK(offsets == wanted);
    std::vector<std::byte> out(entries.size());
    const auto apart = static_cast<std::ptrdiff_t>(step);
    unpad_entries(pool, {values.data(), slots, size, stride * apart, apart}, offsets, out.data());
    CHECK(out == entries);
}

TEST(every_size_of_entries_lists_and_gaps) {
    for (const unsigned threads : {1U, 3U}) {
        ThreadPool pool(threads);
        for (const std::size_t size : {1U, 2U, 4U, 8U, 17U})
            for (const std::uint64_t slots : {1U, 2U, 7U, 33U, 40U})
                for (const std::uint64_t lists : {0U, 1U, 3U, 50U, 5000U})
                    for (const std::size_t gap : {0U, 3U}) compare(pool, lists, slots, size, gap);
    }
}

TEST(an_entry_behind_an_empty_slot_is_refused) {
    ThreadPool pool(1);
    const std::vector<std::byte> valid{std::byte{1}, std::byte{0}, std::byte{1}};
    std::vector<std::int64_t> offsets(2);
    CHECK_THROWS(DatasetError, "in slot 2 behind an empty slot", unpad_offsets(pool, {valid.data(), 3, 1, 3, 1}, 1, offsets.data()));
}

}  // namespace
