// Other people's inflaters, which must read what we write.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace fuzz {

struct Inflater {
    std::string_view name;
    // Bytes of the sound zlib stream that `in` begins with and that fills `out` exactly; 0 if there is none.
    std::size_t (*inflate)(std::span<const std::byte> in, std::span<std::byte> out);
};

// zlib, and libdeflate where this was built with it.
[[nodiscard]] std::span<const Inflater> inflaters();

}  // namespace fuzz
