// The peer: a writer in the manner of ATLAS HDF5Utils, by the HDF5 C library alone. Each value is fetched through a
// virtual call and a std::function into a row of 8-byte cells; a full batch of rows goes to H5Dwrite, which converts
// the cells to a packed compound and deflates on this thread. Two ways to choose what is written: the whole batch as
// one slab (faster), or the filled slots point by point, the others left to the fill value (as HDF5Utils does).
#pragma once

#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace benchmark {

inline hid_t checked(hid_t id) {
    if (id < 0) throw std::runtime_error("an HDF5 call of the peer failed");
    return id;
}

union Cell {
    float real;
    std::int32_t integer;
    bool flag;
    std::uint64_t bits;
};

template <class T>
class Consumer {
public:
    virtual ~Consumer() = default;
    virtual Cell value(const T& object) const = 0;
    virtual Cell fill() const = 0;
    virtual hid_t memory_type() const = 0;
    virtual hid_t file_type() const = 0;
};

inline hid_t bool_type() {
    const hid_t type = checked(H5Tenum_create(H5T_NATIVE_INT8));
    for (const auto& [name, value] : {std::pair<const char*, std::int8_t>{"FALSE", 0}, {"TRUE", 1}})
        checked(H5Tenum_insert(type, name, &value));
    return type;
}

inline hid_t half_type() {
    const hid_t type = checked(H5Tcopy(H5T_IEEE_F32LE));
    checked(H5Tset_fields(type, 15, 10, 5, 0, 10));
    checked(H5Tset_size(type, 2));
    checked(H5Tset_ebias(type, 15));
    return type;
}

template <class T, class V>
class ConsumerOf : public Consumer<T> {
public:
    ConsumerOf(std::function<V(const T&)> getter, V fill, bool half) : getter_(std::move(getter)), fill_(fill), half_(half) {}

    Cell value(const T& object) const override { return cell(getter_(object)); }
    Cell fill() const override { return cell(fill_); }
    hid_t memory_type() const override {
        if constexpr (std::is_same_v<V, float>) return checked(H5Tcopy(H5T_NATIVE_FLOAT));
        else if constexpr (std::is_same_v<V, bool>) return bool_type();
        else return checked(H5Tcopy(H5T_NATIVE_INT32));
    }
    hid_t file_type() const override { return half_ ? half_type() : memory_type(); }

private:
    static Cell cell(V value) {
        Cell cell{.bits = 0};
        if constexpr (std::is_same_v<V, float>) cell.real = value;
        else if constexpr (std::is_same_v<V, bool>) cell.flag = value;
        else cell.integer = value;
        return cell;
    }

    std::function<V(const T&)> getter_;
    V fill_;
    bool half_;
};

template <class T>
class Consumers {
public:
    template <class V>
    void add(std::string name, std::function<V(const T&)> getter, V fill, bool half = false) {
        names.push_back(std::move(name));
        all.push_back(std::make_shared<ConsumerOf<T, V>>(std::move(getter), fill, half));
    }

    std::vector<std::string> names;
    std::vector<std::shared_ptr<const Consumer<T>>> all;
};

enum class Choice { slab, points };

// One dataset of records: (rows) where `slots` is 0, else (rows, slots).
template <class T>
class PointWriter {
public:
    PointWriter(hid_t file, const std::string& name, Consumers<T> consumers, std::size_t slots, int level, Choice choice,
                bool keeps)
        : consumers_(std::move(consumers)), slots_(slots), choice_(choice), keeps_(keeps) {
        const std::size_t members = consumers_.all.size();
        for (const auto& consumer : consumers_.all) empty_.push_back(consumer->fill());
        memory_ = checked(H5Tcreate(H5T_COMPOUND, members * sizeof(Cell)));
        std::size_t size = 0;
        for (const auto& consumer : consumers_.all) size += H5Tget_size(consumer->file_type());
        const hid_t packed = checked(H5Tcreate(H5T_COMPOUND, size));
        std::size_t place = 0;
        for (std::size_t i = 0; i < members; ++i) {
            const hid_t type = consumers_.all[i]->file_type();
            checked(H5Tinsert(memory_, consumers_.names[i].c_str(), i * sizeof(Cell), consumers_.all[i]->memory_type()));
            checked(H5Tinsert(packed, consumers_.names[i].c_str(), place, type));
            place += H5Tget_size(type);
        }
        create(file, name, packed, level);
        row_.reserve(std::max<std::size_t>(slots_, 1) * members);
    }

    void fill(const T& object) { fill_row(&object, 1); }
    void fill(const std::vector<T>& objects) { fill_row(objects.data(), std::min(objects.size(), slots_)); }

    void flush() {
        if (rows_ == 0) return;
        const hsize_t all[] = {written_ + rows_, slots_};
        checked(H5Dset_extent(dataset_, all));
        const hid_t space = checked(H5Dget_space(dataset_));
        const hsize_t count = buffer_.size() / empty_.size();
        const hid_t memory_space = checked(H5Screate_simple(1, &count, nullptr));
        if (choice_ == Choice::slab) {
            const hsize_t start[] = {written_, 0}, shape[] = {rows_, slots_};
            checked(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, shape, nullptr));
        } else if (count > 0) {
            checked(H5Sselect_elements(space, H5S_SELECT_SET, count, points_.data()));
        }
        if (count > 0) checked(H5Dwrite(dataset_, memory_, memory_space, space, H5P_DEFAULT, buffer_.data()));
        H5Sclose(memory_space);
        H5Sclose(space);
        written_ += rows_;
        drop();
    }

    void close() {
        flush();
        H5Tclose(memory_);
        H5Dclose(dataset_);
    }

private:
    static constexpr hsize_t batch_rows = 2048;  // HDF5Utils' default, of its chunks too

    void create(hid_t file, const std::string& name, hid_t packed, int level) {
        const int rank = slots_ ? 2 : 1;
        const hsize_t none[] = {0, slots_}, most[] = {H5S_UNLIMITED, slots_}, chunk[] = {batch_rows, slots_};
        const hid_t creation = checked(H5Pcreate(H5P_DATASET_CREATE));
        checked(H5Pset_chunk(creation, rank, chunk));
        checked(H5Pset_fill_value(creation, memory_, empty_.data()));
        if (level) checked(H5Pset_deflate(creation, static_cast<unsigned>(level)));
        const hid_t space = checked(H5Screate_simple(rank, none, most));
        dataset_ = checked(H5Dcreate2(file, name.c_str(), packed, space, H5P_DEFAULT, creation, H5P_DEFAULT));
        H5Sclose(space);
        H5Pclose(creation);
        H5Tclose(packed);
    }

    void fill_row(const T* objects, std::size_t number) {
        row_.clear();
        for (std::size_t i = 0; i < number; ++i)
            for (const auto& consumer : consumers_.all) row_.push_back(consumer->value(objects[i]));
        if (!keeps_) return;
        if (choice_ == Choice::points) {
            for (std::size_t i = 0; i < number; ++i) {
                points_.push_back(written_ + rows_);
                if (slots_) points_.push_back(i);
            }
        } else {
            for (std::size_t i = number; i < slots_; ++i) row_.insert(row_.end(), empty_.begin(), empty_.end());
        }
        buffer_.insert(buffer_.end(), row_.begin(), row_.end());
        if (++rows_ == batch_rows) flush();
    }

    void drop() {
        rows_ = 0;
        buffer_.clear();
        points_.clear();
    }

    Consumers<T> consumers_;
    std::size_t slots_;
    Choice choice_;
    bool keeps_;
    hid_t memory_ = -1, dataset_ = -1;
    hsize_t rows_ = 0, written_ = 0;
    std::vector<Cell> empty_, row_, buffer_;
    std::vector<hsize_t> points_;
};

}  // namespace benchmark
