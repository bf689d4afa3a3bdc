// Rules of the schema, and the datasets that follow from it.
#include <cmath>

#include "check.hpp"
#include "simdprep/description.hpp"
#include "simdprep/schema.hpp"

namespace {

using namespace simdprep;

Field field(std::string name, DType dtype = DType::float32, FillValue fill = 0.0) {
    return {std::move(name), dtype, fill, "", "", std::nullopt};
}

ObjectSpec list(std::string name, std::string parent, std::uint64_t pad, std::vector<Field> fields) {
    return {std::move(name), Level::padded, std::move(parent), pad, "", false, std::move(fields)};
}

ObjectSpec row(std::string name, std::vector<Field> fields) {
    return {std::move(name), Level::row, "", std::nullopt, "", false, std::move(fields)};
}

Schema make(std::vector<ObjectSpec> objects, Layout layout = Layout::columns, std::string rows = "events") {
    return Schema(std::move(objects), std::move(rows), layout, Codec::gzip, std::nullopt, true);
}

TEST(chunk_rows_follow_the_widest_dataset) {
    CHECK_EQUAL(describe(make({row("events", {field("x")})})).chunk_rows, 2048);
    // 1000 float32 slots: 4000 bytes a row, 256 rows make 1,024,000 bytes.
    CHECK_EQUAL(describe(make({list("jets", "events", 1000, {field("pt")})})).chunk_rows, 256);
    CHECK_EQUAL(describe(make({list("jets", "events", 100'000, {field("pt")})})).chunk_rows, 128);
}

TEST(compound_records_are_packed_with_counts_before_valid) {
    const Description description = describe(make(
        {row("events", {field("run", DType::uint32, std::uint64_t{0})}),
         list("jets", "events", 4, {field("pt"), field("id", DType::int8, std::int64_t{-1})}),
         list("tracks", "jets", 2, {field("d0", DType::float64)})},
        Layout::compound));
    CHECK_EQUAL(description.groups.size(), 0);
    const auto& jets = description.datasets[1];
    CHECK_EQUAL(jets.item_bytes, 4 + 1 + 4 + 1);
    CHECK_EQUAL(jets.members[2].name, "n_tracks");
    CHECK_EQUAL(jets.members.back().name, "valid");
    CHECK_EQUAL(description.datasets[0].members.back().name, "n_jets");
    CHECK_EQUAL(description.datasets[2].slots_per_row(), 8);
}

TEST(every_broken_rule_is_one_error) {
    const auto bad = [](std::vector<ObjectSpec> objects, Layout layout, std::string rows, const std::string& text) {
        CHECK_THROWS(SchemaError, text, describe(make(std::move(objects), layout, std::move(rows))));
    };
    const auto columns = Layout::columns;
    bad({}, columns, "events", "at least one");
    bad({row("a/b", {field("x")})}, columns, "events", "without '/'");
    bad({row("events", {field("valid")})}, columns, "events", "'valid_'");
    bad({row("events", {field("x"), field("x")})}, columns, "events", "named twice");
    bad({row("events", {field("x")}), row("events", {field("y")})}, columns, "events", "named twice");
    bad({list("jets", "events", 0, {field("pt")})}, columns, "events", "pad: got 0");
    bad({list("jets", "muons", 3, {field("pt")})}, columns, "events", "parent: got 'muons'");
    bad({list("tracks", "jets", 3, {field("d0")}), list("jets", "events", 3, {field("pt")})}, columns, "events", "stands before");
    bad({list("jets", "events", 3, {field("pt")})}, Layout::ragged, "events", "ragged objects only");
    bad({row("jets", {field("pt")})}, columns, "jets", "without their events");
    bad({row("events", {field("x")})}, columns, "jets", "row object");
    bad({row("metadata", {field("x")})}, Layout::compound, "events", "reserve");
    bad({list("a", "events", 2, {field("x")}), list("b", "a", 2, {field("x")}), list("c", "b", 2, {field("x")})}, columns,
        "events", "rank 3");
    bad({row("events", {field("x", DType::uint8, std::int64_t{-1})})}, columns, "events", "fill value: got -1");
    Field text = field("name", DType::int32, std::int64_t{0});
    text.categories.emplace();
    bad({row("events", {text})}, columns, "events", "negative");
}

TEST(a_compound_too_large_for_an_object_header_is_refused) {
    std::vector<Field> fields;
    for (int index = 0; index < 3000; ++index) fields.push_back(field("field_" + std::to_string(index)));
    for (const char* part : {"3000 members", "64000", "fields:"})
        CHECK_THROWS(SchemaError, part, describe(make({row("events", fields)}, Layout::compound)));
    describe(make({row("events", fields)}));  // columns take it
}

TEST(json_names_every_part) {
    const std::string json = make({list("jets", "events", 3, {field("pt", DType::float32, std::nan(""))})}).to_json();
    CHECK(json.find(R"("name":"pt","dtype":"float32","fill":"nan")") != std::string::npos);
    CHECK(json.find(R"("level":"padded","parent":"events","pad":3)") != std::string::npos);
}

}  // namespace
