// Writer: fills datasets from an event loop.
//
//     simdprep::Writer out(simdprep::Hdf5Sink("out.h5"), {.threads = 4});
//     auto event_row = out.objects("events", events);
//     auto jet_rows = out.objects("jets", jets, {.max_length = 10});
//     for (const Event& event : loop) { event_row.fill(event); jet_rows.fill(event.jets); out.end_event(); }
//     out.close();
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "simdprep/columns.hpp"
#include "simdprep/detail/filler_state.hpp"
#include "simdprep/detail/list_walk.hpp"
#include "simdprep/format.hpp"
#include "simdprep/object_options.hpp"
#include "simdprep/sink.hpp"
#include "simdprep/summary.hpp"
#include "simdprep/writer_options.hpp"

namespace simdprep {

// Fills one object. A handle: copies fill the same; it belongs to one thread at a time, and must not be used once
// its writer is gone.
template <class T>
class ObjectWriter {
public:
    // An object without max_length takes one T per event. One with it takes a range of T; a nested one a range of
    // ranges, one for each entry of its parent. Row objects (Writer::rows) take the range of an event's rows, or
    // single rows one after the other; what hangs on them accordingly. T may be met by value, reference, pointer or
    // smart pointer; nothing is kept after the call. Throws SchemaError for data of another rank, a null pointer or
    // a value out of range; nothing is stored then.
    template <class Data>
    void fill(Data&& data) {
        constexpr std::size_t depth = detail::depth_of<T, std::remove_reference_t<Data>>();
        static_assert(depth != detail::no_depth,
                      "simdprep: wrong range: fill() takes what the Columns<T> of this object were made for: a T, or ranges "
                      "of T (values, references, pointers or smart pointers to T).");
        static_assert(depth == detail::no_depth || depth <= detail::max_rank,
                      "simdprep: wrong rank: fill() takes at most two ranges within each other, or three where the rows "
                      "are not events.");
        if constexpr (depth != detail::no_depth && depth <= detail::max_rank) {
            detail::EventBuffer& buffer = filler_->buffer();
            bool by_row = false;
            if (!buffer.begin_fill(object_, depth, by_row)) return;
            try {
                detail::ListWalk<T> walk(buffer, object_, *recipe_, *space_);
                buffer.commit_fill(object_, walk.run(std::forward<Data>(data), by_row), by_row);
            } catch (...) {
                buffer.undo_fill(object_);
                throw;
            }
        }
    }

    // Number of the event (or row, where rows are filled one by one) that is being filled, from 0: what another
    // object may hold as a link to it. Counted per filler where several threads fill.
    [[nodiscard]] std::uint64_t index() const { return filler_->index(object_); }
    // Slot in which the `given`-th entry of this event's list is stored, after order, selection and truncation; -1 if
    // it is not. For objects that are filled already in this event; of nested ones the list `list`.
    [[nodiscard]] std::int64_t index(std::size_t given, std::size_t list = 0) const {
        return filler_->stored_slot(object_, given, list);
    }

    [[nodiscard]] const std::string& name() const { return filler_->name(object_); }

private:
    friend class Writer;
    friend class Filler;
    friend class ParentObject;

    ObjectWriter(std::shared_ptr<detail::FillerState> filler, std::size_t object,
                 std::shared_ptr<const detail::Recipe<T>> recipe)
        : filler_(std::move(filler)), object_(object), recipe_(std::move(recipe)),
          space_(std::make_shared<detail::WalkSpace<T>>()) {}

    std::shared_ptr<detail::FillerState> filler_;
    std::size_t object_;
    std::shared_ptr<const detail::Recipe<T>> recipe_;
    std::shared_ptr<detail::WalkSpace<T>> space_;
};

// Fills events from one of several threads. Each thread has one, with handles of its own:
//
//     simdprep::Filler mine = out.filler();              // in the thread
//     auto jet_rows = mine.of(shared_jet_rows);
//     jet_rows.fill(event.jets); mine.end_event();       // in any order, or ...
//     mine.end_event(number);                            // ... in that of the numbers, whatever thread they come from
//
// With numbers the dataset, and its bytes, are those of one thread that fills in this order. Every number from 0 on
// must be ended or skipped, and be handed out in ascending order: a thread that is `order_window` events ahead waits
// for the others, so destroy a Filler whose thread has nothing more to do. AlignmentError if all of them wait for a
// number that does not come within seconds. An event that end_event(number) refused is still to be skipped. Either all
// events of a dataset have numbers or none.
class Filler {
public:
    ~Filler();
    Filler(Filler&&) noexcept;
    Filler& operator=(Filler&&) = delete;

    // This thread's handle of an object of the writer's.
    template <class T>
    [[nodiscard]] ObjectWriter<T> of(const ObjectWriter<T>& writer) const {
        return ObjectWriter<T>(state_, writer.object_, writer.recipe_);
    }
    // As Writer::end_event().
    void end_event();
    void end_event(std::uint64_t number);
    // Drops what was filled of this event.
    void skip_event();
    void skip_event(std::uint64_t number);

private:
    friend class Writer;
    explicit Filler(std::shared_ptr<detail::FillerState> state);

    std::shared_ptr<detail::FillerState> state_;
};

// Memory: one batch per thread that fills, two under way and one being encoded (batch_bytes and an event each), the
// encoder's (see Encoder), and of parts the open one and, of the one before, three times its size while it becomes a file.
class Writer {
public:
    // Throws OutputError if the output exists, is locked or cannot be written.
    template <std::derived_from<Sink> AnySink>
    explicit Writer(AnySink sink, WriterOptions options = {})
        : Writer(std::unique_ptr<Sink>(std::make_unique<AnySink>(std::move(sink))), std::move(options)) {}
    explicit Writer(std::unique_ptr<Sink> sink, WriterOptions options = {});
    // Closes. What fails goes to stderr, since nothing can be thrown here. If it runs because of an exception the
    // dataset stays incomplete: what was filled is kept as parts, nothing takes the final name.
    ~Writer();
    Writer(Writer&& other) noexcept;
    Writer& operator=(Writer&&) = delete;

    // Adds an object, before the first fill. SchemaError if it breaks a rule of the format; some are known only
    // when all objects are, and come with the first fill.
    template <class T>
    [[nodiscard]] ObjectWriter<T> objects(std::string name, Columns<T> columns, ObjectOptions<std::type_identity_t<T>> options = {}) {
        detail::ObjectDeclaration declared;
        declared.name = std::move(name);
        declared.lengths = options.max_length.lengths();
        declared.ragged = options.ragged;
        declared.parent = options.parent.object();
        return declare(std::move(declared), std::move(columns), options.where, options.order_by);
    }

    // Makes the entries of this object the rows: one row per jet. Events stay recoverable by their offsets.
    template <class T>
    [[nodiscard]] ObjectWriter<T> rows(std::string name, Columns<T> columns, RowOptions<std::type_identity_t<T>> options = {}) {
        detail::ObjectDeclaration declared;
        declared.name = std::move(name);
        declared.is_rows = true;
        return declare(std::move(declared), std::move(columns), options.where, options.order_by);
    }

    // The event is complete. AlignmentError if an object was not filled, or filled twice, or if a nested one disagrees
    // with what it hangs on; the event is dropped then, and the next may follow.
    void end_event();
    // Drops what was filled of this event.
    void skip_event();

    // For a thread of its own; see Filler.
    [[nodiscard]] Filler filler();

    // The events that follow come from this input: for the provenance of each row.
    void input(const InputFile& file);
    // A fact about the dataset: a text, number or bool; or any JSON. SchemaError if that is none.
    void metadata(const std::string& key, std::string_view text);
    void metadata(const std::string& key, const char* text) { metadata(key, std::string_view(text)); }
    void metadata(const std::string& key, const std::string& text) { metadata(key, std::string_view(text)); }
    void metadata(const std::string& key, bool flag);
    void metadata(const std::string& key, double number);
    template <std::integral V>
        requires(!std::same_as<V, bool>)
    void metadata(const std::string& key, V number) {
        metadata_integer(key, std::to_string(number));
    }
    void metadata_json(const std::string& key, const std::string& json);
    // Counts an event that the job has seen, stored or not, with its weight. May be called from any thread.
    void count(double weight = 1.0, const std::string& name = "nominal");
    // The same for many: what an input says of the events before its own selection.
    void count(const Counter& counter);

    // Stores all whole events so far as parts on the disk; it ends the open part.
    void flush();
    // Finishes the dataset under its final name; every error is thrown from here. Warns once of what was truncated or
    // filled. Later calls return the same summary.
    WriteSummary close();
    // Stops without finishing: whole events are kept as parts, nothing takes the final name.
    void abandon();

    [[nodiscard]] std::uint64_t num_events() const;
    [[nodiscard]] std::uint64_t num_rows() const;

private:
    template <class T>
    ObjectWriter<T> declare(detail::ObjectDeclaration declared, Columns<T> columns, const Where<T>& where,
                            const OrderBy<T>& order_by) {
        declared.fields = columns.fields();
        declared.arranged = where.is_set() || order_by.is_set();
        declared.order = order_by.text();
        auto recipe = std::make_shared<detail::Recipe<T>>();
        recipe->select = where.arrange();
        recipe->order = order_by.arrange(columns, "object " + declared.name);
        recipe->columns = std::move(columns);
        const std::size_t object = add_object(std::move(declared));
        return ObjectWriter<T>(own_filler(), object, std::move(recipe));
    }

    std::size_t add_object(detail::ObjectDeclaration declared);
    std::shared_ptr<detail::FillerState> own_filler() const;
    void metadata_integer(const std::string& key, std::string digits);

    std::shared_ptr<detail::WriterState> state_;
};

}  // namespace simdprep
