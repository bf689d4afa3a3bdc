#include "simdprep/detail/gather_ragged.hpp"

#include "check.hpp"

using namespace simdprep::detail;
using simdprep::InternalError;

namespace {

constexpr std::uint64_t no_limit = ~std::uint64_t{0};

template <typename T>
std::byte* bytes_of(std::vector<T>& values) {
    return reinterpret_cast<std::byte*>(values.data());
}

PackedRows packed_of(const std::vector<float>& items, const std::vector<std::int64_t>& offsets, std::size_t fields,
                     const std::vector<std::int64_t>* inner = nullptr) {
    PackedBlock block{offsets.size() - 1, reinterpret_cast<const std::byte*>(items.data()), offsets.data()};
    if (inner != nullptr) block.inner_offsets = inner->data();
    return {{block}, fields * sizeof(float)};
}

const std::vector<float> items{1, 10, 2, 20, 3, 30};
const std::vector<std::int64_t> offsets{0, 1, 1, 3};
const std::vector<std::int64_t> rows{2, -1, 0};

}  // namespace

TEST(rows_without_empty_slots) {
    ThreadPool pool(2);
    const PackedRows packed = packed_of(items, offsets, 2);
    std::vector<std::int64_t> bounds(4);
    ragged_offsets(packed, rows, no_limit, bounds.data());
    CHECK(bounds == (std::vector<std::int64_t>{0, 2, 2, 3}));
    std::vector<float> taken(6, 77);
    take_ragged(pool, packed, rows, bounds, nullptr, bytes_of(taken));
    CHECK(taken == (std::vector<float>{2, 20, 3, 30, 1, 10}));
    ragged_offsets(packed, rows, 1, bounds.data());
    CHECK(bounds == (std::vector<std::int64_t>{0, 1, 1, 2}));
}

TEST(lists_without_empty_slots) {
    ThreadPool pool(1);
    const std::vector<float> flat{1, 2, 3, 4};
    const std::vector<std::int64_t> lists{0, 2, 3}, inner{0, 1, 1, 4}, both{1, 0};
    const PackedRows packed = packed_of(flat, lists, 1, &inner);
    std::vector<std::int64_t> bounds(3), inner_bounds(4);
    ragged_offsets(packed, both, no_limit, bounds.data());
    CHECK(bounds == (std::vector<std::int64_t>{0, 1, 3}));
    ragged_inner_offsets(packed, both, bounds, 2, inner_bounds.data());
    CHECK(inner_bounds == (std::vector<std::int64_t>{0, 2, 3, 3}));
    std::vector<float> taken(3, 77);
    take_ragged(pool, packed, both, bounds, inner_bounds.data(), bytes_of(taken));
    CHECK(taken == (std::vector<float>{2, 3, 1}));
}

TEST(fields_before_slots) {
    ThreadPool pool(2);
    const PackedRows packed = packed_of(items, offsets, 2);
    std::vector<float> values(18, 77);
    std::vector<std::uint8_t> valid(9, 77);
    take_fields_first(pool, packed, rows, {.fields = 2, .outer = 1, .inner = 3}, bytes_of(values), valid.data());
    CHECK(values == (std::vector<float>{2, 3, 0, 20, 30, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 10, 0, 0}));
    CHECK(valid == (std::vector<std::uint8_t>{1, 1, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(a_row_or_size_outside_is_refused) {
    ThreadPool pool(1);
    const PackedRows packed = packed_of(items, offsets, 2);
    const std::vector<std::int64_t> outside{3};
    std::vector<std::int64_t> bounds(2);
    CHECK_THROWS(InternalError, "a row outside", ragged_offsets(packed, outside, 1, bounds.data()));
    CHECK_THROWS(InternalError, "unknown size",
                 take_fields_first(pool, packed, rows, {.value_bytes = 3}, nullptr, nullptr));
}
