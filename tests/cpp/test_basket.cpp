// Baskets give the entries that were put into them; whatever is damaged is refused.
#include <fcntl.h>

#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "check.hpp"
#include "simdprep/detail/basket.hpp"
#include "simdprep/detail/codec.hpp"
#include "simdprep/detail/file_descriptor.hpp"
#include "simdprep/error.hpp"

namespace {

using namespace simdprep;
using detail::BasketForm;
using detail::BasketPlace;

using Bytes = std::vector<std::byte>;

constexpr std::size_t key_size = 60;

void put(Bytes& bytes, std::uint64_t value, std::size_t size) {
    while (size-- > 0) bytes.push_back(size < 8 ? static_cast<std::byte>(value >> (8 * size)) : std::byte{});
}

// Lists of numbers 100 * entry + item, as ROOT stores them; `header` bytes before each.
Bytes lists(std::int64_t first, std::int64_t last, std::size_t header, std::size_t& border) {
    Bytes data;
    std::vector<std::uint64_t> offsets;
    for (std::int64_t entry = first; entry < last; ++entry) {
        offsets.push_back(data.size() + key_size);
        put(data, 0xffff, header);
        for (std::int64_t item = 0; item < entry % 4; ++item) put(data, static_cast<std::uint64_t>(100 * entry + item), 4);
    }
    border = data.size();
    put(data, offsets.size() + 1, 4);
    for (const std::uint64_t offset : offsets) put(data, offset, 4);
    put(data, 0, 4);
    return data;
}

Bytes numbers(std::int64_t first, std::int64_t last) {
    Bytes data;
    for (std::int64_t entry = first; entry < last; ++entry) put(data, static_cast<std::uint64_t>(100 * entry), 4);
    return data;
}

Bytes basket(const Bytes& data, std::int64_t entries, std::size_t border, bool is_compressed) {
    Bytes stored = data;
    if (is_compressed) {
        Bytes packed(detail::deflate_bound(data.size()));
        packed.resize(detail::Deflater(4).compress(data, packed));
        stored = {std::byte{'Z'}, std::byte{'L'}, std::byte{8}};
        for (const std::size_t size : {packed.size(), data.size()})
            for (const unsigned shift : {0U, 8U, 16U}) stored.push_back(static_cast<std::byte>(size >> shift));
        stored.insert(stored.end(), packed.begin(), packed.end());
    }
    Bytes raw;
    put(raw, key_size + stored.size(), 4);
    put(raw, 4, 2);
    put(raw, data.size(), 4);
    put(raw, 0, 4);
    put(raw, key_size, 2);
    put(raw, 1, 2);
    raw.resize(key_size - 19);
    put(raw, 3, 2);
    put(raw, 32000, 4);
    put(raw, 1000, 4);
    put(raw, static_cast<std::uint64_t>(entries), 4);
    put(raw, key_size + border, 4);
    put(raw, 0, 1);
    raw.insert(raw.end(), stored.begin(), stored.end());
    return raw;
}

// A file of baskets.
struct Stored {
    std::shared_ptr<check::Folder> folder = std::make_shared<check::Folder>();
    Bytes content = Bytes(7);
    std::vector<BasketPlace> places;

    void add(const Bytes& raw, std::int64_t first, std::int64_t last) {
        places.push_back({content.size(), raw.size(), first, last});
        content.insert(content.end(), raw.begin(), raw.end());
    }
    [[nodiscard]] detail::BranchEntries read(const BasketForm& form, std::int64_t first, std::int64_t last) const {
        const auto path = folder->path() / "baskets";
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
        const detail::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        return detail::read_entries(file.get(), places, form, first, last);
    }
};

Stored stored_lists(std::size_t header, bool is_compressed) {
    Stored stored;
    for (const auto& [first, last] : {std::pair{0, 30}, {30, 31}, {31, 100}}) {
        std::size_t border = 0;
        const Bytes data = lists(first, last, header, border);
        stored.add(basket(data, last - first, border, is_compressed), first, last);
    }
    return stored;
}

std::uint32_t number(const detail::BranchEntries& found, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, found.numbers.get() + 4 * at, 4);
    return value;
}

TEST(lists_of_several_baskets) {
    for (const std::size_t header : {0U, 10U}) {
        for (const bool is_compressed : {false, true}) {
            const Stored stored = stored_lists(header, is_compressed);
            for (const auto& [first, last] : {std::pair{0, 100}, {5, 6}, {7, 90}, {99, 100}}) {
                const auto found = stored.read({4, 4, true, header}, first, last);
                std::size_t at = 0;
                for (std::int64_t entry = first; entry < last; ++entry) {
                    CHECK_EQUAL(found.offsets[static_cast<std::size_t>(entry - first)], static_cast<std::int64_t>(at));
                    for (std::int64_t item = 0; item < entry % 4; ++item)
                        CHECK_EQUAL(number(found, at++), static_cast<std::uint32_t>(100 * entry + item));
                }
                CHECK_EQUAL(found.offsets[static_cast<std::size_t>(last - first)], static_cast<std::int64_t>(at));
                CHECK_EQUAL(found.size, 4 * at);
            }
        }
    }
}

TEST(numbers_of_several_baskets) {
    for (const bool is_compressed : {false, true}) {
        Stored stored;
        for (const auto& [first, last] : {std::pair{0, 40}, {40, 100}}) {
            const Bytes data = numbers(first, last);
            stored.add(basket(data, last - first, data.size(), is_compressed), first, last);
        }
        const auto found = stored.read({4, 4, false, 0}, 3, 77);
        CHECK_EQUAL(found.size, std::size_t{4 * 74});
        CHECK(!found.offsets);
        for (std::size_t at = 0; at < 74; ++at) CHECK_EQUAL(number(found, at), 100 * (3 + at));
    }
}

TEST(every_damaged_byte_is_refused_or_changes_numbers_only) {
    const Stored sound = stored_lists(0, false);
    std::size_t refused = 0;
    for (std::size_t at = 0; at < sound.content.size(); ++at) {
        for (const unsigned flip : {1U, 128U, 255U}) {
            Stored damaged = sound;
            damaged.content[at] ^= static_cast<std::byte>(flip);
            try {
                const auto found = damaged.read({4, 4, true, 0}, 0, 100);
                CHECK(found.offsets[100] * 4 == static_cast<std::int64_t>(found.size));
            } catch (const DatasetError&) {
                ++refused;
            }
        }
    }
    CHECK(refused > sound.content.size() / 2);
}

TEST(every_damaged_byte_of_compressed_ones_is_survived) {
    const Stored sound = stored_lists(0, true);
    std::size_t refused = 0;
    for (std::size_t at = 0; at < sound.content.size(); ++at) {
        Stored damaged = sound;
        damaged.content[at] ^= std::byte{255};
        try {
            (void)damaged.read({4, 4, true, 0}, 0, 100);
        } catch (const DatasetError&) {
            ++refused;
        }
    }
    CHECK(refused > sound.content.size() / 2);
}

TEST(what_ends_early_or_is_of_another_kind_is_refused) {
    Stored stored = stored_lists(0, false);
    CHECK_THROWS(DatasetError, "basket", (void)stored.read({4, 4, false, 0}, 0, 100));
    CHECK_THROWS(DatasetError, "basket", (void)stored.read({8, 8, true, 0}, 0, 100));
    stored.content.resize(stored.content.size() - 5);
    CHECK_THROWS(DatasetError, "basket", (void)stored.read({4, 4, true, 0}, 0, 100));
    stored.places.pop_back();
    CHECK_THROWS(DatasetError, "basket", (void)stored.read({4, 4, true, 0}, 0, 100));
}

}  // namespace
