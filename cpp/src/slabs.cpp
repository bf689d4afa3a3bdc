#include "simdprep/detail/slabs.hpp"

#include <utility>

namespace simdprep::detail {
namespace {

constexpr std::size_t line_bytes = 64;
// A line less than huge pages, of which a piece has one more than it needs.
constexpr std::size_t slab_bytes = (std::size_t{8} << 20) - line_bytes;

std::size_t rounded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

}  // namespace

std::shared_ptr<std::byte> Slabs::get(std::size_t size) {
    size = rounded(size + (size == 0), line_bytes);
    if (size > slab_bytes / 2 || owner_ != ::getpid()) return pieces_.get(size);
    std::shared_ptr<std::byte> before;  // goes when the lock has gone
    const std::lock_guard lock(mutex_);
    if (current_ == nullptr || used_ + size > slab_bytes) {
        before = std::exchange(current_, nullptr);
        current_ = pieces_.get(slab_bytes);
        used_ = 0;
    }
    const std::size_t at = std::exchange(used_, used_ + size);
    return {current_, current_.get() + at};
}

}  // namespace simdprep::detail
