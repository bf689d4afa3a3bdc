#include "simdprep/error.hpp"

#include <utility>

namespace simdprep {
namespace {

std::string compose(const std::string& message, const std::string& where, const std::string& hint) {
    std::string text = message;
    if (!where.empty()) {
        text += "\n  in " + where;
    }
    if (!hint.empty()) {
        text += "\n  try " + hint;
    }
    return text;
}

}  // namespace

Error::Error(std::string message, std::string where, std::string hint)
    : std::runtime_error(compose(message, where, hint)),
      message_(std::move(message)),
      where_(std::move(where)),
      hint_(std::move(hint)) {}

std::string expected(std::string_view what, std::string_view got, std::string_view rule) {
    std::string text(what);
    text.append(": got ").append(got).append(", expected ").append(rule);
    return text;
}

}  // namespace simdprep
