// ProvenanceLog: which entries of which inputs the events of a dataset come from, what else is known of it, and how
// many events the job has seen.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "simdprep/object_options.hpp"
#include "simdprep/sink.hpp"

namespace simdprep::detail {

// Texts for a run of events and rows, whose numbers in them count from its start.
struct ProvenanceTexts {
    std::string provenance;  // JSON of simdprep_provenance
    std::string inputs;      // JSON array for the manifest
};

// May be used from several threads.
class ProvenanceLog {
public:
    // What follows comes from this input, its entries counted from 0.
    void begin_input(const InputFile& file, std::uint64_t next_event, std::uint64_t next_row);
    // The next entry of the input is no event.
    void skip_entry(std::uint64_t next_event);
    void set(const std::string& key, std::string json);
    void count(const Counter& counter);

    // `rows_of_events`: rows are events. Counters since the last call that took them, or all.
    [[nodiscard]] ProvenanceTexts texts(std::uint64_t event_start, std::uint64_t num_events, std::uint64_t row_start,
                                        std::uint64_t num_rows, const std::vector<Counter>& counters) const;
    [[nodiscard]] std::vector<Counter> all_counters() const;
    [[nodiscard]] std::vector<Counter> take_counters();
    // Changes with every set().
    [[nodiscard]] std::uint64_t version() const;

private:
    struct Input {
        InputFile file;
        std::uint64_t first_event;
        std::uint64_t first_row;
        std::vector<std::uint64_t> skipped;  // for each entry that is no event, how many events of the input lie before
    };

    mutable std::mutex mutex_;
    std::vector<Input> inputs_;
    std::map<std::string, std::string> metadata_;
    std::vector<Counter> counters_;
    std::vector<Counter> untaken_;
    std::uint64_t version_ = 0;
};

// SchemaError unless the text is one JSON value.
void check_json(const std::string& text, const std::string& where);

}  // namespace simdprep::detail
