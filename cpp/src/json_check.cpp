// Whether a text that a user gives is JSON. It is stored as it is; what it says does not matter here.
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

#include "simdprep/detail/json_writer.hpp"
#include "simdprep/detail/provenance_log.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

constexpr int deepest = 100;

class JsonCheck {
public:
    explicit JsonCheck(std::string_view text) : text_(text) {}

    bool whole() { return value(0) && (space(), at_ == text_.size()); }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void space() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    }
    bool take(char letter) {
        space();
        if (peek() != letter) return false;
        ++at_;
        return true;
    }
    bool word(std::string_view wanted) {
        if (text_.substr(at_, wanted.size()) != wanted) return false;
        at_ += wanted.size();
        return true;
    }
    bool digits() {
        const std::size_t begin = at_;
        while (std::isdigit(static_cast<unsigned char>(peek())) != 0) ++at_;
        return at_ > begin;
    }
    bool number() {
        if (peek() == '-') ++at_;
        if (peek() == '0') ++at_;
        else if (!digits()) return false;
        if (peek() == '.' && (++at_, !digits())) return false;
        if (peek() != 'e' && peek() != 'E') return true;
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        return digits();
    }
    bool string() {
        if (!take('"')) return false;
        while (at_ < text_.size() && peek() != '"') {
            if (static_cast<unsigned char>(peek()) < 0x20) return false;
            if (peek() == '\\' && !escape()) return false;
            ++at_;
        }
        return take('"');
    }
    bool escape() {
        ++at_;
        if (peek() != 'u') return std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos && peek() != '\0';
        for (int digit = 0; digit < 4; ++digit)
            if (++at_, std::isxdigit(static_cast<unsigned char>(peek())) == 0) return false;
        return true;
    }
    // The members of an object or array up to its end.
    template <class Item>
    bool list(char close, const Item& item) {
        if (take(close)) return true;
        do {
            if (!item()) return false;
        } while (take(','));
        return take(close);
    }
    bool value(int depth) {
        space();
        if (depth > deepest) return false;
        switch (peek()) {
            case '{': ++at_; return list('}', [&] { return string() && take(':') && value(depth + 1); });
            case '[': ++at_; return list(']', [&] { return value(depth + 1); });
            case '"': return string();
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return number();
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

void check_json(const std::string& text, const std::string& where) {
    JsonWriter().value(text);  // refuses what is no UTF-8
    if (!JsonCheck(text).whole()) throw SchemaError(expected("metadata", "'" + text.substr(0, 40) + "'", "JSON"), where);
}

}  // namespace simdprep::detail
