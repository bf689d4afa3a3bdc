// Memory for arrays that come and go together, such as those of a pool of blocks.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <mutex>

#include "simdprep/detail/large_arrays.hpp"

namespace simdprep::detail {

// Cuts arrays from large pieces, which the system gives in huge pages: a page of the usual size costs about as much as
// filling it. A piece is used again when all arrays in it have gone. Safe to use from several threads, and in a forked
// child.
class Slabs {
public:
    // Keeps at most `idle_bytes` of pieces that nobody uses.
    explicit Slabs(std::size_t idle_bytes = std::size_t{64} << 20) : pieces_(idle_bytes) {}

    // Returns memory with nothing in particular in it, aligned to a cache line.
    [[nodiscard]] std::shared_ptr<std::byte> get(std::size_t size);

    // Bytes of the pieces that wait to be used again.
    [[nodiscard]] std::size_t idle_bytes() const { return pieces_.idle_bytes(); }

private:
    LargeArrays pieces_;
    pid_t owner_ = ::getpid();  // in a forked child the lock may be held by a thread that is not there
    std::mutex mutex_;
    std::shared_ptr<std::byte> current_;
    std::size_t used_ = 0;
};

}  // namespace simdprep::detail
