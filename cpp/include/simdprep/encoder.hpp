// Encoder: batches of events in, finished parts out. Pads, compresses and cuts; stores nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "simdprep/batch.hpp"
#include "simdprep/part.hpp"

namespace simdprep {

struct EncoderOptions {
    unsigned threads = 0;         // 0 takes one per core
    std::uint64_t part_rows = 0;  // rows in a part, rounded up to whole chunks; 0 closes parts by size
    std::uint64_t part_bytes = simdprep::part_bytes;
    std::uint64_t first_event = 0;  // number of the first event: those before it lie in other parts
    std::uint64_t run_bytes = 0;    // stored bytes past which chunks are handed out before their part is complete; 0 never
};

// Called in the thread that calls the encoder, with the runs of a part and then its end, part by part.
using TakePart = std::function<void(Part)>;

// The parts, their runs and bytes are a function of the schema, the options that say their sizes, and
// the events: neither of the number of threads nor of how the events were split into batches.
// Memory: one open chunk per dataset, the stored chunks of the open run (of the open part, without runs), and up to
// 16 MiB per thread of chunks being encoded.
class Encoder {
public:
    explicit Encoder(Schema schema, EncoderOptions options = {});
    ~Encoder();
    Encoder(Encoder&&) noexcept;
    Encoder& operator=(Encoder&&) noexcept;

    const Schema& schema() const;
    const Description& description() const;

    // Takes a batch of whole events and hands out the runs and parts that it completed. The batch may go after.
    void fill(const Batch& batch, const TakePart& take);
    // Closes the open part. Hands it out if it has rows or events, or if there was none before it.
    void finish(const TakePart& take);
    // The same, returned.
    std::vector<Part> fill(const Batch& batch);
    std::vector<Part> finish();

    std::uint64_t num_rows() const;    // filled so far
    std::uint64_t num_events() const;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace simdprep
