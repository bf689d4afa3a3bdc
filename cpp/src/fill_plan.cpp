#include "simdprep/detail/fill_plan.hpp"

#include <algorithm>
#include <utility>

#include "simdprep/error.hpp"

namespace simdprep::detail {
namespace {

std::string place(const ObjectDeclaration& declared) { return "object " + declared.name; }

}  // namespace

Compression compression_from(const std::string& text) {
    if (text == "none") return {Codec::none, std::nullopt};
    if (text == "gzip") return {Codec::gzip, std::nullopt};
    if (text.size() == 6 && text.starts_with("gzip:") && text[5] >= '1' && text[5] <= '9') return {Codec::gzip, text[5] - '0'};
    throw SchemaError(expected("compression", "'" + text + "'", "gzip, gzip:1 to gzip:9, or none"));
}

// Lists between a row and an entry.
std::size_t Declarations::levels(const ObjectDeclaration& declared) const {
    if (declared.is_rows || (declared.lengths.empty() && !declared.ragged)) return 0;
    const bool nested = declared.parent && !objects_.at(*declared.parent).is_rows;
    return nested ? 2 : std::max<std::size_t>(declared.lengths.size(), 1);
}

bool Declarations::is_list_of_rows(const ObjectDeclaration& declared) const { return levels(declared) == 1; }

std::size_t Declarations::add(ObjectDeclaration declared) {
    for (const ObjectDeclaration& other : objects_) {
        if (other.name == declared.name)
            throw SchemaError(expected("object named twice", "'" + declared.name + "'", "distinct names"), {}, "renaming one of them");
        if (other.is_rows && declared.is_rows)
            throw SchemaError(expected("row objects", "'" + other.name + "' and '" + declared.name + "'", "one"));
    }
    check_lengths(declared);
    if (declared.arranged && levels(declared) == 0 && !declared.is_rows)
        throw SchemaError("order_by or where of an object with one entry per event: expected a list", place(declared),
                          "max_length for it");
    if (declared.lengths.size() == 2 && !declared.parent) find_parent(declared);
    objects_.push_back(std::move(declared));
    counts_of_.resize(objects_.size());
    return objects_.size() - 1;
}

void Declarations::check_lengths(const ObjectDeclaration& declared) const {
    if (declared.lengths.size() > 2)
        throw SchemaError(expected("max_length", std::to_string(declared.lengths.size()) + " levels of lists", "two at most (rank 3)"),
                          place(declared));
    for (const std::int64_t length : declared.lengths)
        if (length < 1) throw SchemaError(expected("pad", length, "a number of slots of at least 1"), place(declared));
    if (!declared.parent) return;
    if (*declared.parent >= objects_.size()) throw SchemaError("parent: got an object of another writer, expected one of this", place(declared));
    const ObjectDeclaration& parent = objects_[*declared.parent];
    if (declared.lengths.empty() && !declared.ragged)
        throw SchemaError("max_length: got none, expected one for an object with a parent", place(declared));
    if (parent.is_rows && declared.lengths.size() == 2)
        throw SchemaError(expected("max_length", "two levels of lists", "one, because '" + parent.name + "' are the rows"), place(declared));
    if (!parent.is_rows && levels(parent) == 0)
        throw SchemaError(expected("parent", "'" + parent.name + "'", "a list object, or the row object"), place(declared));
    if (levels(parent) == 2)
        throw SchemaError(expected("nesting of '" + declared.name + "' in '" + parent.name + "'", "three levels of lists",
                                   "two at most (rank 3)"), place(declared));
    const bool differs = declared.lengths.size() == 2 && !parent.lengths.empty() && declared.lengths[0] != parent.lengths[0];
    if (differs)
        throw SchemaError(expected("max_length", "{" + std::to_string(declared.lengths[0]) + ", " + std::to_string(declared.lengths[1]) + "}",
                                   std::to_string(parent.lengths[0]) + " first, the slots of its parent " + parent.name),
                          place(declared));
}

// A nested object that names no parent hangs on the one list that has as many slots, or on nothing else that is stored.
void Declarations::find_parent(ObjectDeclaration& declared) {
    std::vector<std::size_t> fitting;
    for (std::size_t object = 0; object < objects_.size(); ++object)
        if (is_list_of_rows(objects_[object]) && !counts_of_[object] && objects_[object].lengths == std::vector{declared.lengths[0]})
            fitting.push_back(object);
    for (const std::size_t object : fitting)
        if (objects_[object].arranged)
            throw SchemaError(expected("nested object without parent", "'" + declared.name + "', which may hang on '" + objects_[object].name + "'",
                                       "the parent of every nested object to be named, where entries are dropped or reordered"),
                              place(declared), ".parent in its options");
    const bool by_name = fitting.size() > 1;
    if (by_name) std::erase_if(fitting, [&](std::size_t object) { return !declared.name.starts_with(objects_[object].name); });
    if (by_name && fitting.size() != 1)
        throw SchemaError("nested object without parent: got several that it may hang on, expected one", place(declared),
                          ".parent in its options");
    if (!fitting.empty()) {
        declared.parent = fitting.front();
        return;
    }
    ObjectDeclaration outer;
    outer.name = declared.name + "_list";
    outer.lengths = {declared.lengths[0]};
    outer.ragged = declared.ragged;
    declared.parent = objects_.size();
    objects_.push_back(std::move(outer));
    counts_of_.resize(objects_.size());
    counts_of_.back() = objects_.size();
}

Schema Declarations::schema(const Compression& compression, bool counts) {
    const auto is_rows = [](const ObjectDeclaration& declared) { return declared.is_rows; };
    const auto rows = std::find_if(objects_.begin(), objects_.end(), is_rows);
    const std::string row_name = rows == objects_.end() ? std::string(events_name) : rows->name;
    const bool has_events = std::any_of(objects_.begin(), objects_.end(),
                                        [](const ObjectDeclaration& declared) { return declared.name == events_name; });
    if (rows != objects_.end() && !has_events) {
        ObjectDeclaration events;
        events.name = std::string(events_name);
        events.automatic = true;
        counts_of_.resize(objects_.size() + 1);
        objects_.push_back(std::move(events));
    }
    std::vector<ObjectSpec> specs;
    for (const ObjectDeclaration& declared : objects_) {
        const bool list = levels(declared) > 0;
        const bool above_rows = row_name != events_name && !declared.is_rows && declared.name == events_name;
        Level level = above_rows ? Level::event : Level::row;
        if (list) level = declared.ragged || layout_ == Layout::ragged ? Level::ragged : Level::padded;
        std::string parent;
        if (list) parent = declared.parent ? objects_[*declared.parent].name : row_name;
        std::optional<std::uint64_t> pad;
        if (list && !declared.lengths.empty()) pad = static_cast<std::uint64_t>(declared.lengths.back());
        specs.push_back({declared.name, level, std::move(parent), pad, declared.order, false, declared.fields});
    }
    return Schema(std::move(specs), row_name, layout_, compression.codec, compression.level, counts);
}

FillPlan Declarations::plan(const Schema& schema) const {
    FillPlan plan;
    if (!schema.rows_are_events()) plan.rows = schema.find(schema.rows());
    for (std::size_t object = 0; object < objects_.size(); ++object) {
        const ObjectDeclaration& declared = objects_[object];
        ObjectPlan added;
        added.name = declared.name;
        added.is_rows = declared.is_rows;
        added.is_automatic = declared.automatic;
        added.arranged = declared.arranged;
        added.counts_of = counts_of_[object];
        const bool padded = schema.objects()[object].level == Level::padded;
        if (padded) added.slots = *schema.objects()[object].pad;
        if (plan.rows && levels(declared) > 0) added.chain.push_back(*plan.rows);
        if (const auto parent = schema.list_parent(object)) added.chain.push_back(*parent);
        if (levels(declared) > 0 || declared.is_rows) added.chain.push_back(object);
        added.rank = added.chain.size();
        for (const Field& field : declared.fields) {
            added.field_bytes.push_back(size_of(field.dtype));
            added.item_bytes += size_of(field.dtype);
        }
        plan.objects.push_back(std::move(added));
    }
    return plan;
}

}  // namespace simdprep::detail
