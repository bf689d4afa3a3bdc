#include "simdprep/part.hpp"

#include <set>

namespace simdprep {

std::vector<Attribute> Part::attributes() const {
    std::vector<Attribute> all = description->attributes;
    std::set<std::string> seen;  // in layout compound the fields of `events` above the rows share the rows' dataset
    for (std::size_t object = 0; object < num_truncated.size(); ++object) {
        const std::string& path = description->object_paths[object];
        if (seen.insert(path).second)
            all.push_back({path, std::string(attribute::num_truncated), num_truncated[object]});
    }
    return all;
}

}  // namespace simdprep
