// The two deflate libraries behind one face; CMake picks one and defines SIMDPREP_LIBDEFLATE if it is that.
//
// An inflater of our own for padded planes was measured: one to four streams at once, without branches, runs the only
// matches. It took 1.2 times as long as libdeflate.
#include <array>
#include <limits>
#include <new>
#include <optional>
#include <string>

#include "simdprep/detail/codec.hpp"
#include "simdprep/error.hpp"

#ifdef SIMDPREP_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

namespace simdprep::detail {
namespace {

[[noreturn]] void refuse(std::string_view found) {
    throw DatasetError(expected("compressed chunk", found, "a zlib stream that fills the chunk exactly"));
}

void check_level(int level) {
    if (level < 1 || level > 9) {
        throw InternalError(expected("deflate level", level, "1 to 9"));
    }
}

}  // namespace

#ifdef SIMDPREP_LIBDEFLATE

struct Deflater::State {
    explicit State(int level) : compressor(libdeflate_alloc_compressor(level)) {
        if (compressor == nullptr) {
            throw std::bad_alloc();
        }
    }
    ~State() { libdeflate_free_compressor(compressor); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    libdeflate_compressor* compressor;
};

std::size_t deflate_bound(std::size_t size) { return libdeflate_zlib_compress_bound(nullptr, size); }

std::size_t Deflater::compress(std::span<const std::byte> in, std::span<std::byte> out) {
    return libdeflate_zlib_compress(state_->compressor, in.data(), in.size(), out.data(), out.size());
}

void inflate(std::span<const std::byte> in, std::span<std::byte> out) {
    struct Free {
        void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
    };
    thread_local const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
    if (decompressor == nullptr) {
        throw std::bad_alloc();
    }
    // With no place for the actual size, anything but exactly out.size() bytes is an error.
    switch (libdeflate_zlib_decompress(decompressor.get(), in.data(), in.size(), out.data(), out.size(), nullptr)) {
        case LIBDEFLATE_SUCCESS: return;
        case LIBDEFLATE_SHORT_OUTPUT: refuse("too few bytes");
        case LIBDEFLATE_INSUFFICIENT_SPACE: refuse("too many bytes");
        default: refuse("damaged data");
    }
}

std::string_view deflate_backend() { return "libdeflate " LIBDEFLATE_VERSION_STRING; }

#else

namespace {

// zlib counts with 32 bits; so does HDF5 for the size of a chunk.
uInt zlib_size(std::size_t size) {
    if (size > std::numeric_limits<uInt>::max()) {
        throw InternalError(expected("bytes in a chunk", size, "less than 4 GiB"));
    }
    return static_cast<uInt>(size);
}

Bytef* bytes_of(std::span<std::byte> bytes) { return reinterpret_cast<Bytef*>(bytes.data()); }

// zlib never writes to its input, but asks for it without const.
Bytef* bytes_of(std::span<const std::byte> bytes) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

}  // namespace

struct Deflater::State {
    explicit State(int level) {
        if (deflateInit(&stream, level) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    ~State() { deflateEnd(&stream); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    z_stream stream{};
};

std::size_t deflate_bound(std::size_t size) { return compressBound(size); }

std::size_t Deflater::compress(std::span<const std::byte> in, std::span<std::byte> out) {
    z_stream& stream = state_->stream;
    deflateReset(&stream);
    stream.next_in = bytes_of(in);
    stream.avail_in = zlib_size(in.size());
    stream.next_out = bytes_of(out);
    stream.avail_out = zlib_size(out.size());
    return ::deflate(&stream, Z_FINISH) == Z_STREAM_END ? stream.total_out : 0;
}

void inflate(std::span<const std::byte> in, std::span<std::byte> out) {
    struct Inflater {
        Inflater() {
            if (inflateInit(&stream) != Z_OK) {
                throw std::bad_alloc();
            }
        }
        ~Inflater() { inflateEnd(&stream); }
        Inflater(const Inflater&) = delete;
        Inflater& operator=(const Inflater&) = delete;

        z_stream stream{};
    };
    thread_local Inflater inflater;
    z_stream& stream = inflater.stream;
    inflateReset(&stream);
    std::byte none{};  // zlib takes no null pointer, not even for no bytes
    stream.next_in = bytes_of(in);
    stream.avail_in = zlib_size(in.size());
    stream.next_out = out.empty() ? bytes_of(std::span(&none, 1)) : bytes_of(out);
    stream.avail_out = zlib_size(out.size());
    switch (::inflate(&stream, Z_FINISH)) {
        case Z_STREAM_END: break;
        case Z_BUF_ERROR: refuse(stream.avail_out == 0 ? "too many bytes" : "damaged data");
        default: refuse("damaged data");
    }
    if (stream.avail_out != 0) {
        refuse("too few bytes");
    }
}

std::string_view deflate_backend() {
    static const std::string name = std::string("zlib ") + zlibVersion();
    return name;
}
#endif

Deflater::Deflater(int level) {
    check_level(level);
    state_ = std::make_unique<State>(level);
}

Deflater& deflater(int level) {
    thread_local std::array<std::optional<Deflater>, 10> deflaters;
    check_level(level);
    auto& kept = deflaters[static_cast<std::size_t>(level)];
    if (!kept) {
        kept.emplace(level);
    }
    return *kept;
}

Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&& other) noexcept = default;
Deflater& Deflater::operator=(Deflater&& other) noexcept = default;

}  // namespace simdprep::detail
