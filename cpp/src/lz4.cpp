// The framing of HDF5's lz4 filter. CMake defines SIMDPREP_LZ4 where liblz4 is, which unpacks the blocks.
#include <algorithm>
#include <limits>
#include <string>

#include "simdprep/detail/foreign_codecs.hpp"
#include "simdprep/error.hpp"

#ifdef SIMDPREP_LZ4
#include <lz4.h>
#endif

namespace simdprep::detail {

#ifdef SIMDPREP_LZ4

const bool has_lz4 = true;

namespace {

[[noreturn]] void refuse(std::string_view found) {
    throw DatasetError(expected("compressed chunk", found, "blocks of lz4 that fill the chunk exactly"));
}

// Takes bytes from the front of a chunk, never more than there are.
class Front {
public:
    explicit Front(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] std::span<const std::byte> take(std::uint64_t size) {
        if (size > bytes_.size()) {
            refuse("one that ends early");
        }
        const auto taken = bytes_.first(static_cast<std::size_t>(size));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }

    // A big-endian number.
    [[nodiscard]] std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const std::byte byte : take(size)) {
            value = value << 8 | std::to_integer<std::uint64_t>(byte);
        }
        return value;
    }

    [[nodiscard]] bool empty() const { return bytes_.empty(); }

private:
    std::span<const std::byte> bytes_;
};

void unpack(std::span<const std::byte> in, std::span<std::byte> out) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());  // the library counts with int
    if (in.empty() || in.size() > most || out.size() > most) {
        refuse("a block of " + std::to_string(in.size()) + " bytes for " + std::to_string(out.size()));
    }
    const int size = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                         static_cast<int>(in.size()), static_cast<int>(out.size()));
    if (size < 0 || static_cast<std::size_t>(size) != out.size()) {
        refuse("damaged data");
    }
}

}  // namespace

void decompress_lz4(std::span<const std::byte> in, std::span<std::byte> out) {
    Front front(in);
    const std::uint64_t total = front.number(8);
    const std::uint64_t block_size = front.number(4);
    if (total != out.size()) {
        refuse(std::to_string(total) + " bytes");
    }
    if (block_size == 0 && total > 0) {
        refuse("blocks of no bytes");
    }
    while (!out.empty()) {
        const auto block = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(block_size, out.size())));
        const auto stored = front.take(front.number(4));
        if (stored.size() == block.size()) {
            std::ranges::copy(stored, block.begin());
        } else {
            unpack(stored, block);
        }
        out = out.subspan(block.size());
    }
    if (!front.empty()) {
        refuse("bytes behind the last block");
    }
}

#else

const bool has_lz4 = false;

void decompress_lz4(std::span<const std::byte>, std::span<std::byte>) {
    throw DatasetError(expected("filters", "lz4", "those of this build"), "",
                       "building simdprep again after apt-get install liblz4-dev");
}

#endif

}  // namespace simdprep::detail
