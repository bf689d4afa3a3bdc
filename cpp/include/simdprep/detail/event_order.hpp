// EventOrder: events that come with numbers, from several threads, leave in the order of these.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "simdprep/detail/event_buffer.hpp"

namespace simdprep::detail {

class EventOrder {
public:
    using Buffer = std::unique_ptr<EventBuffer>;
    // Takes events that are next, in a buffer that it may exchange for an empty one.
    using Take = std::function<void(Buffer&)>;

    explicit EventOrder(std::uint64_t window) : window_(window) {}

    void add_filler();
    void remove_filler();

    // The event `number`, in a buffer of its own, or null if it was skipped. Waits while `number` is further ahead of the
    // first that is missing than the window. AlignmentError if the number was there before, or if all fillers have waited
    // for `patience`: a thread that holds the missing number may not have asked for its filler yet.
    void put(std::uint64_t number, Buffer event, const Take& take);
    // What still waits, in the order of numbers. Returns the first number that was missing, if any waited.
    std::optional<std::uint64_t> put_rest(const Take& take);
    // Buffers whose events are taken, for the next ones; null if there is none.
    Buffer used_buffer();
    [[nodiscard]] bool is_used() const;

private:
    static constexpr std::chrono::seconds patience{5};

    [[nodiscard]] bool is_ahead(std::uint64_t number) const { return number >= next_ + window_; }
    void wait_for_turn(std::uint64_t number, std::unique_lock<std::mutex>& lock);
    void take_next(const Take& take);

    std::uint64_t window_;
    mutable std::mutex mutex_;
    std::condition_variable moved_;
    std::map<std::uint64_t, Buffer> waiting_;
    std::vector<Buffer> used_;
    std::uint64_t next_ = 0;
    std::size_t fillers_ = 0;
    std::size_t blocked_ = 0;
    std::optional<std::uint64_t> missed_;  // the number that all fillers waited for in vain
    bool is_used_ = false;
};

}  // namespace simdprep::detail
