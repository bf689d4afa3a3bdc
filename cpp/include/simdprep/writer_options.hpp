// How a writer works, and how it stores what it gets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "simdprep/format.hpp"

namespace simdprep {

// How many events a thread may be ahead of the first that is missing, where events have numbers.
inline constexpr std::uint64_t order_window = 4096;

struct WriterOptions {
    unsigned threads = 0;  // that encode, beside the ones that fill; 0 takes one per core, 1 encodes on the filling thread
    Layout layout = Layout::columns;
    std::string compression = "gzip";         // gzip, gzip:1 to gzip:9, or none
    bool counts = true;                       // layout compound: members n_<object>, the multiplicities before truncation
    std::uint64_t part_rows = 0;              // rows in a part, rounded up to whole chunks; 0 closes parts by size
    std::uint64_t part_bytes = 0;             // stored bytes past which a part closes; 0: 128 MiB in a folder, 1 GiB in a file
    std::uint64_t batch_bytes = std::uint64_t{8} << 20;  // filled before the encoder gets it
    bool finish_on_signal = false;  // SIGTERM, SIGINT and SIGXCPU: the next end_event() closes and throws Interrupted
    std::function<void(const std::string&)> log = {};    // takes warnings; by default they go to stderr
};

}  // namespace simdprep
