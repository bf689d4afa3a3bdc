// RepeatSearch: finds bytes that came before within deflate's window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simdprep/detail/deflate_symbols.hpp"

namespace simdprep::detail {

// So many literals, then bytes that are copied from `distance` before.
struct Copy {
    std::uint32_t literals;
    std::uint16_t length;
    std::uint16_t distance;  // 1 to 32768
};

// Meant to be thread_local. Elements are what repeats in tables of numbers: the one before is looked at first, which finds
// runs of whole elements at once, and its distance is preferred, for one distance has a short code.
class RepeatSearch {
public:
    // The copies of `bytes` in order; literals after the last are not told. `element`: bytes of one. So many earlier
    // places of the same four bytes are looked at: 1, 2, 4 or 8; from 4 on, a longer copy one byte further is preferred.
    std::span<const Copy> find(std::span<const std::byte> bytes, std::size_t element, unsigned places);

private:
    template <unsigned Places, bool IsLazy>
    void find_with(std::span<const std::byte> bytes, std::size_t element);

    std::vector<std::uint64_t> table_;
    std::vector<Copy> copies_;
};

}  // namespace simdprep::detail
