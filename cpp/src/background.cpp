#include "simdprep/detail/background.hpp"

#include <system_error>
#include <utility>

#include "simdprep/error.hpp"

namespace simdprep::detail {

Background::Background(Encoder& encoder, Steps steps, bool threaded)
    : encoder_(encoder), steps_(std::move(steps)), threaded_(threaded) {
    if (!threaded_) return;
    try {
        encoder_thread_ = std::thread([this] { encode_batches(); });
        committer_thread_ = std::thread([this] { commit_parts(); });
    } catch (const std::system_error& error) {
        stop();
        throw ResourceError(std::string("cannot start threads: ") + error.what(), {}, "{.threads = 1}");
    } catch (...) {  // a thread that is left joinable ends the program
        stop();
        throw;
    }
}

Background::~Background() { stop(); }

void Background::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread* thread : {&encoder_thread_, &committer_thread_})
        if (thread->joinable()) thread->join();
}

void Background::rethrow() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void Background::fail() noexcept {
    if (failure_ == nullptr) failure_ = std::current_exception();
    batches_.clear();
    runs_.clear();
    written_.clear();
}

void Background::store_now(Part part) {
    if (auto written = steps_.store(std::move(part))) steps_.commit(std::move(*written));
}

void Background::hand_on(Part part) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || failure_ != nullptr || runs_.size() < most_runs; });
    if (stopping_ || failure_ != nullptr) return;
    runs_.push_back(std::move(part));
    changed_.notify_all();
}

bool Background::is_idle() const {
    return batches_.empty() && runs_.empty() && written_.empty() && !encoding_ && !serving_ && !committing_;
}

void Background::submit(std::unique_ptr<EventBuffer> batch) {
    std::unique_lock lock(mutex_);
    rethrow();
    if (!threaded_) {
        try {
            encoder_.fill(batch->batch(), [this](Part part) { store_now(std::move(part)); });
            batch->clear();
            used_.push_back(std::move(batch));
        } catch (...) {
            fail();
            throw;
        }
        return;
    }
    while (batches_.size() >= most_batches && failure_ == nullptr) {
        if (!runs_.empty() && !serving_) serve(lock);
        else changed_.wait(lock);
    }
    rethrow();
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    if (!runs_.empty() && !serving_) serve(lock);
    rethrow();
}

void Background::serve(std::unique_lock<std::mutex>& lock) {
    serving_ = true;
    Part part = std::move(runs_.front());
    runs_.pop_front();
    changed_.notify_all();
    lock.unlock();
    try {
        std::optional<WrittenPart> written = steps_.store(std::move(part));
        lock.lock();
        if (written) {
            changed_.wait(lock, [this] { return written_.size() < most_written || failure_ != nullptr; });
            if (failure_ == nullptr) written_.push_back(std::move(*written));
        }
    } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        fail();
    }
    serving_ = false;
    changed_.notify_all();
}

std::unique_ptr<EventBuffer> Background::used_buffer() {
    const std::lock_guard lock(mutex_);
    if (used_.empty()) return nullptr;
    std::unique_ptr<EventBuffer> buffer = std::move(used_.back());
    used_.pop_back();
    return buffer;
}

void Background::drain() {
    std::unique_lock lock(mutex_);
    drain(lock);
}

void Background::drain(std::unique_lock<std::mutex>& lock) {
    while (!is_idle() && failure_ == nullptr) {
        if (!runs_.empty() && !serving_) serve(lock);
        else changed_.wait(lock);
    }
    rethrow();
}

void Background::finish(const TakePart& take) {
    std::unique_lock lock(mutex_);
    drain(lock);
    try {
        encoder_.finish(take);
    } catch (...) {
        fail();
        throw;
    }
}

void Background::encode_batches() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !batches_.empty(); });
        if (stopping_) return;
        std::unique_ptr<EventBuffer> batch = std::move(batches_.front());
        batches_.pop_front();
        encoding_ = true;
        changed_.notify_all();
        lock.unlock();
        try {
            encoder_.fill(batch->batch(), [this](Part part) { hand_on(std::move(part)); });
            batch->clear();
            lock.lock();
            used_.push_back(std::move(batch));
        } catch (...) {
            if (!lock.owns_lock()) lock.lock();
            fail();
        }
        encoding_ = false;
        changed_.notify_all();
    }
}

void Background::commit_parts() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !written_.empty(); });
        if (stopping_) return;
        WrittenPart part = std::move(written_.front());
        written_.pop_front();
        committing_ = true;
        changed_.notify_all();
        lock.unlock();
        try {
            steps_.commit(std::move(part));
            lock.lock();
        } catch (...) {
            lock.lock();
            fail();
        }
        committing_ = false;
        changed_.notify_all();
    }
}

}  // namespace simdprep::detail
