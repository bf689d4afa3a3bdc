// Executes the core's description of a part with HDF5: groups, datasets, finished chunks, attributes, counters.
#pragma once

#include <hdf5.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "simdprep/description.hpp"
#include "simdprep/detail/hdf5_handle.hpp"
#include "simdprep/part.hpp"
#include "simdprep/sink.hpp"

namespace simdprep::detail {

// The HDF5 type of a number. bool is the enum that h5py shows as bool, float16 the IEEE one.
inline Hdf5Type hdf5_number(DType dtype) {
    constexpr const char* doing = "making a type";
    const auto copy = [](hid_t type) { return Hdf5Type(H5Tcopy(type), doing); };
    switch (dtype) {
        case DType::boolean: {
            Hdf5Type type(H5Tenum_create(H5T_STD_I8LE), doing);
            for (const auto& [name, code] : {std::pair{"FALSE", std::int8_t{0}}, std::pair{"TRUE", std::int8_t{1}}})
                hdf5_checked(H5Tenum_insert(type.get(), name, &code), doing, name);
            return type;
        }
        case DType::int8: return copy(H5T_STD_I8LE);
        case DType::int16: return copy(H5T_STD_I16LE);
        case DType::int32: return copy(H5T_STD_I32LE);
        case DType::int64: return copy(H5T_STD_I64LE);
        case DType::uint8: return copy(H5T_STD_U8LE);
        case DType::uint16: return copy(H5T_STD_U16LE);
        case DType::uint32: return copy(H5T_STD_U32LE);
        case DType::uint64: return copy(H5T_STD_U64LE);
        case DType::float16: {
            Hdf5Type type = copy(H5T_IEEE_F32LE);
            const bool made = H5Tset_fields(type.get(), 15, 10, 5, 0, 10) >= 0 && H5Tset_size(type.get(), 2) >= 0 &&
                              H5Tset_ebias(type.get(), 15) >= 0;
            if (!made) throw_hdf5_error(doing, "float16");
            return type;
        }
        case DType::float32: return copy(H5T_IEEE_F32LE);
        case DType::float64: return copy(H5T_IEEE_F64LE);
    }
    throw InternalError(expected("dtype", static_cast<int>(dtype), "one of format 1"));
}

// The type of a dataset's items: a number, or a packed record of numbers.
inline Hdf5Type hdf5_item(const DatasetDescription& dataset) {
    if (!dataset.compound) return hdf5_number(dataset.members.front().dtype);
    Hdf5Type record(H5Tcreate(H5T_COMPOUND, dataset.item_bytes), "making a type", dataset.path);
    for (const Member& member : dataset.members)
        hdf5_checked(H5Tinsert(record.get(), member.name.c_str(), member.offset, hdf5_number(member.dtype).get()),
                     "making a type", dataset.path);
    return record;
}

// A shape or an offset: the first axis, then one number per axis of slots.
inline std::vector<hsize_t> hdf5_shape(std::uint64_t first, std::span<const std::uint64_t> slots) {
    std::vector<hsize_t> shape{first};
    shape.insert(shape.end(), slots.begin(), slots.end());
    return shape;
}

inline Hdf5Properties hdf5_layout_of(const DatasetDescription& dataset, hid_t item) {
    Hdf5Properties creation(H5Pcreate(H5P_DATASET_CREATE), "making properties", dataset.path);
    const auto chunk = hdf5_shape(dataset.chunk_rows, dataset.slots);
    const auto fill = dataset.fill();
    const hid_t id = creation.get();
    bool made = H5Pset_obj_track_times(id, false) >= 0;
    made = made && H5Pset_chunk(id, static_cast<int>(chunk.size()), chunk.data()) >= 0;
    made = made && H5Pset_fill_value(id, item, fill.data()) >= 0 && H5Pset_fill_time(id, H5D_FILL_TIME_IFSET) >= 0;
    if (dataset.pipeline.has_shuffle()) made = made && H5Pset_shuffle(id) >= 0;
    if (dataset.pipeline.has_deflate()) made = made && H5Pset_deflate(id, static_cast<unsigned>(dataset.pipeline.deflate_level)) >= 0;
    if (dataset.pipeline.fletcher) made = made && H5Pset_fletcher32(id) >= 0;
    if (!made) throw_hdf5_error("making properties", dataset.path);
    return creation;
}

// Creates the groups and the empty datasets; returns the datasets, `lengths` long on their first axes.
inline std::vector<Hdf5Dataset> hdf5_create_objects(hid_t file, const Description& description,
                                                    std::span<const std::uint64_t> lengths) {
    Hdf5Properties without_times(H5Pcreate(H5P_GROUP_CREATE), "making properties");
    hdf5_checked(H5Pset_obj_track_times(without_times.get(), false), "making properties", {});
    for (const std::string& path : description.groups)
        Hdf5Group(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, without_times.get(), H5P_DEFAULT), "creating a group", path);
    std::vector<Hdf5Dataset> datasets;
    for (std::size_t index = 0; index < description.datasets.size(); ++index) {
        const DatasetDescription& dataset = description.datasets[index];
        const auto shape = hdf5_shape(lengths[index], dataset.slots);
        const auto most = hdf5_shape(H5S_UNLIMITED, dataset.slots);
        const Hdf5Space space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), most.data()),
                              "making a shape", dataset.path);
        const Hdf5Type item = hdf5_item(dataset);
        const Hdf5Properties layout = hdf5_layout_of(dataset, item.get());
        datasets.emplace_back(
            H5Dcreate2(file, dataset.path.c_str(), item.get(), space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT),
            "creating a dataset", dataset.path);
    }
    return datasets;
}

// Makes a dataset so long on its first axis.
inline void hdf5_extend(hid_t dataset, const DatasetDescription& description, std::uint64_t length) {
    const auto shape = hdf5_shape(length, description.slots);
    hdf5_checked(H5Dset_extent(dataset, shape.data()), "extending a dataset", description.path);
}

inline void hdf5_write_chunk(hid_t dataset, const DatasetDescription& description, std::uint64_t number,
                             const StoredChunk& chunk) {
    const auto offset = hdf5_shape(
        number * description.chunk_rows, std::vector<std::uint64_t>(description.slots.size()));
    hdf5_checked(H5Dwrite_chunk(dataset, H5P_DEFAULT, chunk.filter_mask, offset.data(), chunk.bytes.size(), chunk.bytes.data()),
                 "storing a chunk", description.path);
}

// A number as uint64, text as UTF-8 of fixed length: those of variable length lie in HDF5's global heap,
// which no checksum covers.
inline void hdf5_write_attribute(hid_t file, const Attribute& attribute) {
    const std::string where = attribute.owner + "@" + attribute.name;
    const Hdf5Object owner(H5Oopen(file, attribute.owner.c_str(), H5P_DEFAULT), "opening an object", where);
    const Hdf5Space scalar(H5Screate(H5S_SCALAR), "making a shape", where);
    const auto write = [&](hid_t type, const void* data) {
        const Hdf5Attribute stored(
            H5Acreate2(owner.get(), attribute.name.c_str(), type, scalar.get(), H5P_DEFAULT, H5P_DEFAULT),
            "creating an attribute", where);
        hdf5_checked(H5Awrite(stored.get(), type, data), "writing an attribute", where);
    };
    if (const auto* number = std::get_if<std::uint64_t>(&attribute.value)) {
        write(H5T_STD_U64LE, number);
        return;
    }
    const std::string& text = std::get<std::string>(attribute.value);
    const Hdf5Type type(H5Tcopy(H5T_C_S1), "making a type", where);
    const bool made = H5Tset_size(type.get(), text.empty() ? 1 : text.size()) >= 0 &&
                      H5Tset_strpad(type.get(), H5T_STR_NULLPAD) >= 0 && H5Tset_cset(type.get(), H5T_CSET_UTF8) >= 0;
    if (!made) throw_hdf5_error("making a type", where);
    write(type.get(), text.c_str());
}

// The groups and records of layout compound's counters, which ATLAS tools add up.
inline void hdf5_write_counter(hid_t file, const Counter& counter) {
    struct Counts {
        std::int64_t events;
        double sum_of_weights;
        double sum_of_weights_squared;
    };
    const std::string path = "/cutBookkeeper/" + counter.name + "/counts";
    const auto made = [&](herr_t result) { hdf5_checked(result, "storing a counter", path); };
    const Hdf5Type type(H5Tcreate(H5T_COMPOUND, sizeof(Counts)), "making a type", path);
    made(H5Tinsert(type.get(), "nEventsProcessed", offsetof(Counts, events), H5T_STD_I64LE));
    made(H5Tinsert(type.get(), "sumOfWeights", offsetof(Counts, sum_of_weights), H5T_IEEE_F64LE));
    made(H5Tinsert(type.get(), "sumOfWeightsSquared", offsetof(Counts, sum_of_weights_squared), H5T_IEEE_F64LE));
    const Hdf5Space scalar(H5Screate(H5S_SCALAR), "making a shape", path);
    const Hdf5Properties layout(H5Pcreate(H5P_DATASET_CREATE), "making properties", path);
    made(H5Pset_obj_track_times(layout.get(), false));
    made(H5Pset_layout(layout.get(), H5D_COMPACT));
    const Hdf5Dataset dataset(
        H5Dcreate2(file, path.c_str(), type.get(), scalar.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT),
        "storing a counter", path);
    const Counts record{static_cast<std::int64_t>(counter.events), counter.sum_of_weights, counter.sum_of_weights_squared};
    made(H5Dwrite(dataset.get(), type.get(), scalar.get(), scalar.get(), H5P_DEFAULT, &record));
}

// What a file says of itself, once its objects are there.
inline void hdf5_write_notes(hid_t file, const FileNotes& notes) {
    for (const Attribute& attribute : notes.attributes) hdf5_write_attribute(file, attribute);
    if (notes.counters.empty()) return;
    const auto group = [&](const std::string& path) {
        Hdf5Properties without_times(H5Pcreate(H5P_GROUP_CREATE), "making properties", path);
        hdf5_checked(H5Pset_obj_track_times(without_times.get(), false), "making properties", path);
        Hdf5Group(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, without_times.get(), H5P_DEFAULT), "creating a group", path);
    };
    group("/cutBookkeeper");
    for (const Counter& counter : notes.counters) {
        group("/cutBookkeeper/" + counter.name);
        hdf5_write_counter(file, counter);
    }
}

}  // namespace simdprep::detail
