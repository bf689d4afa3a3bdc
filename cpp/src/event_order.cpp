#include "simdprep/detail/event_order.hpp"

#include <utility>

#include "simdprep/error.hpp"

namespace simdprep::detail {

void EventOrder::add_filler() {
    const std::lock_guard lock(mutex_);
    ++fillers_;
}

void EventOrder::remove_filler() {
    const std::lock_guard lock(mutex_);
    --fillers_;
    moved_.notify_all();  // those that wait may now be all there are
}

void EventOrder::wait_for_turn(std::uint64_t number, std::unique_lock<std::mutex>& lock) {
    ++blocked_;
    while (is_ahead(number) && missed_ != next_) {
        if (blocked_ < fillers_) {
            moved_.wait(lock);
            continue;
        }
        const bool moved = moved_.wait_for(lock, patience, [&] { return !is_ahead(number) || blocked_ < fillers_ || missed_ == next_; });
        if (!moved) missed_ = next_;
    }
    --blocked_;
    if (!is_ahead(number)) return;
    moved_.notify_all();
    throw AlignmentError(expected("number of an event", number, "less than " + std::to_string(window_) + " beyond " +
                                  std::to_string(next_) + ", which was neither ended nor skipped"),
                         {}, "skip_event(number) for events that are not stored");
}

void EventOrder::put(std::uint64_t number, Buffer event, const Take& take) {
    std::unique_lock lock(mutex_);
    is_used_ = true;
    wait_for_turn(number, lock);
    if (number < next_ || !waiting_.try_emplace(number, std::move(event)).second)
        throw AlignmentError(expected("number of an event", std::to_string(number) + " twice", "each number once"));
    take_next(take);
}

void EventOrder::take_next(const Take& take) {
    bool moved = false;
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
        Buffer event = std::move(first->second);
        waiting_.erase(first);
        ++next_;
        moved = true;
        if (event == nullptr) continue;
        take(event);
        event->clear();
        used_.push_back(std::move(event));
    }
    if (moved) moved_.notify_all();
}

std::optional<std::uint64_t> EventOrder::put_rest(const Take& take) {
    const std::lock_guard lock(mutex_);
    std::optional<std::uint64_t> missing;
    while (!waiting_.empty()) {
        if (!missing) missing = next_;
        next_ = waiting_.begin()->first;
        take_next(take);
    }
    return missing;
}

EventOrder::Buffer EventOrder::used_buffer() {
    const std::lock_guard lock(mutex_);
    if (used_.empty()) return nullptr;
    Buffer buffer = std::move(used_.back());
    used_.pop_back();
    return buffer;
}

bool EventOrder::is_used() const {
    const std::lock_guard lock(mutex_);
    return is_used_;
}

}  // namespace simdprep::detail
