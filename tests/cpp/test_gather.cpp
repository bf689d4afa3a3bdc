#include "simdprep/detail/gather.hpp"
#include "simdprep/detail/packing.hpp"

#include <limits>

#include "check.hpp"

using namespace simdprep::detail;
using simdprep::DatasetError;
using simdprep::DType;
using simdprep::InternalError;

namespace {

template <typename T>
ColumnView view_of(const std::vector<T>& values, DType dtype, std::size_t slots = 1) {
    return {reinterpret_cast<const std::byte*>(values.data()), dtype, static_cast<std::ptrdiff_t>(slots * sizeof(T)),
            static_cast<std::ptrdiff_t>(sizeof(T))};
}

std::byte* bytes_of(std::vector<float>& values) { return reinterpret_cast<std::byte*>(values.data()); }

PackedBlock block_of(const std::vector<float>& items, std::uint64_t rows, const std::vector<std::int64_t>* offsets = nullptr,
                     const std::vector<std::int64_t>* inner = nullptr) {
    return {rows, reinterpret_cast<const std::byte*>(items.data()), offsets == nullptr ? nullptr : offsets->data(),
            inner == nullptr ? nullptr : inner->data()};
}

struct Taken {
    std::vector<float> values;
    std::vector<std::uint8_t> valid;
};

Taken take(const Gather& gather, const std::vector<std::int64_t>& rows, std::size_t slots, std::size_t fields) {
    ThreadPool pool(2);
    Taken taken{std::vector<float>(rows.size() * slots * fields, 77), std::vector<std::uint8_t>(rows.size() * slots, 77)};
    gather.take(pool, rows, bytes_of(taken.values), taken.valid.data());
    return taken;
}

}  // namespace

TEST(items_are_interleaved_and_converted) {
    ThreadPool pool(2);
    const std::vector<std::int16_t> one{-1, 2, 300};
    const std::vector<double> two{0.5, 1e300, -0.25};
    const std::vector<ColumnView> fields{view_of(one, DType::int16), view_of(two, DType::float64)};
    std::vector<float> items(6);
    pack_items(pool, fields, {}, 3, DType::float32, bytes_of(items));
    CHECK(items == (std::vector<float>{-1, 0.5F, 2, std::numeric_limits<float>::infinity(), 300, -0.25F}));
}

TEST(many_items_on_several_threads) {
    ThreadPool pool(3);
    std::vector<float> one(100'003), two(100'003), items(200'006);
    for (std::size_t i = 0; i < one.size(); ++i) {
        one[i] = static_cast<float>(i);
        two[i] = -static_cast<float>(i);
    }
    const std::vector<ColumnView> fields{view_of(one, DType::float32), view_of(two, DType::float32)};
    pack_items(pool, fields, {}, one.size(), DType::float32, bytes_of(items));
    for (std::size_t i = 0; i < one.size(); ++i) {
        CHECK_EQUAL(items[2 * i], one[i]);
        CHECK_EQUAL(items[2 * i + 1], two[i]);
    }
}

TEST(valid_slots_are_counted_and_packed) {
    ThreadPool pool(2);
    const std::vector<std::uint8_t> valid{1, 1, 0, 0, 0, 0, 1, 1, 1};
    const std::vector<std::int32_t> values{1, 2, -9, -9, -9, -9, 3, 4, 5};
    std::vector<std::int64_t> offsets(4);
    count_valid(view_of(valid, DType::boolean, 3), 3, 3, offsets.data());
    CHECK(offsets == (std::vector<std::int64_t>{0, 2, 2, 5}));
    std::vector<float> items(5);
    const std::vector<ColumnView> fields{view_of(values, DType::int32, 3)};
    pack_lists(pool, fields, {}, offsets, DType::float32, bytes_of(items));
    CHECK(items == (std::vector<float>{1, 2, 3, 4, 5}));
}

TEST(a_hole_is_refused) {
    const std::vector<std::uint8_t> valid{1, 0, 1};
    std::vector<std::int64_t> offsets(2);
    CHECK_THROWS(DatasetError, "in slot 2 behind an empty slot", count_valid(view_of(valid, DType::boolean, 3), 1, 3, offsets.data()));
}

TEST(nothing_is_packed_from_nothing) {
    ThreadPool pool(2);
    const std::vector<float> none;
    const std::vector<ColumnView> fields{view_of(none, DType::float32, 4)};
    std::vector<std::int64_t> offsets(1, 5);
    count_valid(fields[0], 0, 4, offsets.data());
    CHECK_EQUAL(offsets[0], 0);
    std::vector<float> items;
    pack_lists(pool, fields, {}, offsets, DType::float32, bytes_of(items));
    pack_items(pool, fields, {}, 0, DType::float32, bytes_of(items));
}

TEST(a_batch_of_whole_numbers_is_refused) {
    ThreadPool pool(1);
    const std::vector<float> one{1};
    const std::vector<ColumnView> fields{view_of(one, DType::float32)};
    std::vector<float> items(1);
    CHECK_THROWS(InternalError, "batches of dtype int32", pack_items(pool, fields, {}, 1, DType::int32, bytes_of(items)));
}

TEST(rows_through_several_blocks) {
    const std::vector<float> one{1, 2}, two{3}, none;
    const Gather gather({{block_of(one, 2), block_of(none, 0), block_of(two, 1)}, sizeof(float)}, 1, 1);
    CHECK_EQUAL(gather.packed().size(), 3);
    const Taken taken = take(gather, {2, -1, 0, 1}, 1, 1);
    CHECK(taken.values == (std::vector<float>{3, 0, 1, 2}));
    CHECK(taken.valid == (std::vector<std::uint8_t>{1, 0, 1, 1}));
}

TEST(lists_are_padded_and_cut) {
    const std::vector<float> items{1, 10, 2, 20, 3, 30};
    const std::vector<std::int64_t> offsets{0, 3, 3};
    const Gather gather({{block_of(items, 2, &offsets)}, 2 * sizeof(float)}, 1, 2);
    const Taken taken = take(gather, {0, 1, -1}, 2, 2);
    CHECK(taken.values == (std::vector<float>{1, 10, 2, 20, 0, 0, 0, 0, 0, 0, 0, 0}));
    CHECK(taken.valid == (std::vector<std::uint8_t>{1, 1, 0, 0, 0, 0}));
}

TEST(lists_of_lists) {
    const std::vector<float> items{1, 2, 3, 4};
    const std::vector<std::int64_t> offsets{0, 2, 3}, inner{0, 1, 1, 4};
    const Gather gather({{block_of(items, 2, &offsets, &inner)}, sizeof(float)}, 3, 2);
    const Taken taken = take(gather, {1, 0}, 6, 1);
    CHECK(taken.values == (std::vector<float>{2, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}));
    CHECK(taken.valid == (std::vector<std::uint8_t>{1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}));
}

TEST(a_row_outside_is_refused) {
    const std::vector<float> items{1};
    const Gather gather({{block_of(items, 1)}, sizeof(float)}, 1, 1);
    CHECK_THROWS(InternalError, "a row outside", take(gather, {1}, 1, 1));
    CHECK_THROWS(InternalError, "a row outside", take(gather, {-2}, 1, 1));
}
