// Rows of the datasets of one file: HDF5Utils has no end of an event, so the n-th fill of every dataset is its n-th
// row. A row goes to the writer when all datasets have it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "simdprep/detail/hdf5utils_consumer.hpp"
#include "simdprep/hdf5.hpp"
#include "simdprep/writer.hpp"

namespace simdprep::detail {

// Bytes that wait in rows until the other datasets have theirs, at most; beyond it their fills have drifted.
inline constexpr std::size_t most_waiting_bytes = std::size_t{256} << 20;

// The rows of one dataset that wait.
class WaitingRows {
public:
    WaitingRows(ObjectWriter<Record> target, std::size_t rank, std::size_t record_bytes)
        : target_(std::move(target)), rank_(rank), record_bytes_(record_bytes) {}

    // A row is begun, gets its lists' lengths (outermost first) and its records, and is ended or undone.
    void begin_row() {
        row_bytes_ = bytes_.size();
        row_lengths_ = lengths_.size();
    }
    void add_length(std::size_t length) { lengths_.push_back(length); }
    std::byte* add_record() {
        bytes_.resize(bytes_.size() + record_bytes_);
        return bytes_.data() + bytes_.size() - record_bytes_;
    }
    void end_row() {
        ++filled_;
        ++waiting_;
    }
    void undo_row() {
        bytes_.resize(row_bytes_);
        lengths_.resize(row_lengths_);
    }

    std::size_t waiting() const { return waiting_; }
    std::size_t filled() const { return filled_; }
    std::size_t bytes() const { return bytes_.size(); }
    const std::string& name() const { return target_.name(); }

    // Hands the next row to the writer.
    void pass_on() {
        if (rank_ == 0) {
            target_.fill(next_record());
        } else if (rank_ == 1) {
            target_.fill(std::span<const Record>(next_list(one_)));
        } else {
            lists_.resize(next_length());
            for (std::vector<Record>& list : lists_) next_list(list);
            target_.fill(lists_);
        }
        if (--waiting_ > 0) return;
        bytes_.clear();
        lengths_.clear();
        byte_at_ = length_at_ = 0;
    }

private:
    std::size_t next_length() { return lengths_[length_at_++]; }
    Record next_record() {
        const Record record{bytes_.data() + byte_at_};
        byte_at_ += record_bytes_;
        return record;
    }
    const std::vector<Record>& next_list(std::vector<Record>& list) {
        list.resize(next_length());
        for (Record& record : list) record = next_record();
        return list;
    }

    ObjectWriter<Record> target_;
    std::size_t rank_;
    std::size_t record_bytes_;
    std::vector<std::byte> bytes_;
    std::vector<std::size_t> lengths_;
    std::size_t byte_at_ = 0;
    std::size_t length_at_ = 0;
    std::size_t row_bytes_ = 0;  // where the row that is being filled begins
    std::size_t row_lengths_ = 0;
    std::size_t waiting_ = 0;
    std::size_t filled_ = 0;
    std::vector<Record> one_;
    std::vector<std::vector<Record>> lists_;
};

// A file and its datasets. Shared by the handles to them; the last one that goes closes it.
class RowFile {
public:
    RowFile(Hdf5Sink sink, WriterOptions options)
        : path_(sink.path().string()), exceptions_(std::uncaught_exceptions()), writer_(std::move(sink), std::move(options)) {}
    RowFile(const RowFile&) = delete;
    RowFile& operator=(const RowFile&) = delete;
    ~RowFile() {
        // The writer keeps what is whole as parts; what went wrong before was told then.
        if (closed_ || std::uncaught_exceptions() > exceptions_) return;
        try {
            close();
        } catch (const std::exception& error) {
            std::cerr << "simdprep: " << error.what() << '\n';
        }
    }

    std::shared_ptr<WaitingRows> add(const std::string& name, Columns<Record> columns, MaxLength extents, std::size_t rank,
                                     std::size_t record_bytes) {
        const std::lock_guard lock(mutex_);
        for (const auto& rows : datasets_)
            if (rows->name() == name)
                throw SchemaError(expected("dataset", "'" + name + "' twice", "distinct names"), path_, "another name");
        if (passed_on_ > 0)
            throw SchemaError(expected("new dataset '" + name + "' after rows", std::to_string(passed_on_) + " stored",
                                       "all writers of a file before its rows"),
                              path_, "making all writers before the event loop");
        datasets_.push_back(std::make_shared<WaitingRows>(
            writer_.objects(name, std::move(columns), {.max_length = std::move(extents)}), rank, record_bytes));
        return datasets_.back();
    }

    // Calls `fill`, which adds one row to `rows`, and undoes what it did if it throws.
    template <class Fill>
    void add_row(WaitingRows& rows, std::size_t batch_rows, const Fill& fill) {
        const std::lock_guard lock(mutex_);
        if (closed_) throw SchemaError(expected("fill of '" + rows.name() + "'", "a closed file", "an open one"), path_);
        rows.begin_row();
        try {
            fill();
        } catch (...) {
            rows.undo_row();
            throw;
        }
        rows.end_row();
        if (rows.waiting() >= batch_rows || rows.bytes() > most_waiting_bytes) pass_on();
        if (rows.bytes() > most_waiting_bytes) throw_drifted(&rows);
    }

    void flush() {
        const std::lock_guard lock(mutex_);
        if (!closed_) pass_on();
    }

    WriteSummary close() {
        const std::lock_guard lock(mutex_);
        if (closed_) return writer_.close();
        pass_on();
        closed_ = true;
        for (const auto& rows : datasets_) {
            if (rows->filled() == datasets_.front()->filled()) continue;
            writer_.abandon();
            throw_drifted(rows.get());
        }
        return writer_.close();
    }

private:
    // All rows that every dataset has. After an error the file is not finished.
    void pass_on() {
        std::size_t count = datasets_.empty() ? 0 : datasets_.front()->waiting();
        for (const auto& rows : datasets_) count = std::min(count, rows->waiting());
        try {
            for (std::size_t row = 0; row < count; ++row) {
                for (const auto& rows : datasets_) rows->pass_on();
                writer_.end_event();
            }
        } catch (...) {
            closed_ = true;
            writer_.abandon();
            throw;
        }
        passed_on_ += count;
    }

    [[noreturn]] void throw_drifted(const WaitingRows* rows) const {
        const WaitingRows* other = datasets_.front().get();
        for (const auto& each : datasets_)
            if (each->filled() != rows->filled()) other = each.get();
        throw AlignmentError(expected("rows of '" + rows->name() + "'", rows->filled(),
                                      std::to_string(other->filled()) + ", as of '" + other->name() + "'"),
                             path_, "one fill per row of every dataset, or a file for each kind of row");
    }

    std::string path_;
    int exceptions_;
    std::mutex mutex_;
    Writer writer_;
    std::vector<std::shared_ptr<WaitingRows>> datasets_;
    std::size_t passed_on_ = 0;
    bool closed_ = false;
};

}  // namespace simdprep::detail
