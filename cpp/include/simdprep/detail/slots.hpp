// Slots: the fixed number of places that a list of any length is padded or truncated to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace simdprep::detail {

// `pad` slots a list, each of `size` bytes (1, 2, 4 or 8); those without an entry hold `fill`, of `size` bytes.
struct Slots {
    std::uint64_t pad = 0;
    std::size_t size = 0;
    const std::byte* fill = nullptr;
};

// Writes the slots of `lists` lists side by side, lists * pad * size bytes: list i has the entries
// [offsets[i], offsets[i + 1]) of `content`. The offsets never fall. Nothing beyond the last list's entries is
// read, nothing beyond the slots written.
void write_slots(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists, const Slots& slots,
                 std::byte* out);

// Whether stream_slots() may write to `out`: where the slots of each list are whole lines of memory.
bool can_stream(const Slots& slots, const std::byte* out);

// As write_slots(), but past the caches, where the instruction set can: for more bytes than they hold.
void stream_slots(const std::byte* content, const std::int64_t* offsets, std::uint64_t lists, const Slots& slots,
                  std::byte* out);

// Writes 1 for each of these slots that holds an entry, else 0: lists * pad bytes.
void write_valid(const std::int64_t* offsets, std::uint64_t lists, std::uint64_t pad, std::uint8_t* valid);

}  // namespace simdprep::detail
