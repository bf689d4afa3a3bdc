#include "simdprep/detail/nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace simdprep::detail {
namespace {

// Letters to be changed, added or removed.
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < other.size(); ++j) {
            const std::size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string joined(const std::vector<std::string>& names, std::size_t most, const char* between) {
    std::string text;
    for (std::size_t index = 0; index < std::min(most, names.size()); ++index) text += (index > 0 ? between : "") + names[index];
    return text;
}

}  // namespace

std::string nearest_names(std::string_view name, const std::vector<std::string>& known) {
    std::vector<std::pair<std::size_t, std::string>> close;
    for (const std::string& other : known) {
        const std::size_t apart = distance(name, other);
        if (apart <= std::max<std::size_t>(1, std::max(name.size(), other.size()) / 3)) close.emplace_back(apart, other);
    }
    std::stable_sort(close.begin(), close.end(), [](const auto& one, const auto& other) { return one.first < other.first; });
    std::vector<std::string> names;
    for (const auto& [apart, other] : close) names.push_back(other);
    return names.empty() ? joined(known, 10, ", ") : joined(names, 3, " or ");
}

}  // namespace simdprep::detail
