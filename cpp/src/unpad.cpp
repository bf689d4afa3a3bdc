#include "simdprep/detail/unpad.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "simdprep/detail/packing.hpp"
#include "simdprep/detail/runs.hpp"

namespace simdprep::detail {
namespace {

// Short runs are copied in whole vectors: their lengths are as good as random, and a call for each would cost more.
constexpr std::ptrdiff_t vector_bytes = 32;

const std::byte* list_at(const SlotsView& view, std::uint64_t list) {
    return view.data + static_cast<std::ptrdiff_t>(list) * view.list;
}

bool is_dense(const SlotsView& view) { return view.slot == static_cast<std::ptrdiff_t>(view.size); }

// Valid entries of a list whose mask lies in one piece; -1 if one stands behind an empty slot.
std::int64_t count_dense(const std::byte* mask, std::uint64_t slots) {
    std::uint64_t count = 0;
    for (std::uint64_t slot = 0; slot < slots; ++slot) count += mask[slot] != std::byte{0};
    const void* empty = slots > 0 ? std::memchr(mask, 0, slots) : nullptr;
    const std::uint64_t first = empty == nullptr ? slots : static_cast<std::uint64_t>(static_cast<const std::byte*>(empty) - mask);
    return first == count ? static_cast<std::int64_t>(count) : -1;
}

std::int64_t count_list(const SlotsView& valid, std::uint64_t list) {
    const std::byte* mask = list_at(valid, list);
    if (is_dense(valid)) {
        const std::int64_t count = count_dense(mask, valid.slots);
        if (count >= 0) return count;
    }
    std::int64_t bounds[2];
    count_valid({mask, DType::boolean, valid.list, valid.slot}, 1, valid.slots, bounds);  // knows what to say
    return bounds[1];
}

// Runs of entries that lie side by side. A run's last vector may reach into the slots behind it, and into the place
// of the next runs, which are written after it; it never leaves the values or what this task writes.
void copy_dense(const SlotsView& values, std::span<const std::int64_t> offsets, std::uint64_t begin, std::uint64_t end,
                std::byte* out) {
    const std::byte* values_end = list_at(values, offsets.size() - 2) + values.slots * values.size;
    const bool forwards = values.list > 0;
    std::byte* to = out + static_cast<std::uint64_t>(offsets[begin]) * values.size;
    const std::byte* to_end = out + static_cast<std::uint64_t>(offsets[end]) * values.size;
    for (std::uint64_t list = begin; list < end; ++list) {
        const std::byte* from = list_at(values, list);
        const std::ptrdiff_t bytes = (offsets[list + 1] - offsets[list]) * values.slot;
        const std::ptrdiff_t reach = (bytes + vector_bytes - 1) / vector_bytes * vector_bytes;
        if (forwards && reach <= to_end - to && reach <= values_end - from) {
            for (std::ptrdiff_t at = 0; at < reach; at += vector_bytes) std::memcpy(to + at, from + at, std::size_t{vector_bytes});
        } else if (bytes > 0) {
            std::memcpy(to, from, static_cast<std::size_t>(bytes));
        }
        to += bytes;
    }
}

// Entries apart from each other. `size` is a constant where that is worth it, which makes a copy a single move.
template <typename Size>
void copy_apart(const SlotsView& values, std::span<const std::int64_t> offsets, std::uint64_t begin, std::uint64_t end,
                Size size, std::byte* out) {
    std::byte* to = out + static_cast<std::uint64_t>(offsets[begin]) * size;
    for (std::uint64_t list = begin; list < end; ++list) {
        const std::byte* from = list_at(values, list);
        for (std::int64_t left = offsets[list + 1] - offsets[list]; left > 0; --left, from += values.slot, to += size)
            std::memcpy(to, from, size);
    }
}

template <std::size_t size>
using Constant = std::integral_constant<std::size_t, size>;

void copy_lists(const SlotsView& values, std::span<const std::int64_t> offsets, std::uint64_t begin, std::uint64_t end,
                std::byte* out) {
    if (is_dense(values)) return copy_dense(values, offsets, begin, end, out);
    switch (values.size) {
        case 1: return copy_apart(values, offsets, begin, end, Constant<1>{}, out);
        case 2: return copy_apart(values, offsets, begin, end, Constant<2>{}, out);
        case 4: return copy_apart(values, offsets, begin, end, Constant<4>{}, out);
        case 8: return copy_apart(values, offsets, begin, end, Constant<8>{}, out);
        default: return copy_apart(values, offsets, begin, end, values.size, out);
    }
}

}  // namespace

void unpad_offsets(ThreadPool& pool, const SlotsView& valid, std::uint64_t lists, std::int64_t* offsets) {
    for_runs(pool, lists, valid.slots, [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t list = begin; list < end; ++list) offsets[list + 1] = count_list(valid, list);
    });
    offsets[0] = 0;
    for (std::uint64_t list = 0; list < lists; ++list) offsets[list + 1] += offsets[list];
}

void unpad_entries(ThreadPool& pool, const SlotsView& values, std::span<const std::int64_t> offsets, std::byte* out) {
    for_runs(pool, offsets.size() - 1, values.slots * values.size,
             [&](std::uint64_t begin, std::uint64_t end) { copy_lists(values, offsets, begin, end, out); });
}

}  // namespace simdprep::detail
