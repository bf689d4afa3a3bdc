// The byte transformations of HDF5's filters shuffle, deflate and fletcher32, without HDF5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace simdprep::detail {

// Byte b of element i of `in` becomes byte b * count + i of `out`. Both hold count * element_size bytes
// and do not overlap; bytes behind the last whole element are the caller's.
void shuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t element_size);

// The inverse of shuffle().
void unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t element_size);

// The most bytes that compress() can make of `size` bytes, whatever the level.
[[nodiscard]] std::size_t deflate_bound(std::size_t size);

// A reusable compressor to zlib format. Not to be shared between threads.
class Deflater {
public:
    // `level` 1 (fast) to 9 (small); InternalError outside of it.
    explicit Deflater(int level);
    ~Deflater();
    Deflater(Deflater&& other) noexcept;
    Deflater& operator=(Deflater&& other) noexcept;

    // Returns the number of bytes written to `out`, or 0 if they do not fit there.
    [[nodiscard]] std::size_t compress(std::span<const std::byte> in, std::span<std::byte> out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The compressor of a level that is kept for this thread.
[[nodiscard]] Deflater& deflater(int level);

// Decompresses a zlib stream. DatasetError unless it is sound and fills `out` exactly.
void inflate(std::span<const std::byte> in, std::span<std::byte> out);

// Name and version of the deflate library in use, such as "libdeflate 1.14".
[[nodiscard]] std::string_view deflate_backend();

// HDF5's checksum: Fletcher's over big-endian 16-bit words, an odd last byte counting as the high one.
[[nodiscard]] std::uint32_t fletcher32(std::span<const std::byte> bytes);

}  // namespace simdprep::detail
