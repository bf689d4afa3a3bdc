// For dumpers that were written for ATLAS HDF5Utils: its calls, on our writer. Such a dumper changes its include and
// its namespaces,
//
//     #include <simdprep/hdf5utils.hpp>
//     namespace H5Utils = simdprep::hdf5utils;
//     namespace H5 = simdprep::hdf5utils;
//
// and gets the same datasets (layout compound, the n-th fill is the n-th row), with the metadata of format 1. What
// is different, and meant:
//   - the stored type is that of the getter, not that of the default value beside it;
//   - what finds no slot is counted and told, and never lands in the next row; extents are outermost first;
//   - all datasets of a file have the same number of rows, or closing it throws AlignmentError;
//   - half precision is checked against its range;
//   - getters of a dataset with slots need not add "valid": it is its last member in any case.
// Chunks and deflate levels are ours; the file appears, whole, when the H5File and all its writers are gone, or with
// H5File::close(), which reports errors.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "simdprep/detail/hdf5utils_consumer.hpp"
#include "simdprep/detail/hdf5utils_rows.hpp"
#include "simdprep/hdf5.hpp"
#include "simdprep/writer.hpp"

namespace simdprep::hdf5utils {

namespace defaults {
inline constexpr hsize_t batch_size = 2048;  // rows that a dataset waits for the others
inline constexpr std::size_t extent = 5;
}  // namespace defaults

// Where datasets are created.
class Group {
protected:
    explicit Group(std::shared_ptr<detail::RowFile> file) : file_(std::move(file)) {}
    std::shared_ptr<detail::RowFile> file_;
    template <std::size_t N, class I>
    friend class Writer;
};

// A new file. H5F_ACC_TRUNC replaces what is there, H5F_ACC_EXCL keeps it and throws OutputError.
class H5File : public Group {
public:
    explicit H5File(const std::string& path, unsigned flags = H5F_ACC_TRUNC, WriterOptions options = {})
        : Group(std::make_shared<detail::RowFile>(sink(path, flags), like_hdf5utils(std::move(options)))) {}

    // Finishes the file and throws what goes wrong; else that goes to stderr.
    WriteSummary close() { return file_->close(); }

private:
    static Hdf5Sink sink(const std::string& path, unsigned flags) {
        if (flags != H5F_ACC_TRUNC && flags != H5F_ACC_EXCL)
            throw OutputError(expected("flags of a file", flags, "H5F_ACC_TRUNC or H5F_ACC_EXCL"), path,
                              "a new file: rows are not added to one that is finished");
        return Hdf5Sink(path, {.overwrite = flags == H5F_ACC_TRUNC});
    }
    static WriterOptions like_hdf5utils(WriterOptions options) {
        options.layout = Layout::compound;
        options.counts = false;
        return options;
    }
};

// Getters of one dataset: what they take is I, such as const Jet*, and what they return is stored.
template <class I>
class Consumers {
public:
    using input_type = I;
    template <class T>
    using function_type = std::function<T(I)>;

    // The default is the value of empty slots. SchemaError if the name was added before.
    template <class T>
    void add(const std::string& name, const std::function<T(I)>& getter, const T& default_value = T(),
             Compression compression = Compression::STANDARD) {
        store<T>(name, getter, default_value, compression);
    }
    // Anything that can be called with I; what it returns is the type.
    template <class F, class R = std::remove_cvref_t<std::invoke_result_t<const F&, I>>, class D = R>
    void add(const std::string& name, F getter, const D& default_value = D(), Compression compression = Compression::STANDARD) {
        store<R>(name, std::move(getter), static_cast<R>(default_value), compression);
    }

    const std::vector<std::shared_ptr<const detail::Consumer<I>>>& getConsumers() const { return consumers_; }

private:
    template <class T, class Getter>
    void store(const std::string& name, Getter getter, const T& default_value, Compression compression) {
        static_assert(detail::Element<T>::is_sound && std::is_trivially_copyable_v<T>,
                      "simdprep: wrong getter: it must return a number, a bool, an enum, or a std::optional of one of these");
        if constexpr (detail::Element<T>::is_sound && std::is_trivially_copyable_v<T>) {
            if (!names_.insert(name).second)
                throw SchemaError(expected("field", "'" + name + "' twice", "distinct names"), {}, "another name");
            consumers_.push_back(std::make_shared<detail::GetterConsumer<I, T, Getter>>(name, std::move(getter),
                                                                                        default_value, compression));
        }
    }

    std::vector<std::shared_ptr<const detail::Consumer<I>>> consumers_;
    std::set<std::string> names_;
};

template <std::size_t N>
struct WriterConfiguration {
    std::string name;
    std::array<hsize_t, N> extent{};
    std::optional<hsize_t> batch_size{};
    std::optional<std::array<hsize_t, N>> chunks{};  // taken, and left to format 1
    std::optional<int> deflate{};                    // so is this
};

// A dataset with N axes of slots. One fill is one row.
template <std::size_t N, class I>
class Writer {
    static_assert(N <= 2, "simdprep: wrong rank: a row has at most two axes of slots, as in Writer<2, T>");

public:
    using consumer_type = Consumers<I>;
    using input_type = I;
    using configuration_type = WriterConfiguration<N>;
    template <class T>
    using function_type = typename consumer_type::template function_type<T>;

    // SchemaError for a name that the file has already, no getters, or what format 1 cannot hold.
    Writer(Group& group, const std::string& name, const Consumers<I>& consumers,
           const std::array<hsize_t, N>& extent = uniform_extent(), hsize_t batch_size = defaults::batch_size)
        : Writer(group, consumers, WriterConfiguration<N>{name, extent, batch_size, std::nullopt, std::nullopt}) {}
    Writer(Group& group, const Consumers<I>& consumers, const WriterConfiguration<N>& configuration = {})
        : file_(group.file_), consumers_(consumers.getConsumers()), batch_rows_(configuration.batch_size.value_or(defaults::batch_size)) {
        if (batch_rows_ < 1) throw SchemaError(expected("batch_size", "0", "at least 1"), "dataset " + configuration.name);
        if (consumers_.empty()) throw SchemaError(expected("getters", "none", "at least one"), "dataset " + configuration.name);
        Columns<detail::Record> columns;
        std::size_t record_bytes = 0;
        for (const auto& consumer : consumers_) {
            if (N > 0 && consumer->name() == valid_name) {
                consumer->check_valid(configuration.name);  // the format adds the member
                valid_at_ = record_bytes;
            } else {
                consumer->declare(columns, record_bytes);
            }
            record_bytes += consumer->size();
        }
        rows_ = file_->add(configuration.name, std::move(columns), extents(configuration.extent), N, record_bytes);
    }

    // Other kinds of groups belong to another HDF5 library's interface.
    template <class Other>
        requires(!std::is_base_of_v<Group, Other>)
    Writer(Other&, const std::string&, const Consumers<I>&, const std::array<hsize_t, N>& = {}, hsize_t = 0) {
        static_assert(std::is_base_of_v<Group, Other>,
                      "simdprep: wrong group: this writer makes its own file; take simdprep::hdf5utils::H5File for H5::H5File");
    }

    Writer(Writer&&) noexcept = default;
    Writer& operator=(Writer&&) = delete;

    // N ranges within each other of what the getters take. Nothing of a row is stored whose getter throws.
    template <class T>
    void fill(const T& row) {
        file_->add_row(*rows_, batch_rows_, [&] { add<N>(row); });
    }
    // Hands on the rows that all datasets of the file have. They are in the file once it is closed.
    void flush() { file_->flush(); }
    // The row of the next fill.
    std::size_t index() const { return rows_->filled(); }

private:
    static std::array<hsize_t, N> uniform_extent() {
        std::array<hsize_t, N> extent{};
        extent.fill(defaults::extent);
        return extent;
    }
    static MaxLength extents(const std::array<hsize_t, N>& extent) {
        if constexpr (N == 0) return {};
        else if constexpr (N == 1) return {extent[0]};
        else return {extent[0], extent[1]};
    }

    template <std::size_t Depth, class T>
    void add(T& given) {
        if constexpr (Depth == 0) {
            static_assert(std::is_convertible_v<T&, I>,
                          "simdprep: wrong range: what fill() takes must hold, N ranges deep, what the getters of Consumers<I> take");
            if constexpr (std::is_convertible_v<T&, I>) add_object(given);
        } else {
            using std::begin;
            constexpr bool is_range = requires { *begin(given); };
            static_assert(is_range, "simdprep: wrong rank: fill() of a Writer<N, I> takes N ranges within each other");
            if constexpr (is_range) add_list<Depth>(given);
        }
    }
    template <std::size_t Depth, class T>
    void add_list(T& given) {
        std::size_t length = 0;
        for (auto&& each : given) {
            static_cast<void>(each);
            ++length;
        }
        rows_->add_length(length);
        for (auto&& each : given) add<Depth - 1>(each);
    }
    template <class T>
    void add_object(T& given) {
        std::byte* record = rows_->add_record();
        std::byte* at = record;
        for (const auto& consumer : consumers_) {
            consumer->evaluate(static_cast<I>(given), at);
            at += consumer->size();
        }
        if (valid_at_ && record[*valid_at_] == std::byte{0})
            throw SchemaError(expected("'valid' of an object", "false", "true: it says which slots hold one"),
                              "object " + rows_->name(), "leaving objects out of the range that is filled");
    }

    std::shared_ptr<detail::RowFile> file_;
    std::vector<std::shared_ptr<const detail::Consumer<I>>> consumers_;
    std::shared_ptr<detail::WaitingRows> rows_;
    std::size_t batch_rows_;
    std::optional<std::size_t> valid_at_;
};

// auto writer = makeWriter<2>(group, name, consumers);
template <std::size_t N, class I>
Writer<N, I> makeWriter(Group& group, const std::string& name, const Consumers<I>& consumers,
                        const std::array<hsize_t, N>& extent, hsize_t batch_size = defaults::batch_size) {
    return Writer<N, I>(group, name, consumers, extent, batch_size);
}
template <std::size_t N, class I>
Writer<N, I> makeWriter(Group& group, const std::string& name, const Consumers<I>& consumers) {
    return Writer<N, I>(group, name, consumers);
}
template <std::size_t N, class I>
Writer<N, I> makeWriter(Group& group, const Consumers<I>& consumers, const WriterConfiguration<N>& configuration) {
    return Writer<N, I>(group, consumers, configuration);
}

template <class T>
using CRefConsumer = Consumers<const T&>;
template <std::size_t N, class T>
using CRefWriter = Writer<N, const T&>;
template <class T>
using SimpleWriter = Writer<0, const T&>;

}  // namespace simdprep::hdf5utils
