// From what the user declared to a schema, and to how each of its objects is filled.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "simdprep/detail/event_buffer.hpp"
#include "simdprep/detail/filler_state.hpp"
#include "simdprep/format.hpp"
#include "simdprep/schema.hpp"

namespace simdprep::detail {

struct Compression {
    Codec codec = Codec::gzip;
    std::optional<int> level;
};

// SchemaError unless it is gzip, gzip:1 to gzip:9, or none.
Compression compression_from(const std::string& text);

// The objects declared so far. A declaration keeps its number: in the schema and in the plan too.
class Declarations {
public:
    explicit Declarations(Layout layout) : layout_(layout) {}

    // Checks what can be known before all are declared; finds the parent of a nested object that names none, or adds
    // one without fields. Returns the number. SchemaError.
    std::size_t add(ObjectDeclaration declared);
    [[nodiscard]] const ObjectDeclaration& at(std::size_t object) const { return objects_.at(object); }

    // All together; SchemaError. Rows that are not events get an object `events`, if there is none.
    [[nodiscard]] Schema schema(const Compression& compression, bool counts);
    [[nodiscard]] FillPlan plan(const Schema& schema) const;

private:
    [[nodiscard]] std::size_t levels(const ObjectDeclaration& declared) const;
    void check_lengths(const ObjectDeclaration& declared) const;
    void find_parent(ObjectDeclaration& declared);
    [[nodiscard]] bool is_list_of_rows(const ObjectDeclaration& declared) const;

    Layout layout_;
    std::vector<ObjectDeclaration> objects_;
    std::vector<std::optional<std::size_t>> counts_of_;  // of objects that were added without fields
};

}  // namespace simdprep::detail
