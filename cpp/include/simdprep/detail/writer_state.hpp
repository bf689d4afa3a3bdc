// WriterState: what stands behind a Writer, its fillers and their handles.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "simdprep/detail/background.hpp"
#include "simdprep/detail/event_order.hpp"
#include "simdprep/detail/fill_plan.hpp"
#include "simdprep/detail/filler_state.hpp"
#include "simdprep/detail/merge.hpp"
#include "simdprep/detail/provenance_log.hpp"
#include "simdprep/detail/stop_signal.hpp"
#include "simdprep/encoder.hpp"
#include "simdprep/output.hpp"
#include "simdprep/sink.hpp"
#include "simdprep/summary.hpp"
#include "simdprep/writer_options.hpp"

namespace simdprep::detail {

class WriterState {
public:
    WriterState(std::unique_ptr<Sink> sink, WriterOptions options);
    ~WriterState();
    WriterState(const WriterState&) = delete;
    WriterState& operator=(const WriterState&) = delete;

    std::size_t add_object(ObjectDeclaration declared);
    [[nodiscard]] const std::string& name(std::size_t object) const { return declarations_.at(object).name; }
    // Fixes the schema, once; an error if the writer is closed. Every thread that fills comes here first.
    void start();
    [[noreturn]] void throw_closed() const;
    [[nodiscard]] bool is_open() const { return open_.load(std::memory_order_acquire); }

    std::shared_ptr<FillerState> own_filler() const { return own_; }
    std::shared_ptr<FillerState> new_filler();
    void release(FillerState& filler);

    void end_event(FillerState& filler);
    void skip_event(FillerState& filler);
    void end_event(FillerState& filler, std::uint64_t number);
    void skip_event(FillerState& filler, std::uint64_t number);

    void flush();
    WriteSummary close();
    void abandon();
    void warn(const std::string& text) const;

    ProvenanceLog& log() { return log_; }
    void input(const InputFile& file);
    [[nodiscard]] std::string path() const { return output_.path().string(); }
    [[nodiscard]] std::uint64_t num_events() const;
    [[nodiscard]] std::uint64_t num_rows() const;
    std::unique_ptr<EventBuffer> empty_buffer();

    // An exception is on its way that was not when the writer was made.
    [[nodiscard]] bool is_unwinding() const;

private:
    enum class Numbering : std::uint8_t { unknown, none, all };

    void check_numbering(Numbering wanted);
    void check_stop(FillerState& filler);
    [[nodiscard]] EventOrder::Take take_in_order();
    void hand_over(std::unique_ptr<EventBuffer>& buffer);
    void hand_over(FillerState& filler);
    void hand_over_all();
    // Stores a run of chunks, or the end of a part, which is returned then.
    std::optional<WrittenPart> store(Part part);
    // What a complete part says of itself, and what is kept of it.
    FileNotes describe_part(const Part& part, ManifestPart& record);
    void finish();
    void finish_output();
    void merge();
    void keep_parts();
    void check_ended(const FillerState& filler);
    [[nodiscard]] WriteSummary summary() const;

    WriterOptions options_;
    std::unique_ptr<Sink> sink_;
    Output output_;
    Declarations declarations_;
    Compression compression_;
    ProvenanceLog log_;
    std::optional<StopSignal> signals_;

    mutable std::mutex start_mutex_;  // of the schema, and of the list of fillers
    std::atomic<bool> started_{false};
    std::atomic<bool> open_{true};
    std::optional<Schema> schema_;
    std::shared_ptr<const FillPlan> plan_;
    std::optional<Encoder> encoder_;
    std::shared_ptr<const Description> description_;
    std::shared_ptr<FillerState> own_;
    std::vector<std::shared_ptr<FillerState>> fillers_;
    EventOrder order_;
    std::unique_ptr<EventBuffer> ordered_;  // events in order, for the next batch
    std::atomic<Numbering> numbering_{Numbering::unknown};
    std::uint64_t missing_number_ = 0;
    std::string unfinished_;                // what was filled and not ended
    int exceptions_;

    mutable std::mutex totals_mutex_;  // of what follows
    std::uint64_t events_submitted_ = 0;
    std::uint64_t rows_submitted_ = 0;
    std::uint64_t empty_events_ = 0;
    std::vector<std::vector<std::uint64_t>> missing_;
    std::vector<StoredPart> parts_;  // in the order of their rows
    std::optional<UnnamedFile> growing_;  // the part whose runs are being stored; touched by one thread at a time
    bool whole_ = false;             // the only part became the file itself
    std::uint64_t stored_version_ = 0;  // of the log, when the last part was made
    std::optional<WriteSummary> summary_;

    std::unique_ptr<Background> background_;  // last: its threads end before all else
};

}  // namespace simdprep::detail
