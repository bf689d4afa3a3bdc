// Memory for large results. What the system hands out it has cleared, which takes longer than to write it: a fifth of
// the time of reading. So memory of results that have gone is used again.
#pragma once

#include <cstddef>
#include <memory>

namespace simdprep::detail {

// Gives out pieces, each for one array, and keeps those that come back for the next of about their size. They are not
// offered to the system meanwhile, which costs as much as its clearing. Safe to use from several threads, and in a
// forked child.
class LargeArrays {
public:
    // Keeps at most `idle_bytes` that nobody uses.
    explicit LargeArrays(std::size_t idle_bytes);

    // Returns memory with nothing in particular in it, aligned to a cache line at least. Throws std::bad_alloc.
    [[nodiscard]] std::shared_ptr<std::byte> get(std::size_t size);

    // Bytes of the pieces that wait to be used again.
    [[nodiscard]] std::size_t idle_bytes() const;

    // Those of the process.
    [[nodiscard]] static LargeArrays& shared();

private:
    class Store;

    std::shared_ptr<Store> store_;
};

}  // namespace simdprep::detail
