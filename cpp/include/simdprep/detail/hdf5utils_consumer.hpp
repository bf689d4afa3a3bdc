// One getter of a dumper written for HDF5Utils: evaluated into a record of bytes, which waits until the rows of all
// datasets of the file are there, and read from it as a column.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "simdprep/columns.hpp"
#include "simdprep/error.hpp"

namespace simdprep::hdf5utils {

// How a float is stored; the values are checked against the range.
enum class Compression : unsigned char { STANDARD, HALF_PRECISION, HALF_PRECISION_LARGE };

}  // namespace simdprep::hdf5utils

namespace simdprep::detail {

// The values of one object, one after the other. Who fills it keeps the bytes.
struct Record {
    const std::byte* bytes = nullptr;
};

template <class Input>
class Consumer {
public:
    Consumer(std::string name, std::size_t size) : name_(std::move(name)), size_(size) {}
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;
    virtual ~Consumer() = default;

    const std::string& name() const { return name_; }
    std::size_t size() const { return size_; }

    // Writes the getter's value, size() bytes long.
    virtual void evaluate(Input object, std::byte* out) const = 0;
    // Adds the column that reads the value from `offset` on in a record.
    virtual void declare(Columns<Record>& columns, std::size_t offset) const = 0;
    // SchemaError unless it says of every object that it is valid, and of empty slots that they are not.
    virtual void check_valid(const std::string& object) const = 0;

private:
    std::string name_;
    std::size_t size_;
};

template <class Input, class Value, class Getter>
class GetterConsumer final : public Consumer<Input> {
public:
    GetterConsumer(std::string name, Getter getter, const Value& fill, hdf5utils::Compression compression)
        : Consumer<Input>(std::move(name), sizeof(Value)), getter_(std::move(getter)), fill_(fill), compression_(compression) {
        Columns<Record> trial;  // a fill value or compression that does not fit is told here
        declare(trial, 0);
    }

    void evaluate(Input object, std::byte* out) const override {
        const Value value = static_cast<Value>(getter_(std::forward<Input>(object)));
        std::memcpy(out, &value, sizeof value);
    }
    void declare(Columns<Record>& columns, std::size_t offset) const override {
        ColumnOptions options;
        if constexpr (Number<Value>) options.fill = fill_;
        if (compression_ == hdf5utils::Compression::HALF_PRECISION) options.dtype = half;
        if (compression_ != hdf5utils::Compression::STANDARD &&
            (!std::is_floating_point_v<Value> || compression_ != hdf5utils::Compression::HALF_PRECISION))
            throw SchemaError(expected("compression of '" + this->name() + "'",
                                       std::is_floating_point_v<Value> ? "HALF_PRECISION_LARGE" : "half precision of no float",
                                       "STANDARD, or HALF_PRECISION for a float"),
                              {}, "STANDARD: files are compressed without loss in any case");
        const auto read = [offset](const Record& record) {
            Value value;
            std::memcpy(&value, record.bytes + offset, sizeof value);
            return value;
        };
        columns.add(this->name(), read, options);
    }
    void check_valid(const std::string& object) const override {
        const std::string where = "object " + object + ", field valid";
        if constexpr (!std::is_same_v<Value, bool>)
            throw SchemaError(expected("type of 'valid'", "no bool", "bool"), where, "returning true");
        else if (fill_)
            throw SchemaError(expected("default of 'valid'", "true", "false, for slots without an object"), where);
    }

private:
    Getter getter_;
    Value fill_;
    hdf5utils::Compression compression_;
};

}  // namespace simdprep::detail
