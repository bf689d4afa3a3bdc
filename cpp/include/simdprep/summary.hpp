// WriteSummary: what a writer stored, and what of it is not as it was given.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace simdprep {

struct ObjectSummary {
    struct Missing {
        std::string field;
        std::uint64_t count = 0;
    };

    std::string name;
    std::uint64_t stored = 0;
    std::uint64_t truncated = 0;   // found no slot
    std::vector<Missing> missing;  // values that took the fill value, for fields that have any
};

struct WriteSummary {
    std::string path;
    std::uint64_t num_rows = 0;
    std::uint64_t num_events = 0;
    std::uint64_t events_without_rows = 0;  // where the rows are not events
    std::uint64_t num_parts = 0;
    std::uint64_t bytes = 0;
    std::vector<ObjectSummary> objects;  // as in the schema
    std::vector<std::string> told;       // locks taken over, leftovers removed

    // What is not in the dataset as it was given, one line per object or field: truncated entries, filled values.
    [[nodiscard]] std::vector<std::string> changes() const;
};

// A table for people: rows, entries and what was lost.
std::ostream& operator<<(std::ostream& stream, const WriteSummary& summary);

}  // namespace simdprep
