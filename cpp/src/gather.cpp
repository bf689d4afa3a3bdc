#include "simdprep/detail/gather.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

#include "simdprep/detail/half.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Bytes a thread writes before it takes the next rows: long enough to hide the taking of turns.
constexpr std::size_t task_bytes = std::size_t{128} << 10;

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

template <typename To, typename Visit>
auto with_source(DType dtype, Visit&& visit) {
    switch (dtype) {
        case DType::boolean: return visit(Bool{}, To{});
        case DType::int8: return visit(std::int8_t{}, To{});
        case DType::int16: return visit(std::int16_t{}, To{});
        case DType::int32: return visit(std::int32_t{}, To{});
        case DType::int64: return visit(std::int64_t{}, To{});
        case DType::uint8: return visit(std::uint8_t{}, To{});
        case DType::uint16: return visit(std::uint16_t{}, To{});
        case DType::uint32: return visit(std::uint32_t{}, To{});
        case DType::uint64: return visit(std::uint64_t{}, To{});
        case DType::float16: return visit(Half{}, To{});
        case DType::float32: return visit(float{}, To{});
        case DType::float64: return visit(double{}, To{});
    }
    throw InternalError("an unknown dtype");
}

const std::byte* at(const SlotView& view, std::uint64_t row, std::uint64_t outer) {
    return view.data + static_cast<std::ptrdiff_t>(row) * view.row + static_cast<std::ptrdiff_t>(outer) * view.outer;
}

}  // namespace

// The entries of one list: of outer slot `outer` of row `row`, or of a content from `row` on.
struct Gather::List {
    std::uint64_t row;
    std::uint64_t outer;
    std::uint64_t count;

    [[nodiscard]] const std::byte* begin(const GatherBlock& block, const SlotView& view) const {
        if (block.offsets != nullptr) return view.data + static_cast<std::ptrdiff_t>(row) * view.inner;
        return at(view, row, outer);
    }
};

Gather::Copy Gather::copy_for(DType from, DType to) {
    const auto visit = [](auto source, auto target) -> Copy { return &copy<decltype(source), decltype(target)>; };
    switch (to) {
        case DType::float16: return with_source<Half>(from, visit);
        case DType::float32: return with_source<float>(from, visit);
        case DType::float64: return with_source<double>(from, visit);
        default: throw InternalError("batches of dtype " + std::string(name_of(to)));
    }
}

Gather::Gather(const std::vector<DType>& dtypes, std::vector<GatherBlock> blocks, std::uint64_t outer,
               std::uint64_t inner, DType out)
    : blocks_(std::move(blocks)), outer_(outer), inner_(inner), item_bytes_(size_of(out)) {
    for (const DType dtype : dtypes) copies_.push_back(copy_for(dtype, out));
    starts_.push_back(0);
    for (const GatherBlock& block : blocks_) {
        if (block.fields.size() != copies_.size()) throw InternalError("a block lacks fields");
        starts_.push_back(starts_.back() + block.rows);
    }
}

void Gather::take(ThreadPool& pool, std::span<const std::int64_t> rows, std::byte* values,
                  std::uint8_t* valid) const {
    for (const std::int64_t row : rows)
        if (row < -1 || (row >= 0 && static_cast<std::uint64_t>(row) >= num_rows()))
            throw InternalError("a row outside of the decoded blocks");
    const std::size_t slots = outer_ * inner_;
    const std::size_t row_bytes = slots * copies_.size() * item_bytes_;
    const std::size_t step = std::max<std::size_t>(1, task_bytes / std::max<std::size_t>(1, row_bytes));
    pool.parallel_for((rows.size() + step - 1) / step, [&](std::size_t task) {
        const std::size_t end = std::min(rows.size(), (task + 1) * step);
        for (std::size_t entry = task * step; entry < end; ++entry)
            take_row(rows[entry], values + entry * row_bytes, valid == nullptr ? nullptr : valid + entry * slots);
    });
}

void Gather::take_row(std::int64_t row, std::byte* values, std::uint8_t* valid) const {
    const std::size_t list_bytes = inner_ * copies_.size() * item_bytes_;
    std::uint64_t written = 0;  // outer slots
    if (row >= 0) {
        const auto number = static_cast<std::uint64_t>(row);
        const auto after = std::upper_bound(starts_.begin(), starts_.end(), number);
        const auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
        const GatherBlock& block = blocks_[index];
        const std::uint64_t local = number - starts_[index];
        const auto list_at = [&](std::uint64_t outer) {
            take_list(block, List{local, outer, std::min(block.inner, inner_)}, values + outer * list_bytes,
                      valid == nullptr ? nullptr : valid + outer * inner_);
        };
        const auto content_at = [&](std::uint64_t outer, std::int64_t first, std::int64_t last) {
            const std::uint64_t count = std::min(static_cast<std::uint64_t>(last - first), inner_);
            take_list(block, List{static_cast<std::uint64_t>(first), 0, count}, values + outer * list_bytes,
                      valid == nullptr ? nullptr : valid + outer * inner_);
        };
        if (block.offsets == nullptr) {
            for (; written < std::min(block.outer, outer_); ++written) list_at(written);
        } else if (block.inner_offsets == nullptr) {
            content_at(written++, block.offsets[local], block.offsets[local + 1]);
        } else {
            const std::int64_t* bounds = block.inner_offsets + block.offsets[local];
            const auto lists = static_cast<std::uint64_t>(block.offsets[local + 1] - block.offsets[local]);
            for (; written < std::min(lists, outer_); ++written)
                content_at(written, bounds[written], bounds[written + 1]);
        }
    }
    std::memset(values + written * list_bytes, 0, (outer_ - written) * list_bytes);
    if (valid != nullptr) std::memset(valid + written * inner_, 0, (outer_ - written) * inner_);
}

void Gather::take_list(const GatherBlock& block, const List& list, std::byte* values, std::uint8_t* valid) const {
    const std::size_t slot_bytes = copies_.size() * item_bytes_;
    const std::byte* mask = block.valid.data == nullptr ? nullptr : list.begin(block, block.valid);
    const auto valid_at = [&](std::uint64_t slot) {
        return mask == nullptr || mask[static_cast<std::ptrdiff_t>(slot) * block.valid.inner] != std::byte{0};
    };
    std::uint64_t end = list.count;  // behind the last valid slot
    while (end > 0 && !valid_at(end - 1)) --end;
    std::uint64_t first = mask == nullptr ? end : 0;  // the run of valid slots at the start
    while (first < end && valid_at(first)) ++first;
    std::memset(values + first * slot_bytes, 0, (inner_ - first) * slot_bytes);
    if (valid != nullptr) {
        std::memset(valid, 1, first);
        std::memset(valid + first, 0, inner_ - first);
    }
    const auto copy_run = [&](std::uint64_t start, std::uint64_t count) {
        for (std::size_t field = 0; field < copies_.size(); ++field) {
            const SlotView& view = block.fields[field];
            copies_[field](list.begin(block, view) + static_cast<std::ptrdiff_t>(start) * view.inner, view.inner, count,
                           values + start * slot_bytes + field * item_bytes_, slot_bytes);
        }
    };
    copy_run(0, first);
    for (std::uint64_t slot = first; slot < end; ++slot) {  // files of ours have no valid entries behind a hole
        if (!valid_at(slot)) continue;
        copy_run(slot, 1);
        if (valid != nullptr) valid[slot] = 1;
    }
}

}  // namespace simdprep::detail
