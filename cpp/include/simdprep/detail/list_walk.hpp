// ListWalk: one fill. Goes through the lists of an event, sorts and selects, and hands the objects to the columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "simdprep/columns.hpp"
#include "simdprep/detail/event_buffer.hpp"
#include "simdprep/detail/object_access.hpp"

namespace simdprep::detail {

// Changes the positions of the entries of one list: sorts them, or removes some.
template <class T>
using Arrange = std::function<void(std::span<const T* const> objects, std::vector<std::uint32_t>& positions)>;

// What is done with the objects of a dataset, the same for every thread that fills it.
template <class T>
struct Recipe {
    Columns<T> columns;
    Arrange<T> select;  // empty for none
    Arrange<T> order;
};

// Memory that is kept from fill to fill.
template <class T>
struct WalkSpace {
    std::vector<const T*> objects;
    std::deque<T> copies;
    std::vector<std::uint32_t> positions;
    std::vector<const T*> arranged;
};

[[noreturn]] void throw_null(const std::string& object, std::size_t entry);
// Why nested lists cannot follow the order and selection of what they hang on; kept for the end of the event.
void note_outer_mismatch(ObjectRecord& record, const std::string& parent, std::uint64_t got, std::uint64_t wanted);
void note_unfilled_parent(ObjectRecord& record, const std::string& parent);

template <class T>
class ListWalk {
public:
    ListWalk(EventBuffer& buffer, std::size_t object, const Recipe<T>& recipe, WalkSpace<T>& space)
        : buffer_(buffer), record_(buffer.record(object)), plan_(*record_.plan), recipe_(recipe), space_(space) {
        space_.objects.clear();
        if (!space_.copies.empty()) space_.copies.clear();
    }

    // `by_row`: data of one row only, one list less than the object has.
    template <class Data>
    std::uint64_t run(Data&& data, bool by_row) {
        constexpr std::size_t depth = depth_of<T, std::remove_reference_t<Data>>();
        if (by_row) {
            std::vector<std::uint64_t>& rows = record_.lists[0];
            if (rows.empty()) rows.push_back(0);
            ++rows.front();
        }
        const std::size_t level = by_row ? 1 : 0;
        if constexpr (depth == 0) take(std::forward<Data>(data));
        else walk<depth>(data, level);
        flush();
        return appended_;
    }

private:
    // A range of lists at `level`, which is a list of the ancestor of that level.
    template <std::size_t depth, class Range>
    void walk(Range& given, std::size_t level) {
        auto&& range = as_range(given);
        if constexpr (depth == 1) {
            innermost(range, level);
        } else {
            constexpr bool temporary = !std::is_lvalue_reference_v<RangeReference<Range>>;
            const ObjectRecord& outer = buffer_.record(plan_.chain[level]);
            const std::size_t number = record_.lists[level].size();
            if (outer.plan->arranged) {
                walk_arranged<depth, temporary>(range, level, outer, number);
                return;
            }
            std::uint64_t count = 0;
            for (auto&& inner : range) {
                descend<depth, temporary>(inner, level);
                ++count;
            }
            record_.lists[level].push_back(count);
        }
    }

    // In the order in which the entries that these lists hang on are stored.
    template <std::size_t depth, bool temporary, class Range>
    void walk_arranged(Range& range, std::size_t level, const ObjectRecord& outer, std::size_t number) {
        std::vector<std::ranges::iterator_t<Range>> places;
        for (auto place = std::ranges::begin(range); place != std::ranges::end(range); ++place) places.push_back(place);
        if (number >= outer.given.size()) {
            note_unfilled_parent(record_, outer.plan->name);
            return;
        }
        if (places.size() != outer.given[number]) {
            note_outer_mismatch(record_, outer.plan->name, places.size(), outer.given[number]);
            return;
        }
        const std::uint64_t kept = outer.lists[level][number];
        for (std::uint64_t entry = 0; entry < kept; ++entry) {
            auto&& inner = *places[outer.positions[outer.begins[number] + entry]];
            descend<depth, temporary>(inner, level);
        }
        record_.lists[level].push_back(kept);
    }

    template <std::size_t depth, bool temporary, class Inner>
    void descend(Inner& inner, std::size_t level) {
        walk<depth - 1>(inner, level + 1);
        if constexpr (temporary) flush();  // what it holds may be gone with it
    }

    template <class Range>
    void innermost(Range& range, std::size_t level) {
        const std::size_t begin = space_.objects.size();
        for (auto&& element : range) take(std::forward<decltype(element)>(element));
        std::size_t count = space_.objects.size() - begin;
        if (plan_.arranged) count = arrange(begin);
        record_.lists[level].push_back(count);
    }

    template <class E>
    void take(E&& element) {
        const T* object = object_at<T, E>(std::forward<E>(element), space_.copies);
        if (object == nullptr) throw_null(plan_.name, space_.objects.size());
        space_.objects.push_back(object);
    }

    // Sorts and selects the objects from `begin` on; returns how many stay.
    std::size_t arrange(std::size_t begin) {
        const std::span<const T* const> list(space_.objects.data() + begin, space_.objects.size() - begin);
        std::vector<std::uint32_t>& positions = space_.positions;
        positions.resize(list.size());
        std::iota(positions.begin(), positions.end(), std::uint32_t{0});
        if (recipe_.select) recipe_.select(list, positions);
        if (recipe_.order) recipe_.order(list, positions);
        record_.given.push_back(list.size());
        record_.begins.push_back(record_.positions.size());
        record_.positions.insert(record_.positions.end(), positions.begin(), positions.end());
        space_.arranged.clear();
        for (const std::uint32_t position : positions) space_.arranged.push_back(list[position]);
        space_.objects.resize(begin);
        space_.objects.insert(space_.objects.end(), space_.arranged.begin(), space_.arranged.end());
        return positions.size();
    }

    void flush() {
        const std::span<const T* const> objects(space_.objects);
        std::size_t field = 0;
        for (const auto& column : recipe_.columns.columns()) {
            column->append(objects, record_.columns.data() + field, record_.new_missing.data() + field, plan_.name);
            field += column->fields().size();
        }
        appended_ += objects.size();
        space_.objects.clear();
    }

    EventBuffer& buffer_;
    ObjectRecord& record_;
    const ObjectPlan& plan_;
    const Recipe<T>& recipe_;
    WalkSpace<T>& space_;
    std::uint64_t appended_ = 0;
};

}  // namespace simdprep::detail
