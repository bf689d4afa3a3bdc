// Sink: stores parts as HDF5 files. It knows HDF5 and nothing of names, locks or committing: these
// are Output's. Hdf5Sink (hdf5.hpp) is the one for users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simdprep/description.hpp"
#include "simdprep/part.hpp"
#include "simdprep/stored_chunk.hpp"

namespace simdprep {

// Events seen by the job that wrote a dataset, stored or not, and their weights.
struct Counter {
    std::string name = "nominal";
    std::uint64_t events = 0;
    double sum_of_weights = 0;
    double sum_of_weights_squared = 0;
};

// What a file says of itself beside its datasets.
struct FileNotes {
    std::vector<Attribute> attributes;  // all of them, the root's included
    // Layout compound only, else empty: /cutBookkeeper/<name>/counts, a scalar record {nEventsProcessed int64,
    // sumOfWeights float64, sumOfWeightsSquared float64}, stored compact, so that its checksum is the header's.
    std::vector<Counter> counters;
};

// A committed part that is being merged.
class ChunkSource {
public:
    ChunkSource() = default;
    ChunkSource(const ChunkSource&) = delete;
    ChunkSource& operator=(const ChunkSource&) = delete;
    virtual ~ChunkSource() = default;

    // A chunk as it lies in the file. Called from one thread at a time.
    virtual StoredChunk read(std::size_t dataset, std::uint64_t chunk) = 0;
};

// A file that grows run by run.
class ChunkTarget {
public:
    ChunkTarget() = default;
    ChunkTarget(const ChunkTarget&) = delete;
    ChunkTarget& operator=(const ChunkTarget&) = delete;
    // Destroyed before it is finished, the file is left as it is, for the caller to remove.
    virtual ~ChunkTarget() = default;

    // Takes what comes next in each dataset: chunks, and the length that it has with them. Bytes may be written later.
    // ResourceError if the disk is found full, OutputError if the file cannot be written for another reason.
    virtual void add(std::vector<StoredDataset> more) = 0;
    // All chunks are there: adds the notes and closes what HDF5 has open.
    virtual void close(const FileNotes& notes) = 0;
    // Waits until all bytes are written, and lets go of the file. Not one call to HDF5: any thread may do this.
    virtual void finish() = 0;
};

struct SinkOptions {
    bool overwrite = false;  // replace what is there; otherwise that is an error and it is kept
};

// All calls but ChunkTarget::finish() come one at a time, and from threads that call the writer (end_event, flush,
// close), never from one of the library's own: an HDF5 that is not thread-safe is called only where the user calls.
class Sink {
public:
    // A name that ends in .h5, .hdf5 or .hdf is one file; any other a folder of parts.
    explicit Sink(std::filesystem::path path, SinkOptions options = {}) : path_(std::move(path)), options_(options) {}
    Sink(const Sink&) = default;
    Sink& operator=(const Sink&) = default;
    Sink(Sink&&) = default;
    Sink& operator=(Sink&&) = default;
    virtual ~Sink() = default;

    const std::filesystem::path& path() const { return path_; }
    bool overwrite() const { return options_.overwrite; }

    // Opens a part that lies on the disk.
    virtual std::unique_ptr<ChunkSource> open(const std::filesystem::path& path,
                                              std::shared_ptr<const Description> description) = 0;
    // Creates the file `path` (which exists by no means) with empty datasets. `threaded`: its bytes may be written on a
    // thread of the library, while the caller goes on.
    virtual std::unique_ptr<ChunkTarget> create(const std::filesystem::path& path,
                                                std::shared_ptr<const Description> description, bool threaded) = 0;

private:
    std::filesystem::path path_;
    SinkOptions options_;
};

}  // namespace simdprep
