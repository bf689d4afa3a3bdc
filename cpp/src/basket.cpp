#include "simdprep/detail/basket.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "simdprep/detail/compressor.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Of the fields of a key before its names, and of those of a basket at the end of the key.
constexpr std::size_t head_size = 18;
constexpr std::size_t tail_size = 19;
constexpr std::size_t block_head_size = 9;
// Memory is taken for so many further baskets at once.
constexpr std::size_t most_expected = 16;

[[noreturn]] void refuse(std::string_view found) {
    throw DatasetError(expected("basket", found, "one of plain numbers, or of lists of them"));
}

std::uint64_t big_endian(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (const std::byte byte : bytes) value = value << 8U | std::to_integer<std::uint64_t>(byte);
    return value;
}

// Blocks say their sizes in three bytes, lowest first.
std::size_t block_bytes(std::span<const std::byte> bytes) {
    return std::to_integer<std::size_t>(bytes[0]) | std::to_integer<std::size_t>(bytes[1]) << 8U |
           std::to_integer<std::size_t>(bytes[2]) << 16U;
}

struct Basket {
    std::span<const std::byte> stored;  // behind the key
    std::size_t unpacked;               // bytes of the data
    std::size_t border;                 // bytes of the numbers; behind them the offsets
    std::size_t key_size;
    std::size_t entries;
};

Basket parse(std::span<const std::byte> raw) {
    if (raw.size() < head_size) refuse("one that ends early");
    const std::uint64_t size = big_endian(raw.subspan(0, 4));
    const std::uint64_t unpacked = big_endian(raw.subspan(6, 4));
    const std::uint64_t key = big_endian(raw.subspan(14, 2));
    if (size != raw.size() || key < head_size + tail_size || key >= size || unpacked > INT32_MAX) refuse("another key");
    const auto tail = raw.subspan(key - tail_size, tail_size);
    const std::uint64_t entries = big_endian(tail.subspan(10, 4));
    const std::uint64_t last = big_endian(tail.subspan(14, 4));
    if (last < key || last - key > unpacked || entries > INT32_MAX) refuse("sizes that do not add up");
    return {raw.subspan(key), unpacked, last - key, key, entries};
}

Compressor compressor_of(std::span<const std::byte> head) {
    const std::string_view name(reinterpret_cast<const char*>(head.data()), 2);
    if (name == "ZL") return Compressor::deflate;
    if (name == "ZS") return Compressor::zstd;
    refuse("another compression");
}

// Memory for what is unpacked next; that of the last basket, as a rule, which is in the cache.
std::span<std::byte> room(std::vector<std::byte>& buffer, std::size_t size) {
    if (buffer.size() < size) buffer.resize(size);
    return std::span(buffer).first(size);
}

// Calls visit(compressor, stored, unpacked size) for every block; refuses those that claim what no data can hold.
template <class Visit>
void for_each_block(std::span<const std::byte> stored, Visit visit) {
    while (!stored.empty()) {
        if (stored.size() < block_head_size) refuse("a block that ends early");
        const Compressor compressor = compressor_of(stored);
        const std::size_t size = block_bytes(stored.subspan(3));
        const std::size_t unpacked = block_bytes(stored.subspan(6));
        stored = stored.subspan(block_head_size);
        if (size > stored.size() || unpacked / best_ratio(compressor) > size) refuse("a block of another size");
        visit(compressor, stored.first(size), unpacked);
        stored = stored.subspan(size);
    }
}

std::span<const std::byte> unpack(const Basket& basket, std::vector<std::byte>& buffer) {
    if (basket.stored.size() == basket.unpacked) return basket.stored;
    std::size_t total = 0;
    for_each_block(basket.stored, [&](Compressor, std::span<const std::byte>, std::size_t size) { total += size; });
    if (total != basket.unpacked) refuse("blocks of another size");
    std::span<std::byte> out = room(buffer, total);
    for_each_block(basket.stored, [&](Compressor compressor, std::span<const std::byte> stored, std::size_t size) {
        decompress(compressor, stored, out.first(size));
        out = out.subspan(size);
    });
    return std::span(buffer).first(total);
}

template <class Number>
Number swapped(Number value) {
    if constexpr (sizeof(Number) == 2) return __builtin_bswap16(value);
    if constexpr (sizeof(Number) == 4) return __builtin_bswap32(value);
    if constexpr (sizeof(Number) == 8) return __builtin_bswap64(value);
}

template <class Number>
void copy_swapped(std::span<const std::byte> from, std::byte* to) {
    for (std::size_t at = 0; at + sizeof(Number) <= from.size(); at += sizeof(Number)) {
        Number value;
        std::memcpy(&value, from.data() + at, sizeof(Number));
        value = swapped(value);
        std::memcpy(to + at, &value, sizeof(Number));
    }
}

void to_native(std::span<const std::byte> from, std::size_t number_size, std::byte* to) {
    static_assert(std::endian::native == std::endian::little);
    switch (number_size) {
        case 2: copy_swapped<std::uint16_t>(from, to); break;
        case 4: copy_swapped<std::uint32_t>(from, to); break;
        case 8: copy_swapped<std::uint64_t>(from, to); break;
        default: std::memcpy(to, from.data(), from.size());
    }
}

void read_fully(int file, std::uint64_t address, std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t size = ::pread(file, out.data(), out.size(), static_cast<off_t>(address));
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) refuse("one that cannot be read");
        out = out.subspan(static_cast<std::size_t>(size));
        address += static_cast<std::uint64_t>(size);
    }
}

// Takes the wanted entries of one basket after the other.
class Entries {
public:
    Entries(const BasketForm& form, std::size_t count) : form_(form), count_(count) {
        if (form_.is_list) {
            found_.offsets = std::make_unique_for_overwrite<std::int64_t[]>(count + 1);
            found_.offsets[0] = 0;
        } else {
            reserve(count * form_.item_size);
        }
    }

    // Entries [first, last) of a basket; `more` tells how many baskets follow that are about as large.
    void add(const Basket& basket, std::span<const std::byte> data, std::size_t first, std::size_t last, std::size_t more) {
        const auto numbers = data.first(basket.border);
        if (form_.is_list) {
            add_lists(basket, data, first, last, more);
        } else if (basket.border == basket.unpacked && numbers.size() == basket.entries * form_.item_size) {
            append(numbers.subspan(first * form_.item_size, (last - first) * form_.item_size));
            done_ += last - first;
        } else {
            refuse("entries of another size");
        }
    }

    BranchEntries finish() {
        if (done_ != count_) refuse("another number of entries");
        return std::move(found_);
    }

private:
    void add_lists(const Basket& basket, std::span<const std::byte> data, std::size_t first, std::size_t last, std::size_t more) {
        const auto offsets = data.subspan(basket.border);
        // Their number comes first; the last of them is no offset.
        if (offsets.size() != (basket.entries + 2) * 4) refuse("lists without offsets");
        const auto offset = [&](std::size_t entry) -> std::uint64_t {
            if (entry == basket.entries) return basket.border;
            const std::uint64_t place = big_endian(offsets.subspan((entry + 1) * 4, 4));
            if (place < basket.key_size || place - basket.key_size > basket.border) refuse("offsets that lead elsewhere");
            return place - basket.key_size;
        };
        const std::uint64_t begin = offset(first), end = offset(last);
        if (begin > end || (first == 0 && begin != 0)) refuse("offsets that run backwards");
        reserve(found_.size + (end - begin) + std::min(more, most_expected) * basket.border);
        std::uint64_t start = begin;
        std::int64_t items = found_.offsets[done_];
        for (std::size_t entry = first; entry < last; ++entry) {
            const std::uint64_t stop = offset(entry + 1);
            if (stop < start + form_.header_size) refuse("offsets that run backwards");
            const std::size_t bytes = stop - start - form_.header_size;
            if (bytes % form_.item_size != 0) refuse("lists of broken items");
            items += static_cast<std::int64_t>(bytes / form_.item_size);
            found_.offsets[++done_] = items;
            if (form_.header_size != 0) append(data.subspan(start + form_.header_size, bytes));
            start = stop;
        }
        if (form_.header_size == 0) append(data.subspan(begin, end - begin));
    }

    void append(std::span<const std::byte> numbers) {
        reserve(found_.size + numbers.size());
        to_native(numbers, form_.number_size, found_.numbers.get() + found_.size);
        found_.size += numbers.size();
    }

    void reserve(std::size_t size) {
        if (size <= reserved_) return;
        auto larger = std::make_unique_for_overwrite<std::byte[]>(size);
        if (found_.size != 0) std::memcpy(larger.get(), found_.numbers.get(), found_.size);
        found_.numbers = std::move(larger);
        reserved_ = size;
    }

    const BasketForm& form_;
    std::size_t count_;
    std::size_t done_ = 0;
    std::size_t reserved_ = 0;
    BranchEntries found_;
};

}  // namespace

BranchEntries read_entries(int file, std::span<const BasketPlace> baskets, const BasketForm& form, std::int64_t first,
                           std::int64_t last) {
    thread_local std::vector<std::byte> raw, unpacked;
    Entries entries(form, static_cast<std::size_t>(last - first));
    std::size_t left = baskets.size();
    for (const BasketPlace& place : baskets) {
        --left;
        if (place.size > INT32_MAX) refuse("another key");
        const std::span<std::byte> bytes = room(raw, place.size);
        read_fully(file, place.address, bytes);
        const Basket basket = parse(bytes);
        if (static_cast<std::int64_t>(basket.entries) != place.last - place.first) refuse("another number of entries");
        const std::int64_t low = std::max(first, place.first) - place.first;
        const std::int64_t high = std::min(last, place.last) - place.first;
        if (low >= high) continue;
        entries.add(basket, unpack(basket, unpacked), static_cast<std::size_t>(low), static_cast<std::size_t>(high), left);
    }
    return entries.finish();
}

}  // namespace simdprep::detail
