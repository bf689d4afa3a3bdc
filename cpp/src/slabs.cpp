#include "simdprep/detail/slabs.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "simdprep/detail/huge_pages.hpp"

namespace simdprep::detail {
namespace {

constexpr std::size_t slab_bytes = std::size_t{8} << 20;
constexpr std::size_t line_bytes = 64;

std::size_t rounded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

}  // namespace

// What the pieces return to; it lives on while arrays do.
class Slabs::Store : public std::enable_shared_from_this<Store> {
public:
    explicit Store(std::size_t most) : most_(most) {}
    ~Store() {
        for (std::byte* memory : idle_) delete_huge_pages(memory);
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    std::shared_ptr<std::byte> get(std::size_t size) {
        size = rounded(size + (size == 0), line_bytes);
        if (size > slab_bytes / 2) return {new_huge_pages(rounded(size, huge_page_bytes)), &delete_huge_pages};
        if (owner_ != ::getpid()) return {new_huge_pages(huge_page_bytes * (1 + size / huge_page_bytes)), &delete_huge_pages};
        std::shared_ptr<std::byte> before;  // goes when the lock has gone
        const std::lock_guard lock(mutex_);
        if (current_ == nullptr || used_ + size > slab_bytes) {
            before = std::exchange(current_, nullptr);
            current_ = next();
            used_ = 0;
        }
        const std::size_t at = std::exchange(used_, used_ + size);
        return {current_, current_.get() + at};
    }

    std::size_t idle_bytes() {
        const std::lock_guard lock(mutex_);
        return idle_.size() * slab_bytes;
    }

private:
    // Called with the lock held.
    std::shared_ptr<std::byte> next() {
        std::byte* memory = nullptr;
        if (!idle_.empty()) {
            memory = idle_.back();
            idle_.pop_back();
        } else {
            memory = new_huge_pages(slab_bytes);
        }
        return {memory, [store = weak_from_this()](std::byte* done) {
                    const auto found = store.lock();
                    if (found == nullptr || !found->take_back(done)) delete_huge_pages(done);
                }};
    }

    bool take_back(std::byte* memory) noexcept {
        if (owner_ != ::getpid()) return false;  // the lock may be held for ever
        try {
            const std::lock_guard lock(mutex_);
            if ((idle_.size() + 1) * slab_bytes > most_) return false;
            idle_.push_back(memory);
            return true;
        } catch (const std::bad_alloc&) {
            return false;
        }
    }

    std::size_t most_;
    pid_t owner_ = ::getpid();  // in a forked child the lock may be held by a thread that is not there
    std::mutex mutex_;
    std::shared_ptr<std::byte> current_;
    std::size_t used_ = 0;
    std::vector<std::byte*> idle_;
};

Slabs::Slabs(std::size_t idle_bytes) : store_(std::make_shared<Store>(idle_bytes)) {}

std::shared_ptr<std::byte> Slabs::get(std::size_t size) { return store_->get(size); }

std::size_t Slabs::idle_bytes() const { return store_->idle_bytes(); }

}  // namespace simdprep::detail
