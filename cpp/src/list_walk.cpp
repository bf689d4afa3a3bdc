#include "simdprep/detail/list_walk.hpp"

#include <string>

#include "simdprep/error.hpp"

namespace simdprep::detail {

void throw_null(const std::string& object, std::size_t entry) {
    throw SchemaError(expected("object", "a null pointer at entry " + std::to_string(entry), "objects that exist"),
                      "object " + object);
}

void note_outer_mismatch(ObjectRecord& record, const std::string& parent, std::uint64_t got, std::uint64_t wanted) {
    record.problem = expected("outer lengths of a nested object", std::to_string(got) + " lists",
                              "one per entry of " + parent + ", " + std::to_string(wanted));
}

void note_unfilled_parent(ObjectRecord& record, const std::string& parent) {
    record.problem = expected("order of fills", record.plan->name + " before " + parent,
                              parent + " first, because its entries are sorted or selected");
    record.problem_hint = "the fill of " + parent + " first";
}

}  // namespace simdprep::detail
