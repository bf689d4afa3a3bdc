#include "simdprep/detail/large_arrays.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

#include "simdprep/detail/huge_pages.hpp"

namespace simdprep::detail {
namespace {

// A piece may be so much larger than what is asked for: slices of one file differ a little in length.
constexpr std::size_t most_surplus = 4;  // a quarter

constexpr std::size_t idle_of_process = std::size_t{256} << 20;

struct Piece {
    std::byte* memory;
    std::size_t size;
};

}  // namespace

// What the pieces return to; it lives on while arrays do.
class LargeArrays::Store : public std::enable_shared_from_this<Store> {
public:
    explicit Store(std::size_t most) : most_(most) {}
    ~Store() {
        for (const Piece& piece : idle_) delete_huge_pages(piece.memory);
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    std::shared_ptr<std::byte> get(std::size_t wanted) {
        const std::size_t size = (wanted / huge_page_bytes + 1) * huge_page_bytes;
        Piece piece = taken(size);
        if (piece.memory == nullptr) piece = {new_huge_pages(size), size};
        return {piece.memory, [piece, store = weak_from_this()](std::byte*) {
                    const auto found = store.lock();
                    if (found == nullptr || !found->take_back(piece)) delete_huge_pages(piece.memory);
                }};
    }

    std::size_t idle_bytes() {
        const std::lock_guard lock(mutex_);
        return idle_bytes_;
    }

private:
    // The smallest idle piece that fits; none in a forked child, where the lock may be held by a thread that is not there.
    Piece taken(std::size_t size) {
        if (owner_ != ::getpid()) return {nullptr, 0};
        const std::lock_guard lock(mutex_);
        auto best = idle_.end();
        for (auto piece = idle_.begin(); piece != idle_.end(); ++piece) {
            const bool fits = piece->size >= size && piece->size - size <= size / most_surplus;
            if (fits && (best == idle_.end() || piece->size < best->size)) best = piece;
        }
        if (best == idle_.end()) return {nullptr, 0};
        const Piece found = *best;
        idle_.erase(best);
        idle_bytes_ -= found.size;
        return found;
    }

    // Those that have waited longest make way.
    bool take_back(const Piece& piece) noexcept {
        if (owner_ != ::getpid() || piece.size > most_) return false;
        std::vector<Piece> gone;
        try {
            const std::lock_guard lock(mutex_);
            gone.reserve(idle_.size());
            idle_.push_back(piece);
            idle_bytes_ += piece.size;
            auto kept = idle_.begin();
            for (; idle_bytes_ > most_; ++kept) {
                idle_bytes_ -= kept->size;
                gone.push_back(*kept);
            }
            idle_.erase(idle_.begin(), kept);
        } catch (const std::bad_alloc&) {
            return false;
        }
        for (const Piece& old : gone) delete_huge_pages(old.memory);
        return true;
    }

    std::size_t most_;
    pid_t owner_ = ::getpid();
    std::mutex mutex_;
    std::vector<Piece> idle_;  // in the order in which they came back
    std::size_t idle_bytes_ = 0;
};

LargeArrays::LargeArrays(std::size_t idle_bytes) : store_(std::make_shared<Store>(idle_bytes)) {}

std::shared_ptr<std::byte> LargeArrays::get(std::size_t size) { return store_->get(size); }

std::size_t LargeArrays::idle_bytes() const { return store_->idle_bytes(); }

LargeArrays& LargeArrays::shared() {
    static LargeArrays& arrays = *new LargeArrays(idle_of_process);  // never goes: arrays may outlast all
    return arrays;
}

}  // namespace simdprep::detail
