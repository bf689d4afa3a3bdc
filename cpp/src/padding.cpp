#include "simdprep/detail/padding.hpp"

#include <algorithm>
#include <cstring>

#include "simdprep/detail/slots.hpp"
#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

// Bytes a thread writes before it takes the next lists: its offsets are still near when the mask follows the values.
constexpr std::uint64_t task_bytes = std::uint64_t{256} << 10;

// Calls body with a pointer type of the element size, so that copies and fills are single moves.
template <typename Body>
void with_size(std::size_t size, Body&& body) {
    switch (size) {
        case 1: return body(std::uint8_t{});
        case 2: return body(std::uint16_t{});
        case 4: return body(std::uint32_t{});
        case 8: return body(std::uint64_t{});
        default: throw InternalError("element size " + std::to_string(size));
    }
}

template <typename T>
T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
}

template <typename T>
void store(std::byte* at, T value) {
    std::memcpy(at, &value, sizeof(T));
}

// Places of one member of a dataset, `stride` apart. A stride of the value's own size means that
// they lie side by side, which compilers turn into vector moves.
template <typename T>
struct Places {
    std::byte* at;
    std::size_t stride;
    T fill;

    [[nodiscard]] bool dense() const { return stride == sizeof(T); }

    void copy(const std::byte* from, std::uint64_t count) {
        if (dense()) {
            std::memcpy(at, from, count * sizeof(T));
            at += count * sizeof(T);
            return;
        }
        for (std::uint64_t entry = 0; entry < count; ++entry, at += stride) store(at, load<T>(from + entry * sizeof(T)));
    }
    void repeat(T value, std::uint64_t count) {
        if (dense()) {
            for (std::uint64_t entry = 0; entry < count; ++entry) store(at + entry * sizeof(T), value);
            at += count * sizeof(T);
            return;
        }
        for (std::uint64_t entry = 0; entry < count; ++entry, at += stride) store(at, value);
    }
    void blank(std::uint64_t count) { repeat(fill, count); }
};

// Calls body(offsets, lists) for runs of lists of a padded object that the rows hold side by side, and blank()
// for the slots of parents that are not there.
template <typename Body, typename Blank>
void for_each_run(const Schema& schema, std::size_t index, const Batch& batch, std::uint64_t begin, std::uint64_t end,
                  Body&& body, Blank&& blank) {
    const std::int64_t* offsets = batch.objects[index].offsets;
    const auto parent = schema.list_parent(index);
    if (!parent) return body(offsets + begin, end - begin);
    const std::int64_t* outer = batch.objects[*parent].offsets;
    const std::uint64_t slots = *schema.objects()[*parent].pad;
    for (std::uint64_t row = begin; row < end; ++row) {
        const std::uint64_t kept = std::min(static_cast<std::uint64_t>(outer[row + 1] - outer[row]), slots);
        if (kept > 0) body(offsets + outer[row], kept);
        if (kept < slots) blank(slots - kept);
    }
}

// Calls body(first item, number of items) for every list, and blank() as for_each_run().
template <typename Body, typename Blank>
void for_each_list(const Schema& schema, std::size_t index, const Batch& batch, std::uint64_t begin, std::uint64_t end,
                   Body&& body, Blank&& blank) {
    for_each_run(
        schema, index, batch, begin, end,
        [&](const std::int64_t* offsets, std::uint64_t lists) {
            for (std::uint64_t list = 0; list < lists; ++list) body(offsets[list], offsets[list + 1] - offsets[list]);
        },
        blank);
}

struct Task {
    const Schema& schema;
    const DatasetDescription& dataset;
    const Member& member;
    const Batch& batch;
    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t first_event;
};

template <typename T>
void pad_field(const Task& task, Places<T> places) {
    const ObjectSpec& object = task.schema.objects()[task.member.object];
    const std::byte* content = task.batch.objects[task.member.object].fields[task.member.field];
    if (!object.is_list()) return places.copy(content + task.begin * sizeof(T), task.end - task.begin);
    const std::uint64_t pad = *object.pad;
    if (places.dense()) {
        const Slots slots{pad, sizeof(T), task.member.fill.data()};
        return for_each_run(
            task.schema, task.member.object, task.batch, task.begin, task.end,
            [&](const std::int64_t* offsets, std::uint64_t lists) {
                write_slots(content, offsets, lists, slots, places.at);
                places.at += lists * pad * sizeof(T);
            },
            [&](std::uint64_t parents) { places.blank(parents * pad); });
    }
    for_each_list(
        task.schema, task.member.object, task.batch, task.begin, task.end,
        [&](std::int64_t first, std::int64_t count) {
            const std::uint64_t kept = std::min(static_cast<std::uint64_t>(count), pad);
            places.copy(content + static_cast<std::uint64_t>(first) * sizeof(T), kept);
            places.blank(pad - kept);
        },
        [&](std::uint64_t parents) { places.blank(parents * pad); });
}

void pad_valid(const Task& task, Places<std::uint8_t> places) {
    const std::uint64_t pad = *task.schema.objects()[task.member.object].pad;
    if (places.dense())
        return for_each_run(
            task.schema, task.member.object, task.batch, task.begin, task.end,
            [&](const std::int64_t* offsets, std::uint64_t lists) {
                write_valid(offsets, lists, pad, reinterpret_cast<std::uint8_t*>(places.at));
                places.at += lists * pad;
            },
            [&](std::uint64_t parents) { places.repeat(0, parents * pad); });
    for_each_list(
        task.schema, task.member.object, task.batch, task.begin, task.end,
        [&](std::int64_t, std::int64_t count) {
            const std::uint64_t kept = std::min(static_cast<std::uint64_t>(count), pad);
            places.repeat(1, kept);
            places.repeat(0, pad - kept);
        },
        [&](std::uint64_t parents) { places.repeat(0, parents * pad); });
}

void pad_count(const Task& task, Places<std::uint32_t> places) {
    for_each_list(
        task.schema, task.member.object, task.batch, task.begin, task.end,
        [&](std::int64_t, std::int64_t count) { places.repeat(static_cast<std::uint32_t>(count), 1); },
        [&](std::uint64_t parents) { places.repeat(0, parents); });
}

// Calls body(event, rows of it) for the events whose rows lie in [begin, end).
template <typename Body>
void for_each_event(const Task& task, Body&& body) {
    const std::int64_t* offsets = task.batch.event_offsets(task.schema);
    const std::int64_t* stop = offsets + task.batch.num_events + 1;
    auto event = static_cast<std::uint64_t>(std::upper_bound(offsets, stop, static_cast<std::int64_t>(task.begin)) - offsets - 1);
    for (std::uint64_t row = task.begin; row < task.end; ++event) {
        const std::uint64_t last = std::min(static_cast<std::uint64_t>(offsets[event + 1]), task.end);
        if (last > row) body(event, last - row);
        row = std::max(row, last);
    }
}

template <typename T>
void repeat_event_field(const Task& task, Places<T> places) {
    const std::byte* content = task.batch.objects[task.member.object].fields[task.member.field];
    for_each_event(task, [&](std::uint64_t event, std::uint64_t rows) {
        places.repeat(load<T>(content + event * sizeof(T)), rows);
    });
}

void pad_member(const Task& task, std::byte* out) {
    with_size(size_of(task.member.dtype), [&](auto zero) {
        using T = decltype(zero);
        Places<T> places{out + task.member.offset, task.dataset.item_bytes, load<T>(task.member.fill.data())};
        switch (task.member.origin) {
            case Origin::field: return pad_field(task, places);
            case Origin::event_field: return repeat_event_field(task, places);
            case Origin::valid:
                if constexpr (sizeof(T) == 1) return pad_valid(task, places);
                break;
            case Origin::count:
                if constexpr (sizeof(T) == 4) return pad_count(task, places);
                break;
            case Origin::event_index:
                if constexpr (sizeof(T) == 8)
                    return for_each_event(task, [&](std::uint64_t event, std::uint64_t rows) {
                        places.repeat(task.first_event + event, rows);
                    });
                break;
            case Origin::offsets: break;
        }
        throw InternalError("a member that is not on the row axis");
    });
}

}  // namespace

void pad_rows(const Schema& schema, const DatasetDescription& dataset, const Batch& batch, std::uint64_t begin,
              std::uint64_t end, std::uint64_t first_event, std::byte* out) {
    for (const Member& member : dataset.members)
        pad_member(Task{schema, dataset, member, batch, begin, end, first_event}, out);
}

std::uint64_t count_truncated(const Schema& schema, std::size_t index, const Batch& batch, std::uint64_t begin,
                              std::uint64_t end) {
    const ObjectSpec& object = schema.objects()[index];
    if (object.level != Level::padded) return 0;
    std::uint64_t stored = 0;
    for_each_list(
        schema, index, batch, begin, end,
        [&](std::int64_t, std::int64_t count) { stored += std::min(static_cast<std::uint64_t>(count), *object.pad); },
        [](std::uint64_t) {});
    const std::int64_t* offsets = batch.objects[index].offsets;
    const auto parent = schema.list_parent(index);
    const std::int64_t* outer = parent ? batch.objects[*parent].offsets : nullptr;
    const std::int64_t first = outer ? outer[begin] : static_cast<std::int64_t>(begin);
    const std::int64_t last = outer ? outer[end] : static_cast<std::int64_t>(end);
    return static_cast<std::uint64_t>(offsets[last] - offsets[first]) - stored;
}

void pad_lists(ThreadPool& pool, const std::byte* content, const std::int64_t* offsets, std::uint64_t lists,
               const Slots& slots, std::byte* values, std::uint8_t* valid) {
    const std::uint64_t list_bytes = std::max<std::uint64_t>(1, slots.pad * (slots.size + 1));
    const std::uint64_t share = (lists + pool.size() - 1) / pool.size();
    const std::uint64_t step = std::clamp<std::uint64_t>(task_bytes / list_bytes, 1, std::max<std::uint64_t>(1, share));
    pool.parallel_for((lists + step - 1) / step, [&](std::size_t task) {
        const std::uint64_t begin = task * step;
        const std::uint64_t count = std::min(step, lists - begin);
        write_slots(content, offsets + begin, count, slots, values + begin * slots.pad * slots.size);
        write_valid(offsets + begin, count, slots.pad, valid + begin * slots.pad);
    });
}

}  // namespace simdprep::detail
