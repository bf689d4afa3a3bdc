// Columns: every type a getter may return, casts, lists of values, missing ones, orders.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "check.hpp"
#include "simdprep/columns.hpp"
#include "simdprep/detail/half.hpp"
#include "simdprep/error.hpp"
#include "toy_loop.hpp"

namespace {

using namespace simdprep;

enum class Kind : std::int16_t { none = -3, one = 1, two = 2 };
enum Plain : std::uint8_t { zero, five = 5 };

struct Thing {
    double x = 0;
};

// What columns make of some things: buffers as the encoder gets them.
struct Filled {
    std::vector<detail::ColumnBuffer> buffers;
    std::vector<std::uint64_t> missing;

    Filled(const Columns<Thing>& columns, const std::vector<Thing>& things, std::size_t portion = 1000)
        : buffers(columns.fields().size()), missing(columns.fields().size()) {
        std::vector<const Thing*> pointers;
        for (const Thing& thing : things) pointers.push_back(&thing);
        for (std::size_t begin = 0; begin < pointers.size(); begin += portion) {
            const std::span<const Thing* const> some(pointers.data() + begin, std::min(portion, pointers.size() - begin));
            std::size_t field = 0;
            for (const auto& column : columns.columns()) {
                column->append(some, buffers.data() + field, missing.data() + field, "things");
                field += column->fields().size();
            }
        }
    }
    template <class V>
    [[nodiscard]] std::vector<V> values(std::size_t field) const {
        std::vector<V> result(buffers[field].size() / sizeof(V));
        std::memcpy(result.data(), buffers[field].data(), buffers[field].size());
        return result;
    }
};

const std::vector<Thing> three{{-3}, {1}, {2}};

template <class V>
void check_type(DType dtype, const std::vector<V>& wanted) {
    Columns<Thing> columns;
    columns.add("v", [](const Thing& thing) { return static_cast<V>(thing.x); });
    CHECK(columns.fields()[0].dtype == dtype);
    CHECK(toy::same(Filled(columns, three).values<V>(0), wanted));
    CHECK(toy::same(Filled(columns, three, 1).values<V>(0), wanted));
}

TEST(every_number_is_stored_as_it_is) {
    check_type<std::int8_t>(DType::int8, {-3, 1, 2});
    check_type<std::int16_t>(DType::int16, {-3, 1, 2});
    check_type<std::int32_t>(DType::int32, {-3, 1, 2});
    check_type<std::int64_t>(DType::int64, {-3, 1, 2});
    check_type<long long>(DType::int64, {-3, 1, 2});
    check_type<float>(DType::float32, {-3, 1, 2});
    check_type<double>(DType::float64, {-3, 1, 2});
    Columns<Thing> columns;
    columns.add("u8", [](const Thing&) { return std::uint8_t{200}; })
        .add("u16", [](const Thing&) { return std::uint16_t{60000}; })
        .add("u32", [](const Thing&) { return 4000000000U; })
        .add("u64", [](const Thing&) { return std::size_t{1} << 63U; })
        .add("flag", [](const Thing& thing) { return thing.x > 0; })
        .add("kind", [](const Thing& thing) { return static_cast<Kind>(thing.x); }, {.fill = Kind::none})
        .add("plain", [](const Thing&) { return five; })
        .add("letter", [](const Thing&) { return 'a'; })
        .add("member", &Thing::x);
    const std::vector<DType> dtypes{DType::uint8, DType::uint16, DType::uint32, DType::uint64, DType::boolean, DType::int16, DType::uint8, std::is_signed_v<char> ? DType::int8 : DType::uint8, DType::float64};
    for (std::size_t field = 0; field < dtypes.size(); ++field) CHECK(columns.fields()[field].dtype == dtypes[field]);
    const Filled filled(columns, three);
    CHECK(toy::same(filled.values<std::uint8_t>(0), {200, 200, 200}));
    CHECK(toy::same(filled.values<std::uint64_t>(3), {1ULL << 63U, 1ULL << 63U, 1ULL << 63U}));
    CHECK(toy::same(filled.values<std::uint8_t>(4), {0, 1, 1}));
    CHECK(toy::same(filled.values<std::int16_t>(5), {-3, 1, 2}));
    CHECK(toy::same(filled.values<std::uint8_t>(6), {5, 5, 5}));
}

TEST(fill_values_are_those_of_the_dtype_unless_given) {
    Columns<Thing> columns;
    columns.add("f", &Thing::x)
        .add("i", [](const Thing&) { return 1; })
        .add("u", [](const Thing&) { return 1U; })
        .add("b", [](const Thing&) { return true; })
        .add("g", &Thing::x, {.fill = -999})
        .add("k", [](const Thing&) { return Kind::one; }, {.fill = Kind::none})
        .add("w", [](const Thing&) { return std::int64_t{1}; }, {.fill = 5.0});
    CHECK(std::isnan(std::get<double>(columns.fields()[0].fill)));
    CHECK_EQUAL(std::get<std::int64_t>(columns.fields()[1].fill), -1);
    CHECK_EQUAL(std::get<std::uint64_t>(columns.fields()[2].fill), 0);
    CHECK_EQUAL(std::get<bool>(columns.fields()[3].fill), false);
    CHECK_EQUAL(std::get<double>(columns.fields()[4].fill), -999.0);
    CHECK_EQUAL(std::get<std::int64_t>(columns.fields()[5].fill), -3);
    CHECK_EQUAL(std::get<std::int64_t>(columns.fields()[6].fill), 5);
    CHECK_THROWS(SchemaError, "fill value: got nan, expected a value that int32 can hold", columns.add("n", [](const Thing&) { return 1; }, {.fill = NAN}));
    CHECK_THROWS(SchemaError, "fill value: got -1, expected a value that uint8 can hold", columns.add("n", [](const Thing&) { return std::uint8_t{1}; }, {.fill = -1}));
}

TEST(lists_become_fields_of_their_own) {
    Columns<Thing> columns;
    columns.add("a", [](const Thing& thing) { return std::array<double, 3>{thing.x, 2 * thing.x, 3 * thing.x}; }, {.unit = "mm"})
        .add("v", [](const Thing& thing) { return std::vector<int>{static_cast<int>(thing.x), 7}; }, {.length = 2})
        .add("o", [](const Thing& thing) { return std::array<std::optional<float>, 2>{std::nullopt, static_cast<float>(thing.x)}; }, {.fill = -7})
        .add("h", [](const Thing& thing) { return std::array<float, 2>{0.5F, static_cast<float>(thing.x)}; }, {.dtype = half});
    std::vector<std::string> names;
    for (const Field& field : columns.fields()) names.push_back(field.name);
    CHECK((names == std::vector<std::string>{"a_0", "a_1", "a_2", "v_0", "v_1", "o_0", "o_1", "h_0", "h_1"}));
    CHECK_EQUAL(columns.fields()[2].unit, "mm");
    const Filled filled(columns, three, 2);
    CHECK(toy::same(filled.values<double>(2), {-9, 3, 6}));
    CHECK(toy::same(filled.values<int>(3), {-3, 1, 2}));
    CHECK(toy::same(filled.values<int>(4), {7, 7, 7}));
    CHECK(toy::same(filled.values<float>(5), {-7, -7, -7}));
    CHECK(toy::same(filled.values<float>(6), {-3, 1, 2}));
    CHECK_EQUAL(filled.missing[5], 3);
    CHECK_EQUAL(filled.missing[6], 0);
    CHECK(toy::same(filled.values<std::uint16_t>(7), {0x3800, 0x3800, 0x3800}));
    CHECK(toy::same(filled.values<std::uint16_t>(8), {0xc200, 0x3c00, 0x4000}));
    Columns<Thing> flags;
    flags.add("flag", [](const Thing& thing) { return std::vector<bool>{thing.x > 0, true}; }, {.length = 2});
    CHECK(toy::same(Filled(flags, three).values<std::uint8_t>(0), {0, 1, 1}));
    CHECK_THROWS(SchemaError, "length of a list: got none", columns.add("w", [](const Thing&) { return std::vector<int>{}; }));
    CHECK_THROWS(SchemaError, "length of a list: got 4, expected 3", columns.add("w", [](const Thing&) { return std::array<int, 3>{}; }, {.length = 4}));
    Columns<Thing> longer;
    longer.add("w", [](const Thing&) { return std::vector<int>{1, 2}; }, {.length = 3});
    CHECK_THROWS(SchemaError, "length of a list: got 2, expected 3, as declared", Filled(longer, three));
}

TEST(missing_values_take_the_fill_value_and_are_counted) {
    const auto getter = [](const Thing& thing) { return thing.x > 1 ? std::optional<double>(thing.x) : std::nullopt; };
    Columns<Thing> columns;
    columns.add("d", getter, {.fill = -999})
        .add("h", getter, {.fill = 0.1, .dtype = half})
        .add("i", getter, {.fill = -4, .dtype = DType::int16})
        .add("k", [](const Thing&) { return std::optional<Kind>(); }, {.fill = Kind::two});
    for (const std::size_t portion : {std::size_t{1}, std::size_t{2}, std::size_t{9}}) {
        const Filled filled(columns, three, portion);
        CHECK(toy::same(filled.values<double>(0), {-999, -999, 2}));
        const std::uint16_t fill = detail::half_from(0.1);
        CHECK(toy::same(filled.values<std::uint16_t>(1), {fill, fill, 0x4000}));
        CHECK(toy::same(filled.values<std::int16_t>(2), {-4, -4, 2}));
        CHECK(toy::same(filled.values<std::int16_t>(3), {2, 2, 2}));
        CHECK((filled.missing == std::vector<std::uint64_t>{2, 2, 2, 3}));
    }
}

TEST(casts_hold_the_value_or_refuse_it) {
    std::vector<Thing> things;
    std::mt19937 random(1);
    for (int entry = 0; entry < 3000; ++entry) things.push_back({static_cast<double>(static_cast<int>(random() % 60000) - 30000)});
    Columns<Thing> columns;
    columns.add("h", &Thing::x, {.dtype = half})
        .add("f", &Thing::x, {.dtype = DType::float32})
        .add("i", &Thing::x, {.dtype = DType::int16})
        .add("fromint", [](const Thing& thing) { return static_cast<int>(thing.x); }, {.dtype = DType::float64})
        .add("flag", [](const Thing& thing) { return thing.x > 0; }, {.dtype = DType::int32});
    const Filled filled(columns, things);
    for (std::size_t entry = 0; entry < things.size(); ++entry) {
        CHECK_EQUAL(filled.values<std::uint16_t>(0)[0], detail::half_from(things[0].x));
        if (entry % 100 == 0) {
            CHECK_EQUAL(filled.values<std::uint16_t>(0)[entry], detail::half_from(things[entry].x));
            CHECK_EQUAL(filled.values<float>(1)[entry], static_cast<float>(things[entry].x));
            CHECK_EQUAL(filled.values<std::int16_t>(2)[entry], static_cast<std::int16_t>(things[entry].x));
            CHECK_EQUAL(filled.values<double>(3)[entry], things[entry].x);
            CHECK_EQUAL(filled.values<std::int32_t>(4)[entry], things[entry].x > 0 ? 1 : 0);
        }
    }
    const auto refused = [&](double x, DType dtype) {
        Columns<Thing> one;
        one.add("v", &Thing::x, {.dtype = dtype});
        CHECK_THROWS(SchemaError, "value out of range", Filled(one, {{x}}));
    };
    refused(65520, DType::float16);
    refused(1e39, DType::float32);
    refused(0.5, DType::int32);
    refused(NAN, DType::int32);
    refused(-1, DType::uint8);
    refused(256, DType::uint8);
    refused(9.3e18, DType::int64);
    Columns<Thing> wide;
    wide.add("h", &Thing::x, {.dtype = half}).add("f", &Thing::x, {.dtype = DType::float32});
    const double infinity = std::numeric_limits<double>::infinity();
    const Filled edges(wide, {{65519}, {infinity}, {-infinity}, {NAN}});
    CHECK_EQUAL(edges.values<std::uint16_t>(0)[0], 0x7bff);
    CHECK_EQUAL(edges.values<std::uint16_t>(0)[2], 0xfc00);
    CHECK(toy::same(edges.values<float>(1), {65519, static_cast<float>(infinity), static_cast<float>(-infinity), NAN}));
}

TEST(orders_are_stable_with_nan_and_missing_ones_last) {
    std::mt19937 random(2);
    for (int round = 0; round < 300; ++round) {
        std::vector<Thing> things(random() % 60);
        for (Thing& thing : things) thing.x = random() % 5 == 0 ? NAN : static_cast<double>(random() % 6);
        Columns<Thing> columns;
        columns.add("x", &Thing::x).add("o", [](const Thing& thing) { return std::isnan(thing.x) ? std::nullopt : std::optional<int>(static_cast<int>(thing.x)); });
        for (const bool descending : {false, true}) {
            std::vector<std::uint32_t> wanted(things.size());
            for (std::uint32_t entry = 0; entry < wanted.size(); ++entry) wanted[entry] = entry;
            std::stable_sort(wanted.begin(), wanted.end(), [&](std::uint32_t one, std::uint32_t other) {
                const double a = things[one].x;
                const double b = things[other].x;
                if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
                return descending ? a > b : a < b;
            });
            std::vector<const Thing*> pointers;
            for (const Thing& thing : things) pointers.push_back(&thing);
            for (const char* name : {"x", "o"}) {
                std::vector<std::uint32_t> got(things.size());
                for (std::uint32_t entry = 0; entry < got.size(); ++entry) got[entry] = entry;
                columns.column(name).order(pointers, descending, got);
                CHECK(got == wanted);
            }
        }
    }
}

TEST(an_unknown_column_gets_the_nearest_names) {
    Columns<Thing> columns;
    columns.add("pt", &Thing::x).add("eta", &Thing::x).add("phi", &Thing::x);
    CHECK_THROWS(SchemaError, "try pt", static_cast<void>(columns.column("ptt")));
    CHECK_THROWS(SchemaError, "try pt, eta, phi", static_cast<void>(columns.column("charge")));
}

}  // namespace
