// Runs: how work on many small things is cut into tasks for several threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "simdprep/detail/thread_pool.hpp"

namespace simdprep::detail {

// Bytes a thread writes before it takes the next ones: long enough to hide the taking of turns.
inline constexpr std::size_t task_bytes = std::size_t{128} << 10;

// Calls body(begin, end) for runs of 0 ... count - 1 that write about task_bytes each.
template <typename Body>
void for_runs(ThreadPool& pool, std::uint64_t count, std::size_t bytes_each, const Body& body) {
    const std::uint64_t step = std::max<std::uint64_t>(1, task_bytes / std::max<std::size_t>(1, bytes_each));
    pool.parallel_for((count + step - 1) / step,
                      [&](std::size_t task) { body(task * step, std::min(count, (task + 1) * step)); });
}

}  // namespace simdprep::detail
