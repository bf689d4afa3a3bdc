#include "bind.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"

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
    module.def("check_chunk", &check, "stored"_a, "filter_mask"_a, py::kw_only(), "shuffle_size"_a, "compressor"_a,
               "fletcher"_a, "Compares the checksum of a stored chunk, without the GIL.");
    module.def("built_in_compressors", &compressors, "Names of the compressors whose chunks the core can read.");
}

}  // namespace simdprep::bind
