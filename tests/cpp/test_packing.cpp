#include "simdprep/detail/packing.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "check.hpp"
#include "every_isa.hpp"

using namespace simdprep::detail;
using simdprep::DType;

namespace {

struct Columns {
    std::vector<std::vector<float>> values;  // by field
    std::vector<std::int64_t> offsets;

    [[nodiscard]] std::vector<ColumnView> flat() const {
        std::vector<ColumnView> views;
        for (const auto& column : values)
            views.push_back({reinterpret_cast<const std::byte*>(column.data()), DType::float32, 0, sizeof(float)});
        return views;
    }
    [[nodiscard]] std::uint64_t lists() const { return offsets.size() - 1; }
};

Columns make_columns(std::size_t fields, std::size_t lists, int longest) {
    std::mt19937 random(static_cast<unsigned>(fields * 31 + lists));
    Columns made{{}, {0}};
    for (std::size_t list = 0; list < lists; ++list)
        made.offsets.push_back(made.offsets.back() + std::uniform_int_distribution<int>(0, longest)(random));
    for (std::size_t field = 0; field < fields; ++field) {
        made.values.emplace_back(static_cast<std::size_t>(made.offsets.back()));
        for (float& value : made.values.back()) value = std::uniform_real_distribution<float>(-1, 9)(random);
    }
    return made;
}

// Every second field is transformed.
std::vector<std::optional<ItemTransform>> make_transforms(std::size_t fields) {
    std::vector<std::optional<ItemTransform>> transforms(fields);
    for (std::size_t field = 1; field < fields; field += 2)
        transforms[field] = ItemTransform{.takes_log = true, .mean = 0.5, .std = 2, .high = 1, .replaces_nan = true, .replacement = -7};
    return transforms;
}

// One value after the other: the oracle.
float value_of(const Columns& columns, ItemTransforms transforms, std::size_t item, std::size_t field) {
    float value = columns.values[field][item];
    if (!transforms.empty() && transforms[field]) transform_items(*transforms[field], &value, 1);
    return value;
}

std::byte* bytes_of(std::vector<float>& values) { return reinterpret_cast<std::byte*>(values.data()); }

float* first_line(std::vector<float>& room) {
    void* at = room.data();
    std::size_t space = room.size() * sizeof(float);
    return static_cast<float*>(std::align(64, space - 64, at, space));
}

void check_columns(std::size_t fields, std::size_t lists, int longest, std::uint64_t pad, bool transformed) {
    const Columns columns = make_columns(fields, lists, longest);
    const auto transforms = transformed ? make_transforms(fields) : std::vector<std::optional<ItemTransform>>{};
    const auto total = static_cast<std::size_t>(columns.offsets.back());
    for_every_isa([&] {
        ThreadPool pool(2);
        std::vector<float> wanted;
        for (std::size_t item = 0; item < total; ++item)
            for (std::size_t field = 0; field < fields; ++field) wanted.push_back(value_of(columns, transforms, item, field));
        std::vector<float> items(wanted.size());
        pack_items(pool, columns.flat(), transforms, total, DType::float32, bytes_of(items));
        CHECK(items == wanted);

        std::vector<float> room(lists * pad * fields + 16, 77);  // with a whole line of memory to begin at
        const std::span<float> padded(first_line(room), lists * pad * fields);
        std::vector<std::uint8_t> valid(lists * pad, 77);
        pad_items(pool, columns.flat(), transforms, columns.offsets, pad, padded.data(), valid.data());
        for (const float* behind = padded.data() + padded.size(); behind != room.data() + room.size(); ++behind)
            CHECK_EQUAL(*behind, 77.0F);
        for (std::size_t list = 0; list < lists; ++list) {
            for (std::uint64_t slot = 0; slot < pad; ++slot) {
                const auto item = static_cast<std::size_t>(columns.offsets[list]) + slot;
                const bool there = item < static_cast<std::size_t>(columns.offsets[list + 1]);
                CHECK_EQUAL(valid[list * pad + slot], there ? 1 : 0);
                for (std::size_t field = 0; field < fields; ++field)
                    CHECK(padded[(list * pad + slot) * fields + field] == (there ? wanted[item * fields + field] : 0.0F));
            }
        }
    });
}

}  // namespace

TEST(fields_of_all_numbers) {
    for (const std::size_t fields : {1UL, 2UL, 4UL, 5UL, 15UL, 16UL, 17UL, 20UL, 33UL})
        for (const bool transformed : {false, true}) check_columns(fields, 100, 12, 7, transformed);
}

TEST(lists_longer_than_a_tile) {
    check_columns(3, 20, 1000, 600, true);
    check_columns(18, 5, 1000, 4, false);
}

TEST(more_than_the_caches_hold) { check_columns(16, 5600, 3, 96, false); }

TEST(no_lists_and_no_entries) {
    check_columns(3, 0, 5, 4, true);
    check_columns(3, 700, 0, 4, true);
}

TEST(halves_are_rounded_after_the_transform) {
    ThreadPool pool(1);
    const std::vector<float> one{1.0F, 3.0F};
    const ColumnView view{reinterpret_cast<const std::byte*>(one.data()), DType::float32, 0, sizeof(float)};
    const std::vector<std::optional<ItemTransform>> transforms{ItemTransform{.std = 2}};
    std::vector<std::uint16_t> halves(2);
    pack_items(pool, std::span(&view, 1), transforms, 2, DType::float16, reinterpret_cast<std::byte*>(halves.data()));
    CHECK(halves == (std::vector<std::uint16_t>{0x3800, 0x3e00}));
}

TEST(another_number_of_transforms_is_refused) {
    ThreadPool pool(1);
    const Columns columns = make_columns(2, 3, 3);
    const std::vector<std::optional<ItemTransform>> one(1);
    std::vector<float> items(100);
    CHECK_THROWS(simdprep::InternalError, "transforms: got 1, expected 2",
                 pack_items(pool, columns.flat(), one, 1, DType::float32, bytes_of(items)));
}
