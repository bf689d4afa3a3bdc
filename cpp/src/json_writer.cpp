#include "simdprep/detail/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Length of the UTF-8 character that begins at `at`, or 0 if there is none: also for overlong forms,
// surrogates and numbers above U+10FFFF.
std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : static_cast<unsigned char>(0);
    };
    const unsigned char first = byte(0);
    const unsigned char second = byte(1);
    if (first < 0x80) {
        return 1;
    }
    if (!is_continuation(second)) {
        return 0;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        const bool allowed = (first != 0xe0 || second >= 0xa0) && (first != 0xed || second < 0xa0);
        return allowed && is_continuation(byte(2)) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const bool allowed = (first != 0xf0 || second >= 0x90) && (first != 0xf4 || second < 0x90);
        return allowed && is_continuation(byte(2)) && is_continuation(byte(3)) ? 4 : 0;
    }
    return 0;
}

std::string printable(std::string_view text) {
    std::string shown;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte >= 0x20 && byte < 0x7f) {
            shown += letter;
        } else {
            shown.append("\\x").append({hex_digits[byte >> 4], hex_digits[byte & 15]});
        }
    }
    return shown;
}

template <class Float>
std::string number_text(Float number) {
    std::array<char, 64> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    std::string text(buffer.data(), end);
    if (text.find_first_of(".e") == std::string::npos) {
        text += ".0";  // else a reader would take it for an integer
    }
    return text;
}

template <class Float>
std::string_view special_text(Float number) {
    if (std::isnan(number)) {
        return "nan";
    }
    if (std::isinf(number)) {
        return number > 0 ? "inf" : "-inf";
    }
    return {};
}

}  // namespace

JsonWriter& JsonWriter::begin_object() {
    begin('{', '}');
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    end('}');
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    begin('[', ']');
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    end(']');
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    if (levels_.empty() || levels_.back().close != '}' || after_key_) {
        throw InternalError("JSON: got a key outside of an object");
    }
    separate();
    quote(name);
    text_ += indent_ > 0 ? ": " : ":";
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    before_value();
    quote(text);
    return *this;
}

JsonWriter& JsonWriter::value(float number) {
    const std::string_view special = special_text(number);
    return special.empty() ? raw(number_text(number)) : value(special);
}

JsonWriter& JsonWriter::value(double number) {
    const std::string_view special = special_text(number);
    return special.empty() ? raw(number_text(number)) : value(special);
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    before_value();
    text_ += json;
    return *this;
}

std::string JsonWriter::str() const {
    if (!levels_.empty()) {
        throw InternalError("JSON: got an end of text inside an object or array");
    }
    return text_;
}

void JsonWriter::begin(char open, char close) {
    before_value();
    text_ += open;
    levels_.push_back({.close = close});
}

void JsonWriter::end(char close) {
    if (levels_.empty() || levels_.back().close != close || after_key_) {
        throw InternalError("JSON: got an end with no matching begin");
    }
    const bool empty = levels_.back().first;
    levels_.pop_back();
    if (!empty) {
        new_line();
    }
    text_ += close;
}

// A value behind its key needs nothing; in an array it is separated from its predecessor.
void JsonWriter::before_value() {
    if (after_key_) {
        after_key_ = false;
    } else if (!levels_.empty()) {
        if (levels_.back().close == '}') {
            throw InternalError("JSON: got a value without a key");
        }
        separate();
    }
}

void JsonWriter::separate() {
    if (!levels_.back().first) {
        text_ += ',';
    }
    levels_.back().first = false;
    new_line();
}

void JsonWriter::new_line() {
    if (indent_ > 0) {
        text_ += '\n';
        text_.append(static_cast<std::size_t>(indent_) * levels_.size(), ' ');
    }
}

void JsonWriter::quote(std::string_view text) {
    text_ += '"';
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        if (length == 0) {
            throw SchemaError(expected("text", "\"" + printable(text) + "\"", "UTF-8"));
        }
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == '"' || byte == '\\') {
            text_.append({'\\', text[at]});
        } else if (byte == '\n') {
            text_ += "\\n";
        } else if (byte == '\t') {
            text_ += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            text_.append("\\u00").append({hex_digits[byte >> 4], hex_digits[byte & 15]});
        } else {
            text_.append(text.substr(at, length));
        }
        at += length;
    }
    text_ += '"';
}

}  // namespace simdprep::detail
