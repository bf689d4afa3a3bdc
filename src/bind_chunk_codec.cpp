#include "bind.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

py::tuple encode(const py::buffer& raw, std::size_t shuffle_size, int deflate_level, bool fletcher) {
    const py::buffer_info info = raw.request();
    const detail::ChunkPipeline pipeline{shuffle_size, deflate_level, fletcher};
    StoredChunk stored;
    {
        const ReleasedGil release;
        stored = detail::encode_chunk(pipeline, span_of(info));
    }
    return py::make_tuple(py::bytes(reinterpret_cast<const char*>(stored.bytes.data()), stored.bytes.size()), stored.filter_mask);
}

void check(const py::buffer& stored, std::uint32_t filter_mask, std::size_t shuffle_size, const std::string& compressor,
           bool fletcher) {
    const py::buffer_info info = stored.request();
    const ReleasedGil release;
    detail::check_chunk(detail::pipeline_to_read(shuffle_size, compressor, fletcher), span_of(info), filter_mask);
}

// Chunks of one dataset, one after the other in memory.
using ChunkRun = std::tuple<py::buffer, std::size_t, std::size_t, int, bool>;

py::list encode_all(detail::ThreadPool& pool, const std::vector<ChunkRun>& runs) {
    struct Task {
        detail::ChunkPipeline pipeline;
        std::span<const std::byte> raw;
        StoredChunk stored;
    };
    std::vector<py::buffer_info> held;
    std::vector<Task> tasks;
    std::vector<std::size_t> counts;
    for (const auto& [raw, chunk_bytes, shuffle_size, deflate_level, fletcher] : runs) {
        held.push_back(raw.request());
        const std::span<const std::byte> bytes = span_of(held.back());
        if (chunk_bytes == 0 || bytes.size() % chunk_bytes != 0)
            throw InternalError(expected("chunks", std::to_string(bytes.size()) + " bytes", "a multiple of " + std::to_string(chunk_bytes)));
        counts.push_back(bytes.size() / chunk_bytes);
        for (std::size_t at = 0; at < bytes.size(); at += chunk_bytes)
            tasks.push_back({{shuffle_size, deflate_level, fletcher}, bytes.subspan(at, chunk_bytes), {}});
    }
    {
        const py::gil_scoped_release release;
        pool.parallel_for(tasks.size(), [&](std::size_t at) { tasks[at].stored = detail::encode_chunk(tasks[at].pipeline, tasks[at].raw); });
    }
    py::list all;
    auto task = tasks.begin();
    for (const std::size_t count : counts) {
        py::list run;
        for (std::size_t number = 0; number < count; ++number, ++task) {
            const std::vector<std::byte>& bytes = task->stored.bytes;
            run.append(py::make_tuple(py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size()), task->stored.filter_mask));
        }
        all.append(std::move(run));
    }
    return all;
}

std::vector<std::string> compressors() {
    std::vector<std::string> names;
    for (const detail::Compressor compressor : detail::built_in_compressors()) names.emplace_back(detail::name_of(compressor));
    return names;
}

}  // namespace

void bind_chunk_codec(py::module_& module) {
    using namespace py::literals;
    module.def("encode_chunk", &encode, "raw"_a, py::kw_only(), "shuffle_size"_a, "deflate_level"_a, "fletcher"_a,
               "The bytes to be stored for a whole contiguous chunk and its filter mask, without the GIL.");
    module.def("encode_chunks", &encode_all, "pool"_a, "runs"_a,
               "The same for runs of chunks, each (raw bytes, bytes of a chunk, shuffle_size, deflate_level, fletcher), on "
               "all threads of a pool: a list of (bytes, mask) for each run.");
    module.def("check_chunk", &check, "stored"_a, "filter_mask"_a, py::kw_only(), "shuffle_size"_a, "compressor"_a,
               "fletcher"_a, "Compares the checksum of a stored chunk, without the GIL.");
    module.def("built_in_compressors", &compressors, "Names of the compressors whose chunks the core can read.");
}

}  // namespace simdprep::bind
