// A file driver of HDF5 that reads and writes through us. HDF5's own would not do: a full disk crashes the process, and
// chunks that are written behind need their places only.
#pragma once

#include <hdf5.h>
#if __has_include(<H5FDdevelop.h>)
#include <H5FDdevelop.h>  // from HDF5 1.14 on, what drivers are made of
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <string>

#include "simdprep/detail/hdf5_handle.hpp"

namespace simdprep::detail {

// Where the bytes of a file are. HDF5 calls these and must not see an error: if it cannot flush its metadata, it
// aborts the process when it exits. So whoever stores remembers what failed, and is asked after each step.
class Hdf5Storage {
public:
    Hdf5Storage() = default;
    Hdf5Storage(const Hdf5Storage&) = delete;
    Hdf5Storage& operator=(const Hdf5Storage&) = delete;
    virtual ~Hdf5Storage() = default;

    [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
    // What lies past the end is zero.
    virtual void read(std::uint64_t at, std::byte* out, std::size_t size) noexcept = 0;
    virtual void write(std::uint64_t at, const std::byte* data, std::size_t size) noexcept = 0;
    virtual void truncate(std::uint64_t size) noexcept = 0;
};

// HDF5 hands the first member's address around, and ours with it.
struct Hdf5DriverFile {
    H5FD_t head;
    Hdf5Storage* storage;
    haddr_t end_of_allocated;

    static Hdf5DriverFile& of(H5FD_t* file) { return *reinterpret_cast<Hdf5DriverFile*>(file); }
    static const Hdf5DriverFile& of(const H5FD_t* file) { return *reinterpret_cast<const Hdf5DriverFile*>(file); }
};

// What the file access properties carry; HDF5 copies it as bytes.
struct Hdf5DriverInfo {
    Hdf5Storage* storage;
};

inline H5FD_class_t hdf5_driver_class() {
    H5FD_class_t driver{};
#ifdef H5FD_CLASS_VERSION
    driver.version = H5FD_CLASS_VERSION;
    driver.value = static_cast<H5FD_class_value_t>(511);  // of those that nobody registers
#endif
    driver.name = "simdprep";
    driver.maxaddr = static_cast<haddr_t>(INT64_MAX);
    driver.fc_degree = H5F_CLOSE_STRONG;
    driver.fapl_size = sizeof(Hdf5DriverInfo);
    driver.open = [](const char*, unsigned flags, hid_t access, haddr_t) -> H5FD_t* {
        const auto* info = static_cast<const Hdf5DriverInfo*>(H5Pget_driver_info(access));
        // Before it creates a file, HDF5 asks whether there is one already: there is not.
        const bool asks = (flags & H5F_ACC_RDWR) != 0 && (flags & H5F_ACC_CREAT) == 0;
        if (info == nullptr || asks) return nullptr;
        auto* file = new (std::nothrow) Hdf5DriverFile{{}, info->storage, 0};
        return file == nullptr ? nullptr : &file->head;
    };
    driver.close = [](H5FD_t* file) -> herr_t {
        delete &Hdf5DriverFile::of(file);
        return 0;
    };
    driver.query = [](const H5FD_t*, unsigned long* flags) -> herr_t {
        *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA;
        return 0;
    };
    driver.get_eoa = [](const H5FD_t* file, H5FD_mem_t) { return Hdf5DriverFile::of(file).end_of_allocated; };
    driver.set_eoa = [](H5FD_t* file, H5FD_mem_t, haddr_t address) -> herr_t {
        Hdf5DriverFile::of(file).end_of_allocated = address;
        return 0;
    };
    driver.get_eof = [](const H5FD_t* file, H5FD_mem_t) -> haddr_t { return Hdf5DriverFile::of(file).storage->size(); };
    driver.read = [](H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, void* out) -> herr_t {
        Hdf5DriverFile::of(file).storage->read(at, static_cast<std::byte*>(out), size);
        return 0;
    };
    driver.write = [](H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, const void* data) -> herr_t {
        Hdf5DriverFile::of(file).storage->write(at, static_cast<const std::byte*>(data), size);
        return 0;
    };
    driver.truncate = [](H5FD_t* file, hid_t, hbool_t) -> herr_t {
        Hdf5DriverFile& own = Hdf5DriverFile::of(file);
        if (own.storage->size() != own.end_of_allocated) own.storage->truncate(own.end_of_allocated);
        return 0;
    };
    constexpr H5FD_mem_t kinds[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(kinds), std::end(kinds), std::begin(driver.fl_map));
    return driver;
}

// Properties with which HDF5 opens or creates what is in `storage`, whatever name it is given.
inline Hdf5Properties hdf5_access(Hdf5Storage& storage) {
    static const H5FD_class_t driver = hdf5_driver_class();
    static hid_t id = -1;
    // Registered again where the program closed HDF5 in between, which forgets its ids.
    if (id < 0 || H5Iis_valid(id) <= 0 || H5Iget_type(id) != H5I_VFL)
        id = hdf5_checked(H5FDregister(&driver), "registering a file driver", {});
    Hdf5Properties access(H5Pcreate(H5P_FILE_ACCESS), "making properties");
    const Hdf5DriverInfo info{&storage};
    hdf5_checked(H5Pset_driver(access.get(), id, &info), "making properties", {});
    return access;
}

// Creates a file with the settings of format 1: what HDF5 1.10 reads, and no times. The name is for errors.
inline Hdf5File hdf5_create_file(Hdf5Storage& storage, const std::string& name) {
    const Hdf5Properties access = hdf5_access(storage);
    const Hdf5Properties creation(H5Pcreate(H5P_FILE_CREATE), "making properties", name);
    hdf5_checked(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110), "making properties", name);
    hdf5_checked(H5Pset_obj_track_times(creation.get(), false), "making properties", name);
    return {H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), "creating a file", name};
}

inline Hdf5File hdf5_open_file(Hdf5Storage& storage, const std::string& name) {
    const Hdf5Properties access = hdf5_access(storage);
    return {H5Fopen(name.c_str(), H5F_ACC_RDONLY, access.get()), "opening a part", name};
}

}  // namespace simdprep::detail
