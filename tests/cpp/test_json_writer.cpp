#include <cmath>
#include <cstdlib>
#include <limits>

#include "check.hpp"
#include "simdprep/detail/json_writer.hpp"

using simdprep::InternalError;
using simdprep::SchemaError;
using simdprep::detail::JsonWriter;

namespace {

template <class T>
std::string written(const T& item) {
    return JsonWriter().value(item).str();
}

}  // namespace

TEST(one_line) {
    JsonWriter json;
    json.begin_object().member("a", 1).key("b").begin_array().value(true).null().value("x").end_array();
    json.key("c").begin_object().end_object().key("d").begin_array().end_array().key("e").raw("[1, 2]").end_object();
    CHECK_EQUAL(json.str(), R"({"a":1,"b":[true,null,"x"],"c":{},"d":[],"e":[1, 2]})");
}

TEST(indented) {
    JsonWriter json(2);
    json.begin_object().member("a", 1).key("b").begin_array().value(1).value(2).end_array();
    json.key("c").begin_object().end_object().end_object();
    CHECK_EQUAL(json.str(), "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    2\n  ],\n  \"c\": {}\n}");
}

TEST(integers) {
    CHECK_EQUAL(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    CHECK_EQUAL(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    CHECK_EQUAL(written(std::int8_t{-5}), "-5");
    CHECK_EQUAL(written(std::uint8_t{65}), "65");
    CHECK_EQUAL(written(false), "false");
}

TEST(floating_numbers) {
    CHECK_EQUAL(written(0.1), "0.1");
    CHECK_EQUAL(written(5.0), "5.0");
    CHECK_EQUAL(written(-0.0), "-0.0");
    CHECK_EQUAL(written(1e300), "1e+300");
    CHECK_EQUAL(written(0.1F), "0.1");
    CHECK_EQUAL(written(16777216.0F), "16777216.0");
    CHECK_EQUAL(written(std::nan("")), "\"nan\"");
    CHECK_EQUAL(written(std::numeric_limits<double>::infinity()), "\"inf\"");
    CHECK_EQUAL(written(-std::numeric_limits<float>::infinity()), "\"-inf\"");
    for (const double number : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.123}) {
        CHECK_EQUAL(std::strtod(written(number).c_str(), nullptr), number);
    }
}

TEST(text) {
    CHECK_EQUAL(written("a\"b\\c/d"), R"("a\"b\\c/d")");
    CHECK_EQUAL(written("\n\t\r\x01\x7f"), R"("\n\t\u000d\u0001\u007f")");
    CHECK_EQUAL(written(std::string("a\0b", 3)), R"("a\u0000b")");
    const std::string good = "\u00b5 \u03b7 \ud55c \U0001F600 \U0010FFFF";
    CHECK_EQUAL(written(good), "\"" + good + "\"");
    CHECK_EQUAL(JsonWriter().begin_object().member("\"", "").end_object().str(), R"({"\"":""})");
}

TEST(only_utf8) {
    for (const char* bad : {"\xff", "a\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf0\x80\x80\xaf", "\xe2\x82", "\xf0\x9f\x98", "\xc3("}) {
        CHECK_THROWS(SchemaError, "expected UTF-8", written(bad));
    }
    CHECK_THROWS(SchemaError, R"(got "J\xffet")", written("J\xff" "et"));
}

TEST(misuse_is_our_bug) {
    CHECK_THROWS(InternalError, "inside an object", static_cast<void>(JsonWriter().begin_object().str()));
    CHECK_THROWS(InternalError, "key outside", JsonWriter().key("a"));
    CHECK_THROWS(InternalError, "key outside", JsonWriter().begin_array().key("a"));
    CHECK_THROWS(InternalError, "no matching begin", JsonWriter().begin_array().end_object());
    CHECK_THROWS(InternalError, "no matching begin", JsonWriter().begin_object().key("a").end_object());
    CHECK_THROWS(InternalError, "without a key", JsonWriter().begin_object().value(1));
}
