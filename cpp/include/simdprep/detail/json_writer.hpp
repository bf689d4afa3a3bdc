// Deterministic JSON text. It writes only; nothing in the core parses JSON.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace simdprep::detail {

class JsonWriter {
public:
    // `indent` spaces per level, one member a line; 0 writes everything on one line.
    explicit JsonWriter(int indent = 0) : indent_(indent) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    // Text must be UTF-8 (SchemaError). Floating numbers are the shortest text that reads back to the same
    // value, always with a point or exponent; NaN and infinities become the strings "nan", "inf", "-inf".
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    template <std::same_as<bool> Bool>
    JsonWriter& value(Bool flag) {
        return raw(flag ? "true" : "false");
    }
    template <std::integral Integer>
        requires(!std::same_as<Integer, bool>)
    JsonWriter& value(Integer number) {
        return raw(std::to_string(number));
    }
    JsonWriter& value(float number);
    JsonWriter& value(double number);
    JsonWriter& null() { return raw("null"); }

    // Inserts `json`, which must be one valid value, as it is.
    JsonWriter& raw(std::string_view json);

    // Shorthand for key(name).value(item).
    template <class T>
    JsonWriter& member(std::string_view name, const T& item) {
        return key(name).value(item);
    }

    // The text; InternalError while an object or array is still open.
    [[nodiscard]] std::string str() const;

private:
    struct Level {
        char close;
        bool first = true;
    };

    void begin(char open, char close);
    void end(char close);
    void before_value();
    void separate();
    void new_line();
    void quote(std::string_view text);

    int indent_;
    bool after_key_ = false;
    std::vector<Level> levels_;
    std::string text_;
};

}  // namespace simdprep::detail
