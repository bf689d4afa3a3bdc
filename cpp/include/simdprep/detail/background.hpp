// Background: encodes batches and commits images on threads of its own, while those that fill go on. What becomes of a
// part in between is done on the threads that fill, since that calls HDF5.
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
#include "simdprep/file_image.hpp"
#include "simdprep/manifest.hpp"

namespace simdprep::detail {

// A part as a file, not yet on the disk.
struct PartImage {
    FileImage file;
    ManifestPart record;
};

// Batches come out as parts in the order in which they went in. At most two batches wait, and one part
// is on its way to a file while the encoder fills the next.
// The first error of a background thread is thrown from the next call, and from every one after it.
class Background {
public:
    struct Steps {
        std::function<PartImage(Part)> make_image;  // on a thread that calls, one at a time
        std::function<void(PartImage)> commit;      // on a thread of ours, or that which calls
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
    void finish(const std::function<void(Part)>& take);

private:
    void stop();  // tells the threads to end, and waits
    static constexpr std::size_t most_batches = 2;
    static constexpr std::size_t most_images = 1;

    void encode_batches();
    void commit_images();
    // Makes an image of the part that waits, if there is one and nobody else does. Called with the lock held.
    void serve(std::unique_lock<std::mutex>& lock);
    void drain(std::unique_lock<std::mutex>& lock);
    void rethrow() const;
    void fail() noexcept;
    bool is_idle() const;
    bool has_room_for_part() const;

    Encoder& encoder_;
    Steps steps_;
    bool threaded_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<EventBuffer>> batches_;
    std::deque<Part> parts_;
    std::deque<PartImage> images_;
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
