#include <memory>
#include <utility>

#include "bind.hpp"
#include "simdprep/file_image.hpp"
#include "simdprep/part.hpp"
#include "simdprep/part_file.hpp"

namespace simdprep::bind {
namespace {

// An image as h5py's driver for Python files wants it: with a place where the next bytes go.
struct OpenImage {
    FileImage image;
    std::uint64_t place = 0;
    std::span<const std::byte> announced;

    std::uint64_t seek(std::int64_t offset, int whence) {
        const std::uint64_t from = whence == 0 ? 0 : whence == 1 ? place : image.size();
        return place = from + static_cast<std::uint64_t>(offset);
    }
    py::ssize_t write(const py::buffer& data) {
        const py::buffer_info info = data.request();
        const auto bytes = span_of(info);
        const bool stays = bytes.data() == announced.data() && bytes.size() == announced.size();
        if (stays) image.refer(place, announced);
        else image.write(place, bytes);
        place += bytes.size();
        return static_cast<py::ssize_t>(bytes.size());
    }
    py::ssize_t readinto(const py::buffer& out) {
        const py::buffer_info info = out.request(/*writable=*/true);
        const auto size = static_cast<std::size_t>(info.size * info.itemsize);
        image.read(place, {static_cast<std::byte*>(info.ptr), size});
        place += size;
        return static_cast<py::ssize_t>(size);
    }
    void hold(StoredDataset& dataset) {
        image.hold(std::make_shared<const std::vector<StoredChunk>>(std::move(dataset.chunks)));
        dataset.chunks = {};
    }
};

}  // namespace

void bind_file_image(py::module_& module) {
    using namespace py::literals;
    py::class_<OpenImage>(module, "FileImage", "A file in memory that does not copy the chunks that are announced to it.")
        .def(py::init<>())
        .def_property_readonly("size", [](const OpenImage& file) { return file.image.size(); })
        .def("announce", [](OpenImage& file, const StoredDataset& dataset, std::size_t index) { file.announced = dataset.chunks.at(index).bytes; },
             "dataset"_a, "index"_a, "The chunk that is written next stays where it is.")
        .def("hold", &OpenImage::hold, "dataset"_a, "Takes the chunks of a dataset, which is empty then.")
        .def("bytes", [](const OpenImage& file) {
                 const auto all = file.image.bytes();
                 return py::bytes(reinterpret_cast<const char*>(all.data()), all.size());
             }, "A copy of the whole file.")
        .def("seek", &OpenImage::seek, "offset"_a, "whence"_a = 0)
        .def("tell", [](const OpenImage& file) { return file.place; })
        .def("write", &OpenImage::write, "data"_a)
        .def("readinto", &OpenImage::readinto, "out"_a)
        .def("truncate", [](OpenImage& file, std::uint64_t size) { file.image.resize(size); return size; }, "size"_a)
        .def("flush", [](const OpenImage&) {})
        .def("commit",
             [](const OpenImage& file, const std::string& path, bool hash) {
                 CommittedFile done;
                 {
                     const ReleasedGil release;
                     done = commit_file(path, file.image, hash ? Hash::sha256 : Hash::no);
                 }
                 return py::make_tuple(done.sha256, done.bytes);
             },
             "path"_a, py::kw_only(), "hash"_a, "Writes it under a temporary name, syncs and renames it; returns SHA-256 (or an empty text) and size.");
}

}  // namespace simdprep::bind
