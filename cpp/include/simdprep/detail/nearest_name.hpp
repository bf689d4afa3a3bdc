// What to propose for a name that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace simdprep::detail {

// Up to three of the known names that are a few letters from `name`, as in "pt or eta"; the first ten if there are none.
[[nodiscard]] std::string nearest_names(std::string_view name, const std::vector<std::string>& known);

}  // namespace simdprep::detail
