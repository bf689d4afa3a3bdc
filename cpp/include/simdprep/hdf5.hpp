// Hdf5Sink: stores what a Writer makes in HDF5 files. Headers only, compiled against the HDF5 (C library, 1.10.3
// or later) of the program that includes it: find_package(simdprep COMPONENTS hdf5), target simdprep::hdf5.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simdprep/detail/hdf5_disk_file.hpp"
#include "simdprep/detail/hdf5_handle.hpp"
#include "simdprep/detail/hdf5_objects.hpp"
#include "simdprep/detail/write_queue.hpp"
#include "simdprep/sink.hpp"

namespace simdprep {

namespace detail {

// A part on the disk, for merging.
class Hdf5Source final : public ChunkSource {
public:
    Hdf5Source(const std::filesystem::path& path, std::shared_ptr<const Description> description)
        : description_(std::move(description)), disk_(path, /*create=*/false) {
        const Hdf5Quiet quiet;
        file_ = hdf5_open_file(disk_, path.string());
        for (const DatasetDescription& dataset : description_->datasets)
            datasets_.emplace_back(H5Dopen2(file_.get(), dataset.path.c_str(), H5P_DEFAULT), "opening a part",
                                   path.string() + ":" + dataset.path);
    }

    StoredChunk read(std::size_t dataset, std::uint64_t chunk) override {
        const Hdf5Quiet quiet;
        const DatasetDescription& description = description_->datasets[dataset];
        const std::string where = disk_.path().string() + ":" + description.path;
        const auto offset = hdf5_shape(chunk * description.chunk_rows, std::vector<std::uint64_t>(description.slots.size()));
        const hid_t id = datasets_[dataset].get();
        hsize_t size = 0;
        hdf5_checked(H5Dget_chunk_storage_size(id, offset.data(), &size), "reading a chunk", where);
        StoredChunk stored;
        stored.bytes.resize(static_cast<std::size_t>(size));
        hdf5_checked(H5Dread_chunk(id, H5P_DEFAULT, offset.data(), &stored.filter_mask, stored.bytes.data()),
                     "reading a chunk", where);
        disk_.check();
        return stored;
    }

private:
    std::shared_ptr<const Description> description_;
    DiskFile disk_;  // outlives what HDF5 does with it
    Hdf5File file_;
    std::vector<Hdf5Dataset> datasets_;
};

// A part, or a file of merged ones, in the making: HDF5 gives the chunks their places, their bytes are written behind.
class Hdf5Target final : public ChunkTarget {
public:
    Hdf5Target(const std::filesystem::path& path, std::shared_ptr<const Description> description, bool threaded)
        : description_(std::move(description)), disk_(path, /*create=*/true), queue_(disk_.descriptor(), threaded) {
        const Hdf5Quiet quiet;
        const std::vector<std::uint64_t> lengths(description_->datasets.size());
        file_ = hdf5_create_file(disk_, path.string());
        datasets_ = hdf5_create_objects(file_.get(), *description_, lengths);
        is_open_ = true;
        disk_.check();
    }
    ~Hdf5Target() override {
        if (!is_open_) return;
        const Hdf5Quiet quiet;
        datasets_.clear();
        file_.close();
    }

    void add(std::vector<StoredDataset> more) override {
        const Hdf5Quiet quiet;
        std::vector<PlacedBytes> placed;
        for (std::size_t index = 0; index < more.size(); ++index) {
            StoredDataset& stored = more[index];
            const DatasetDescription& dataset = description_->datasets[index];
            if (stored.length > 0) hdf5_extend(datasets_[index].get(), dataset, stored.length);
            for (std::uint64_t number = 0; number < stored.chunks.size(); ++number)
                placed.push_back(place(index, stored.first_chunk + number, stored.chunks[number]));
        }
        queue_.put(std::move(placed));
        disk_.fail(queue_.failure());
        disk_.check();
    }

    void close(const FileNotes& notes) override {
        const Hdf5Quiet quiet;
        hdf5_write_notes(file_.get(), notes);
        is_open_ = false;
        datasets_.clear();
        const bool closed = file_.close();
        disk_.check();  // says more than what HDF5 makes of a failed write
        if (!closed) throw_hdf5_error("closing a file", disk_.path().string());
    }

    void finish() override {
        disk_.fail(queue_.finish());
        if (!disk_.close()) disk_.fail(errno);
        disk_.check();
    }

private:
    PlacedBytes place(std::size_t index, std::uint64_t number, StoredChunk& chunk) {
        const DatasetDescription& dataset = description_->datasets[index];
        disk_.place_only(chunk.bytes);
        hdf5_write_chunk(datasets_[index].get(), dataset, number, chunk);
        const auto at = disk_.placed();
        if (!at) throw InternalError(expected("place of a chunk", "none from HDF5", "an address"), dataset.path);
        return {*at, std::move(chunk.bytes)};
    }

    std::shared_ptr<const Description> description_;
    DiskFile disk_;  // outlives what HDF5 and the queue do with it
    WriteQueue queue_;
    Hdf5File file_;
    std::vector<Hdf5Dataset> datasets_;
    bool is_open_ = false;
};

}  // namespace detail

// Where a Writer stores: Writer out(Hdf5Sink("train.h5"), {.threads = 4}). A name that ends in .h5, .hdf5 or .hdf is
// one file; any other is a folder of parts with a manifest. What is there already is kept, and an error, unless
// Hdf5Sink("train.h5", {.overwrite = true}).
//
// Chunks are written under a temporary name as they come, and get their name when the part is whole. HDF5 is called
// only from the threads that call the writer, so it need not be a thread-safe one; while other threads of the program
// use HDF5, it must be.
class Hdf5Sink final : public Sink {
public:
    using Sink::Sink;

    std::unique_ptr<ChunkSource> open(const std::filesystem::path& path,
                                      std::shared_ptr<const Description> description) override {
        return std::make_unique<detail::Hdf5Source>(path, std::move(description));
    }
    std::unique_ptr<ChunkTarget> create(const std::filesystem::path& path, std::shared_ptr<const Description> description,
                                        bool threaded) override {
        return std::make_unique<detail::Hdf5Target>(path, std::move(description), threaded);
    }
};

}  // namespace simdprep
