#include "simdprep/detail/gather.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <type_traits>

#include "simdprep/detail/half.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Bytes a thread writes before it takes the next rows: long enough to hide the taking of turns.
constexpr std::size_t task_bytes = std::size_t{128} << 10;

// Items that are packed field by field: few enough that what one field writes is still in the cache for the next.
constexpr std::uint64_t items_at_once = 256;

struct Half {
    std::uint16_t bits;
};
struct Bool {
    std::uint8_t byte;
};

float float_from(Half half) {
    const std::uint32_t sign = (half.bits & 0x8000U) << 16;
    const std::uint32_t magnitude = half.bits & 0x7fffU;
    if (magnitude >= 0x7c00U)  // infinity and NaN
        return std::bit_cast<float>(sign | 0x7f800000U | ((magnitude & 0x3ffU) << 13));
    if (magnitude < 0x400U) {  // zero and subnormal: a multiple of 2^-24
        const float value = static_cast<float>(magnitude) * 0x1p-24F;
        return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(value));
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
}

template <typename To, typename From>
To convert(From value) {
    if constexpr (std::is_same_v<From, To>) {
        return value;  // the bits of a NaN stay
    } else if constexpr (std::is_same_v<From, Half>) {
        return static_cast<To>(float_from(value));
    } else if constexpr (std::is_same_v<From, Bool>) {
        return convert<To>(value.byte != 0 ? 1.0F : 0.0F);
    } else if constexpr (!std::is_same_v<To, Half>) {
        return static_cast<To>(value);
    } else if constexpr (std::is_same_v<From, double>) {
        return {half_from(value)};
    } else {
        return {half_from(static_cast<float>(value))};  // integers that float rounds are beyond half anyway
    }
}

using Copy = void (*)(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to, std::size_t to_step);

template <typename From, typename To>
void copy_strided(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to, std::size_t to_step) {
    for (std::size_t slot = 0; slot < count; ++slot) {
        From value;
        std::memcpy(&value, from, sizeof(From));  // members of packed records are not aligned
        const To converted = convert<To>(value);
        std::memcpy(to, &converted, sizeof(To));
        from += step;
        to += to_step;
    }
}

// The same with the usual steps known to the compiler.
template <typename From, typename To>
void copy(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to, std::size_t to_step) {
    constexpr auto dense = static_cast<std::ptrdiff_t>(sizeof(From));
    if (step == dense && to_step == sizeof(To)) return copy_strided<From, To>(from, dense, count, to, sizeof(To));
    if (step == dense) return copy_strided<From, To>(from, dense, count, to, to_step);
    copy_strided<From, To>(from, step, count, to, to_step);
}

template <typename To>
Copy copy_to(DType from) {
    switch (from) {
        case DType::boolean: return &copy<Bool, To>;
        case DType::int8: return &copy<std::int8_t, To>;
        case DType::int16: return &copy<std::int16_t, To>;
        case DType::int32: return &copy<std::int32_t, To>;
        case DType::int64: return &copy<std::int64_t, To>;
        case DType::uint8: return &copy<std::uint8_t, To>;
        case DType::uint16: return &copy<std::uint16_t, To>;
        case DType::uint32: return &copy<std::uint32_t, To>;
        case DType::uint64: return &copy<std::uint64_t, To>;
        case DType::float16: return &copy<Half, To>;
        case DType::float32: return &copy<float, To>;
        case DType::float64: return &copy<double, To>;
    }
    throw InternalError("an unknown dtype");
}

Copy copy_for(DType from, DType to) {
    switch (to) {
        case DType::float16: return copy_to<Half>(from);
        case DType::float32: return copy_to<float>(from);
        case DType::float64: return copy_to<double>(from);
        default: throw InternalError("batches of dtype " + std::string(name_of(to)));
    }
}

// The fields with the functions that convert them, and the place of each in an item.
class Packer {
public:
    Packer(std::span<const ColumnView> fields, DType out) : fields_(fields), value_bytes_(size_of(out)) {
        for (const ColumnView& field : fields) copies_.push_back(copy_for(field.dtype, out));
    }

    [[nodiscard]] std::size_t item_bytes() const { return fields_.size() * value_bytes_; }

    void pack(std::uint64_t list, std::uint64_t slot, std::uint64_t count, std::byte* items) const {
        for (std::size_t index = 0; index < fields_.size(); ++index) {
            const ColumnView& field = fields_[index];
            const std::byte* from = field.data + static_cast<std::ptrdiff_t>(list) * field.list +
                                    static_cast<std::ptrdiff_t>(slot) * field.slot;
            copies_[index](from, field.slot, count, items + index * value_bytes_, item_bytes());
        }
    }

private:
    std::span<const ColumnView> fields_;
    std::vector<Copy> copies_;
    std::size_t value_bytes_;
};

// Calls body(begin, end) for runs of 0 ... count - 1 that write about task_bytes each.
template <typename Body>
void for_runs(ThreadPool& pool, std::uint64_t count, std::size_t bytes_each, const Body& body) {
    const std::uint64_t step = std::max<std::uint64_t>(1, task_bytes / std::max<std::size_t>(1, bytes_each));
    pool.parallel_for((count + step - 1) / step,
                      [&](std::size_t task) { body(task * step, std::min(count, (task + 1) * step)); });
}

}  // namespace

void count_valid(const ColumnView& valid, std::uint64_t lists, std::uint64_t slots, std::int64_t* offsets) {
    std::int64_t total = 0;
    offsets[0] = 0;
    for (std::uint64_t list = 0; list < lists; ++list) {
        const std::byte* mask = valid.data + static_cast<std::ptrdiff_t>(list) * valid.list;
        const auto valid_at = [&](std::uint64_t slot) {
            return mask[static_cast<std::ptrdiff_t>(slot) * valid.slot] != std::byte{0};
        };
        std::uint64_t count = 0;
        while (count < slots && valid_at(count)) ++count;
        for (std::uint64_t slot = count; slot < slots; ++slot)
            if (valid_at(slot))
                throw DatasetError(expected("valid", "an entry in slot " + std::to_string(slot) + " behind an empty slot",
                                            "valid entries first"));
        total += static_cast<std::int64_t>(count);
        offsets[list + 1] = total;
    }
}

void pack_lists(ThreadPool& pool, std::span<const ColumnView> fields, std::span<const std::int64_t> offsets, DType out,
                std::byte* items) {
    const Packer packer(fields, out);
    const std::uint64_t lists = offsets.size() - 1;
    const auto bytes = static_cast<std::size_t>(offsets[lists]) * packer.item_bytes() / std::max<std::uint64_t>(1, lists);
    for_runs(pool, lists, bytes, [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t list = begin; list < end; ++list) {
            const auto first = static_cast<std::uint64_t>(offsets[list]);
            packer.pack(list, 0, static_cast<std::uint64_t>(offsets[list + 1]) - first, items + first * packer.item_bytes());
        }
    });
}

void pack_items(ThreadPool& pool, std::span<const ColumnView> fields, std::uint64_t count, DType out, std::byte* items) {
    const Packer packer(fields, out);
    for_runs(pool, count, packer.item_bytes(), [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t first = begin; first < end; first += items_at_once)
            packer.pack(0, first, std::min(items_at_once, end - first), items + first * packer.item_bytes());
    });
}

Gather::Gather(PackedRows packed, std::uint64_t outer, std::uint64_t inner)
    : packed_(std::move(packed)), outer_(outer), inner_(inner) {}

void Gather::take(ThreadPool& pool, std::span<const std::int64_t> rows, std::byte* items, std::uint8_t* valid) const {
    packed_.check(rows);
    const std::size_t slots = outer_ * inner_;
    const std::size_t row_bytes = slots * packed_.item_bytes();
    for_runs(pool, rows.size(), row_bytes, [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t entry = begin; entry < end; ++entry) {
            packed_.prefetch(rows.first(end), entry);
            take_row(rows[entry], items + entry * row_bytes, valid + entry * slots);
        }
    });
}

void Gather::take_row(std::int64_t row, std::byte* items, std::uint8_t* valid) const {
    const std::size_t list_bytes = inner_ * packed_.item_bytes();
    std::uint64_t written = 0;  // outer slots
    if (row >= 0) {
        const auto [block, local] = packed_.find(row);
        const auto [first, last] = packed_.entries(*block, local);
        if (block->inner_offsets == nullptr) {
            take_list(*block, first, last, items, valid);
            written = 1;
        } else {
            const std::int64_t* bounds = block->inner_offsets + first;
            const auto lists = static_cast<std::uint64_t>(last - first);
            for (; written < std::min(lists, outer_); ++written)
                take_list(*block, bounds[written], bounds[written + 1], items + written * list_bytes,
                          valid + written * inner_);
        }
    }
    std::memset(items + written * list_bytes, 0, (outer_ - written) * list_bytes);
    std::memset(valid + written * inner_, 0, (outer_ - written) * inner_);
}

void Gather::take_list(const PackedBlock& block, std::int64_t first, std::int64_t last, std::byte* items,
                       std::uint8_t* valid) const {
    const std::size_t item_bytes = packed_.item_bytes();
    const std::size_t count = std::min(static_cast<std::uint64_t>(last - first), inner_);
    if (count != 0) std::memcpy(items, block.items + static_cast<std::size_t>(first) * item_bytes, count * item_bytes);
    std::memset(items + count * item_bytes, 0, (inner_ - count) * item_bytes);
    std::memset(valid, 1, count);
    std::memset(valid + count, 0, inner_ - count);
}

}  // namespace simdprep::detail
