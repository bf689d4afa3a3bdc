#include "check.hpp"
#include "simdprep/error.hpp"

using namespace simdprep;

TEST(lines_are_there_only_when_they_say_something) {
    CHECK_EQUAL(std::string(Error("what").what()), "what");
    CHECK_EQUAL(std::string(Error("what", "place").what()), "what\n  in place");
    CHECK_EQUAL(std::string(Error("what", "", "this").what()), "what\n  try this");
    CHECK_EQUAL(std::string(Error("what", "place", "this").what()), "what\n  in place\n  try this");
}

TEST(parts_are_kept) {
    const DatasetError error("what", "place", "this");
    CHECK_EQUAL(error.message(), "what");
    CHECK_EQUAL(error.where(), "place");
    CHECK_EQUAL(error.hint(), "this");
}

TEST(first_line_has_value_and_rule) {
    CHECK_EQUAL(expected("pad", "zero", "a number"), "pad: got zero, expected a number");
    CHECK_EQUAL(expected("pad", -1, "at least 1"), "pad: got -1, expected at least 1");
    CHECK_EQUAL(expected("size", UINT64_MAX, "less"), "size: got 18446744073709551615, expected less");
}

TEST(kinds_have_their_exit_codes) {
    CHECK_EQUAL(Error("").exit_code(), 1);
    CHECK_EQUAL(SchemaError("").exit_code(), 1);
    CHECK_EQUAL(AlignmentError("").exit_code(), 1);
    CHECK_EQUAL(DatasetError("").exit_code(), 1);
    CHECK_EQUAL(OutputError("").exit_code(), 1);
    CHECK_EQUAL(InternalError("").exit_code(), 2);
    CHECK_EQUAL(ResourceError("").exit_code(), 4);
}

TEST(an_alignment_error_is_a_schema_error) {
    CHECK_THROWS(SchemaError, "rows", throw AlignmentError("rows"));
    const ResourceError error("disk");
    CHECK_EQUAL(static_cast<const Error&>(error).exit_code(), 4);
}
