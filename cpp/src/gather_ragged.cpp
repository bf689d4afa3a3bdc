#include "simdprep/detail/gather_ragged.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Bytes a thread writes before it takes the next rows: long enough to hide the taking of turns.
constexpr std::size_t task_bytes = std::size_t{128} << 10;

// How far ahead it is fetched from memory where rows lie, if nothing else is read of them: enough to have a fetch
// under way in every buffer that the processor has for them.
constexpr std::size_t offsets_ahead = 16;

// Calls body(entry) for 0 ... rows.size() - 1, in runs that write about task_bytes each.
template <typename Body>
void for_rows(ThreadPool& pool, const PackedRows& packed, std::span<const std::int64_t> rows, std::size_t bytes_each,
              const Body& body) {
    const std::uint64_t step = std::max<std::uint64_t>(1, task_bytes / std::max<std::size_t>(1, bytes_each));
    pool.parallel_for((rows.size() + step - 1) / step, [&](std::size_t task) {
        const std::uint64_t end = std::min<std::uint64_t>(rows.size(), (task + 1) * step);
        for (std::uint64_t entry = task * step; entry < end; ++entry) {
            packed.prefetch(rows.first(end), entry);
            body(entry);
        }
    });
}

template <typename Value>
void turn(const std::byte* items, std::uint64_t count, std::uint64_t fields, std::byte* to, std::size_t field_bytes) {
    for (std::uint64_t field = 0; field < fields; ++field) {
        const std::byte* from = items + field * sizeof(Value);
        std::byte* out = to + field * field_bytes;
        for (std::uint64_t slot = 0; slot < count; ++slot)
            std::memcpy(out + slot * sizeof(Value), from + slot * fields * sizeof(Value), sizeof(Value));
    }
}

using Turn = void (*)(const std::byte*, std::uint64_t, std::uint64_t, std::byte*, std::size_t);

Turn turn_for(std::size_t value_bytes) {
    switch (value_bytes) {
        case 2: return &turn<std::uint16_t>;
        case 4: return &turn<std::uint32_t>;
        case 8: return &turn<std::uint64_t>;
        default: throw InternalError("values of an unknown size");
    }
}

// The items of one list, (count, fields), to slots (fields, inner); those behind them are zero.
class ListTurner {
public:
    explicit ListTurner(const FieldsFirst& shape)
        : shape_(shape), turn_(turn_for(shape.value_bytes)), field_bytes_(shape.outer * shape.inner * shape.value_bytes) {}

    void write(const std::byte* items, std::uint64_t count, std::byte* to, std::uint8_t* valid) const {
        turn_(items, count, shape_.fields, to, field_bytes_);
        const std::size_t used = count * shape_.value_bytes;
        for (std::uint64_t field = 0; field < shape_.fields; ++field)
            std::memset(to + field * field_bytes_ + used, 0, shape_.inner * shape_.value_bytes - used);
        std::memset(valid, 1, count);
        std::memset(valid + count, 0, shape_.inner - count);
    }

private:
    FieldsFirst shape_;
    Turn turn_;
    std::size_t field_bytes_;
};

}  // namespace

void ragged_offsets(const PackedRows& packed, std::span<const std::int64_t> rows, std::uint64_t most, std::int64_t* offsets) {
    packed.check(rows);
    std::int64_t total = 0;
    offsets[0] = 0;
    for (std::size_t entry = 0; entry < rows.size(); ++entry) {
        if (entry + offsets_ahead < rows.size()) packed.prefetch_offsets(rows[entry + offsets_ahead]);
        if (rows[entry] >= 0) {
            const auto [block, local] = packed.find(rows[entry]);
            const auto [first, last] = packed.entries(*block, local);
            total += static_cast<std::int64_t>(std::min(static_cast<std::uint64_t>(last - first), most));
        }
        offsets[entry + 1] = total;
    }
}

void ragged_inner_offsets(const PackedRows& packed, std::span<const std::int64_t> rows,
                          std::span<const std::int64_t> offsets, std::uint64_t most, std::int64_t* inner_offsets) {
    std::int64_t total = 0;
    inner_offsets[0] = 0;
    for (std::size_t entry = 0; entry < rows.size(); ++entry) {
        if (offsets[entry] == offsets[entry + 1]) continue;
        const auto [block, local] = packed.find(rows[entry]);
        const std::int64_t* bounds = block->inner_offsets + packed.entries(*block, local).first - offsets[entry];
        for (std::int64_t list = offsets[entry]; list < offsets[entry + 1]; ++list) {
            const auto count = static_cast<std::uint64_t>(bounds[list + 1] - bounds[list]);
            total += static_cast<std::int64_t>(std::min(count, most));
            inner_offsets[list + 1] = total;
        }
    }
}

void take_ragged(ThreadPool& pool, const PackedRows& packed, std::span<const std::int64_t> rows,
                 std::span<const std::int64_t> offsets, const std::int64_t* inner_offsets, std::byte* items) {
    packed.check(rows);
    const std::size_t item_bytes = packed.item_bytes();
    const auto copy = [&](const PackedBlock& block, std::int64_t from, std::int64_t first, std::int64_t last) {
        if (first != last)
            std::memcpy(items + static_cast<std::size_t>(first) * item_bytes,
                        block.items + static_cast<std::size_t>(from) * item_bytes,
                        static_cast<std::size_t>(last - first) * item_bytes);
    };
    const std::int64_t total = inner_offsets == nullptr ? offsets.back() : inner_offsets[offsets.back()];
    const std::size_t bytes_each = static_cast<std::size_t>(total) * item_bytes / std::max<std::size_t>(1, rows.size());
    for_rows(pool, packed, rows, bytes_each, [&](std::uint64_t entry) {
        const std::int64_t first = offsets[entry], last = offsets[entry + 1];
        if (first == last) return;
        const auto [block, local] = packed.find(rows[entry]);
        const std::int64_t from = packed.entries(*block, local).first;
        if (inner_offsets == nullptr) return copy(*block, from, first, last);
        for (std::int64_t list = first; list < last; ++list)
            copy(*block, block->inner_offsets[from + list - first], inner_offsets[list], inner_offsets[list + 1]);
    });
}

void take_fields_first(ThreadPool& pool, const PackedRows& packed, std::span<const std::int64_t> rows,
                       const FieldsFirst& shape, std::byte* values, std::uint8_t* valid) {
    packed.check(rows);
    const ListTurner turner(shape);
    const std::uint64_t slots = shape.outer * shape.inner;
    const std::size_t row_bytes = slots * shape.fields * shape.value_bytes;
    for_rows(pool, packed, rows, row_bytes, [&](std::uint64_t entry) {
        std::uint64_t lists = 0;
        const PackedBlock* block = nullptr;
        std::int64_t first = 0, last = 0;
        if (rows[entry] >= 0) {
            const auto [found, local] = packed.find(rows[entry]);
            block = found;
            std::tie(first, last) = packed.entries(*block, local);
            lists = packed.nested() ? std::min(static_cast<std::uint64_t>(last - first), shape.outer) : 1;
        }
        for (std::uint64_t list = 0; list < shape.outer; ++list) {
            std::int64_t begin = first, end = list < lists ? last : first;
            if (packed.nested() && list < lists) {
                begin = block->inner_offsets[first + static_cast<std::int64_t>(list)];
                end = block->inner_offsets[first + static_cast<std::int64_t>(list) + 1];
            }
            const std::uint64_t count = std::min(static_cast<std::uint64_t>(end - begin), shape.inner);
            const std::byte* items = count == 0 ? nullptr : block->items + static_cast<std::size_t>(begin) * packed.item_bytes();
            turner.write(items, count, values + entry * row_bytes + list * shape.inner * shape.value_bytes,
                         valid + entry * slots + list * shape.inner);
        }
    });
}

}  // namespace simdprep::detail
