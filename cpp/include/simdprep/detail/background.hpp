// Background: encodes batches and commits parts on threads of its own, while those that fill go on. What becomes of
// their chunks in between is done on the threads that fill, since that calls HDF5.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "simdprep/detail/event_buffer.hpp"
#include "simdprep/encoder.hpp"
#include "simdprep/manifest.hpp"
#include "simdprep/output.hpp"

namespace simdprep::detail {

// A part that HDF5 is done with, whose bytes are on their way to the disk.
struct WrittenPart {
    UnnamedFile file;
    ManifestPart record;
};

// Batches come out as parts in the order in which they went in. At most two batches wait, and a few runs of chunks;
// one part is made permanent while the next grows.
// The first error of a background thread is thrown from the next call, and from every one after it.
class Background {
public:
    struct Steps {
        std::function<std::optional<WrittenPart>(Part)> store;  // a run, or the end; on a thread that calls, one at a time
        std::function<void(WrittenPart)> commit;                // on a thread of ours, or that which calls
    };

    // `threaded`: false does everything within the calls.
    Background(Encoder& encoder, Steps steps, bool threaded);
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Takes a batch; waits while two are under way.
    void submit(std::unique_ptr<EventBuffer> batch);
    // An empty buffer that was used before, or null.
    std::unique_ptr<EventBuffer> used_buffer();
    // Waits until everything submitted is on the disk.
    void drain();
    // Drains, closes the encoder's open part, and hands what that gives to `take`; nothing else moves meanwhile.
    void finish(const TakePart& take);

private:
    void stop();  // tells the threads to end, and waits
    static constexpr std::size_t most_batches = 2;
    static constexpr std::size_t most_runs = 3;
    static constexpr std::size_t most_written = 1;

    void encode_batches();
    void commit_parts();
    void store_now(Part part);
    // Queues a run or the end of a part, once there is room.
    void hand_on(Part part);
    // Stores the run that waits, if there is one and nobody else does. Called with the lock held.
    void serve(std::unique_lock<std::mutex>& lock);
    void drain(std::unique_lock<std::mutex>& lock);
    void rethrow() const;
    void fail() noexcept;
    bool is_idle() const;

    Encoder& encoder_;
    Steps steps_;
    bool threaded_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<EventBuffer>> batches_;
    std::deque<Part> runs_;
    std::deque<WrittenPart> written_;
    std::vector<std::unique_ptr<EventBuffer>> used_;
    bool encoding_ = false;
    bool serving_ = false;
    bool committing_ = false;
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::thread encoder_thread_;
    std::thread committer_thread_;
};

}  // namespace simdprep::detail
