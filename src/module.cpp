#include "bind.hpp"
#include "simdprep/detail/codec.hpp"
#include "simdprep/format.hpp"
#include "simdprep/version.hpp"

PYBIND11_MODULE(_core, module) {
    using namespace simdprep::bind;
    module.doc() = "The C++ core of simdprep: schema, padding, encoding, committing and reading of chunks.";
    module.attr("__version__") = simdprep::version;
    module.attr("format_version") = simdprep::format_version;
    module.attr("deflate_backend") = simdprep::detail::deflate_backend();
    bind_error(module);
    bind_cpu(module);
    bind_schema(module);
    bind_new_array(module);
    bind_packing(module);
    bind_padding(module);
    bind_encoder(module);
    bind_part_file(module);
    bind_permutation(module);
    bind_range_copier(module);
    bind_run_search(module);
    bind_chunk_codec(module);
    bind_chunk_reader(module);
    bind_packed_reader(module);
    bind_gather(module);
    bind_gather_ragged(module);
    bind_structure(module);
    bind_unpad(module);
    bind_basket(module);
    bind_write_queue(module);
}
