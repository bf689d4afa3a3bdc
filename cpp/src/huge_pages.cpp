#include "simdprep/detail/huge_pages.hpp"

#include <sys/mman.h>

#include <new>

namespace simdprep::detail {

std::byte* new_huge_pages(std::size_t size) {
    auto* memory = static_cast<std::byte*>(::operator new(size, std::align_val_t{huge_page_bytes}));
#ifdef MADV_HUGEPAGE
    ::madvise(memory, size, MADV_HUGEPAGE);  // a wish
#endif
    return memory;
}

void delete_huge_pages(std::byte* memory) noexcept { ::operator delete(memory, std::align_val_t{huge_page_bytes}); }

}  // namespace simdprep::detail
