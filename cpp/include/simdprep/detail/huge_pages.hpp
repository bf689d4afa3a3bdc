// Memory in huge pages: a page of the usual size costs about as much as filling it.
#pragma once

#include <cstddef>

namespace simdprep::detail {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

// Returns memory that starts at a huge page; without such pages it all works, slower. Throws std::bad_alloc.
[[nodiscard]] std::byte* new_huge_pages(std::size_t size);
void delete_huge_pages(std::byte* memory) noexcept;

}  // namespace simdprep::detail
