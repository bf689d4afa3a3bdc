#include "bind.hpp"
#include "row_reader.hpp"
#include "simdprep/detail/stored_check.hpp"
#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::ChunkEntry;
using detail::ChunkPipeline;
using detail::ChunkReader;
using detail::ThreadPool;

template <typename T>
using Table = py::array_t<T, py::array::c_style | py::array::forcecast>;

std::vector<ChunkEntry> entries_of(const Table<std::uint64_t>& addresses, const Table<std::uint64_t>& sizes, const Table<std::uint32_t>& masks) {
    std::vector<ChunkEntry> entries(static_cast<std::size_t>(addresses.size()));
    if (sizes.size() != addresses.size() || masks.size() != addresses.size()) throw InternalError("a table of several lengths");
    for (std::size_t chunk = 0; chunk < entries.size(); ++chunk)
        entries[chunk] = {addresses.data()[chunk], sizes.data()[chunk], masks.data()[chunk]};
    return entries;
}

std::unique_ptr<RowReader> make_reader(const std::string& path, const Table<std::uint64_t>& addresses,
                                         const Table<std::uint64_t>& sizes, const Table<std::uint32_t>& masks,
                                         std::size_t chunk_rows, std::size_t row_bytes, const std::string& row_fill,
                                         std::size_t shuffle_size, const std::string& compressor, bool fletcher) {
    std::vector<ChunkEntry> entries = entries_of(addresses, sizes, masks);
    const ChunkPipeline pipeline = detail::pipeline_to_read(shuffle_size, compressor, fletcher);
    const auto* fill = reinterpret_cast<const std::byte*>(row_fill.data());
    return std::make_unique<RowReader>(RowReader{
        ChunkReader(path, std::move(entries), pipeline, chunk_rows, row_bytes, std::vector<std::byte>(fill, fill + row_fill.size())),
        row_bytes});
}

detail::RowRead row_read(const RowReader& rows, std::uint64_t start, std::uint64_t stop, py::array& out) {
    const bool sound = (out.flags() & py::array::c_style) != 0 && out.writeable() && stop >= start &&
                       static_cast<std::uint64_t>(out.nbytes()) == (stop - start) * rows.row_bytes;
    if (!sound) throw InternalError("an output array of the wrong size");
    return {&rows.reader, start, stop, static_cast<std::byte*>(out.mutable_data())};
}

void read(const RowReader& rows, ThreadPool& pool, std::uint64_t start, std::uint64_t stop, py::array out) {
    const detail::RowRead one = row_read(rows, start, stop, out);
    const ReleasedGil release;
    ChunkReader::read_rows(pool, std::span(&one, 1));
}

// The readers and arrays stay referenced by the caller's list for the length of the call.
using RowReadArguments = std::tuple<const RowReader*, std::uint64_t, std::uint64_t, py::array>;

void read_rows(ThreadPool& pool, std::vector<RowReadArguments> arguments) {
    std::vector<detail::RowRead> reads;
    reads.reserve(arguments.size());
    for (auto& [rows, start, stop, out] : arguments) {
        if (rows == nullptr) throw InternalError("a read without a reader");
        reads.push_back(row_read(*rows, start, stop, out));
    }
    const ReleasedGil release;
    ChunkReader::read_rows(pool, reads);
}

// Of a dataset: chunks, bytes of one unpacked, bytes per shuffled element, what compresses, whether there are checksums.
using StoredArguments = std::tuple<std::uint64_t, std::uint64_t, std::size_t, std::string, bool>;

bool are_sound(const std::string& path, ThreadPool& pool, const std::vector<StoredArguments>& datasets, const Table<std::uint64_t>& addresses,
               const Table<std::uint64_t>& sizes, const Table<std::uint32_t>& masks) {
    const std::vector<ChunkEntry> chunks = entries_of(addresses, sizes, masks);
    std::vector<detail::StoredRun> runs;
    std::span<const ChunkEntry> left(chunks);
    for (const auto& [count, chunk_bytes, shuffle_size, compressor, fletcher] : datasets) {
        if (count > left.size()) throw InternalError("a table with fewer chunks than its datasets have");
        runs.push_back({detail::pipeline_to_read(shuffle_size, compressor, fletcher), chunk_bytes, left.first(count)});
        left = left.subspan(count);
    }
    const ReleasedGil release;
    return detail::are_sound(path, runs, pool);
}

}  // namespace

void bind_chunk_reader(py::module_& module) {
    using namespace py::literals;
    py::class_<ThreadPool>(module, "ThreadPool", "Persistent threads; does its work on the caller alone in a forked child.")
        .def(py::init<unsigned>(), "threads"_a = 0)
        .def_property_readonly("size", &ThreadPool::size);
    py::class_<RowReader>(module, "ChunkReader", "Reads rows of one chunked HDF5 dataset by the table of its chunks.")
        .def(py::init(&make_reader), "path"_a, "addresses"_a, "sizes"_a, "masks"_a, py::kw_only(), "chunk_rows"_a,
             "row_bytes"_a, "row_fill"_a, "shuffle_size"_a, "compressor"_a, "fletcher"_a)
        .def_property_readonly("num_chunks", [](const RowReader& rows) { return rows.reader.num_chunks(); })
        .def("read", &read, "pool"_a, "start"_a, "stop"_a, "out"_a,
             "Decodes rows [start, stop) into a contiguous array, without the GIL.")
        .def("check_chunks", [](const RowReader& rows, ThreadPool& pool) { rows.reader.check_chunks(pool); }, "pool"_a,
             py::call_guard<ReleasedGil>(), "Compares the checksums of all chunks, without the GIL.");
    module.def("are_sound", &are_sound, "path"_a, "pool"_a, "datasets"_a, "addresses"_a, "sizes"_a, "masks"_a,
               "Compares the checksums of all chunks of a file, in the order in which they lie in it, without the GIL.");
    module.def("read_rows", &read_rows, "pool"_a, "reads"_a,
               "As ChunkReader.read for a list of (reader, start, stop, out), all at once.");
}

}  // namespace simdprep::bind
