// The checksum at the end of a zlib stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace simdprep::detail {

[[nodiscard]] std::uint32_t adler32(std::span<const std::byte> bytes);

}  // namespace simdprep::detail
