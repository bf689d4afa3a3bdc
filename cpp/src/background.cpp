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
        committer_thread_ = std::thread([this] { commit_images(); });
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
    parts_.clear();
    images_.clear();
}

bool Background::has_room_for_part() const { return parts_.empty() && images_.empty() && !serving_ && !committing_; }

bool Background::is_idle() const {
    return batches_.empty() && parts_.empty() && images_.empty() && !encoding_ && !serving_ && !committing_;
}

void Background::submit(std::unique_ptr<EventBuffer> batch) {
    std::unique_lock lock(mutex_);
    rethrow();
    if (!threaded_) {
        try {
            for (Part& part : encoder_.fill(batch->batch())) steps_.commit(steps_.make_image(std::move(part)));
            batch->clear();
            used_.push_back(std::move(batch));
        } catch (...) {
            fail();
            throw;
        }
        return;
    }
    while (batches_.size() >= most_batches && failure_ == nullptr) {
        if (!parts_.empty() && !serving_) serve(lock);
        else changed_.wait(lock);
    }
    rethrow();
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    if (!parts_.empty() && !serving_) serve(lock);
    rethrow();
}

void Background::serve(std::unique_lock<std::mutex>& lock) {
    serving_ = true;
    Part part = std::move(parts_.front());
    parts_.pop_front();
    changed_.notify_all();
    lock.unlock();
    try {
        PartImage image = steps_.make_image(std::move(part));
        lock.lock();
        changed_.wait(lock, [this] { return images_.size() < most_images || failure_ != nullptr; });
        if (failure_ == nullptr) images_.push_back(std::move(image));
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
        if (!parts_.empty() && !serving_) serve(lock);
        else changed_.wait(lock);
    }
    rethrow();
}

void Background::finish(const std::function<void(Part)>& take) {
    std::unique_lock lock(mutex_);
    drain(lock);
    try {
        for (Part& part : encoder_.finish()) take(std::move(part));
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
        std::vector<Part> done;
        try {
            done = encoder_.fill(batch->batch());
            batch->clear();
            lock.lock();
            used_.push_back(std::move(batch));
        } catch (...) {
            if (!lock.owns_lock()) lock.lock();
            fail();
        }
        for (Part& part : done) {
            // One part at a time becomes a file, so that memory does not grow when the disk is slow.
            changed_.wait(lock, [this] { return stopping_ || failure_ != nullptr || has_room_for_part(); });
            if (stopping_ || failure_ != nullptr) break;
            parts_.push_back(std::move(part));
            changed_.notify_all();
        }
        encoding_ = false;
        changed_.notify_all();
    }
}

void Background::commit_images() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !images_.empty(); });
        if (stopping_) return;
        PartImage image = std::move(images_.front());
        images_.pop_front();
        committing_ = true;
        changed_.notify_all();
        lock.unlock();
        try {
            steps_.commit(std::move(image));
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
