#include <optional>

#include "bind.hpp"
#include "simdprep/detail/chunk_index_writer.hpp"
#include "simdprep/detail/structure.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using detail::ChunkEntry;
using detail::Structure;

template <typename T>
using Table = py::array_t<T, py::array::c_style | py::array::forcecast>;

// None where the file is not as expected: HDF5 is asked then.
template <typename Body>
auto expected_or_none(const Body& body) -> std::optional<decltype(body())> {
    try {
        return body();
    } catch (const detail::NotExpected&) {
        return std::nullopt;
    }
}

template <typename T>
py::array_t<T> array_of(const std::vector<T>& values) {
    return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

template <typename T, typename Member>
py::array_t<T> column(const std::vector<ChunkEntry>& chunks, Member member) {
    py::array_t<T> found(static_cast<py::ssize_t>(chunks.size()));
    std::ranges::transform(chunks, found.mutable_data(), member);
    return found;
}

struct Found {
    detail::StoredDatasets datasets;
    std::vector<std::uint64_t> attributes;
    std::vector<std::optional<std::uint64_t>> numbers;
};

py::object look(Structure& structure, const std::vector<std::string>& datasets, const std::vector<std::string>& groups,
                const std::vector<std::string>& owners, const std::string& number, bool with_chunks) {
    std::optional<Found> found;
    {
        const ReleasedGil release;
        found = expected_or_none([&] {
            Found all{structure.datasets(datasets, with_chunks), {}, {}};
            for (const auto* paths : {&groups, &datasets})
                for (const std::string& path : *paths) all.attributes.push_back(structure.num_attributes(path));
            for (const std::string& owner : owners) all.numbers.push_back(structure.number(owner, number));
            return all;
        });
    }
    if (!found) return py::none();
    const detail::StoredDatasets& stored = found->datasets;
    return py::make_tuple(py::bytes(stored.kinds), array_of(stored.lengths), array_of(found->attributes), found->numbers, array_of(stored.num_chunks),
                          column<std::uint64_t>(stored.chunks, &ChunkEntry::address), column<std::uint64_t>(stored.chunks, &ChunkEntry::size),
                          column<std::uint32_t>(stored.chunks, &ChunkEntry::filter_mask));
}

// Writes to a file that HDF5 made for us: what is not expected there is our own mistake.
template <typename Body>
int written(const Body& body) {
    const ReleasedGil release;
    const std::optional<int> code = expected_or_none(body);
    if (!code) throw InternalError("chunk indexes: got a file that is not as ours are");
    return *code;
}

int write_chunk_indexes(const std::string& path, int file, const std::vector<std::string>& paths, const Table<std::uint64_t>& lengths,
                        const Table<std::uint64_t>& counts, const Table<std::uint64_t>& addresses, const Table<std::uint64_t>& sizes, const Table<std::uint32_t>& masks) {
    std::vector<ChunkEntry> chunks(static_cast<std::size_t>(addresses.size()));
    if (sizes.size() != addresses.size() || masks.size() != addresses.size() || static_cast<std::size_t>(counts.size()) != paths.size() ||
        counts.size() != lengths.size())
        throw InternalError("chunk indexes: got arrays of several lengths, expected one");
    for (std::size_t chunk = 0; chunk < chunks.size(); ++chunk)
        chunks[chunk] = {addresses.data()[chunk], sizes.data()[chunk], masks.data()[chunk]};
    std::vector<detail::IndexedDataset> datasets;
    std::span<const ChunkEntry> left(chunks);
    for (std::size_t dataset = 0; dataset < paths.size(); ++dataset) {
        const std::uint64_t count = counts.data()[dataset];
        if (count > left.size()) throw InternalError("chunk indexes: got more chunks than places");
        datasets.push_back({paths[dataset], lengths.data()[dataset], left.first(count)});
        left = left.subspan(count);
    }
    return written([&] { return detail::write_chunk_indexes(path, file, datasets); });
}

}  // namespace

void bind_structure(py::module_& module) {
    using namespace py::literals;
    py::class_<Structure>(module, "Structure", "What a part says of itself, read without HDF5.")
        .def_property_readonly("identity",
                               [](const Structure& structure) {
                                   const detail::FileIdentity& found = structure.identity();
                                   return py::make_tuple(found.device, found.number, found.size, found.modified);
                               })
        .def("texts",
             [](const Structure& structure) {
                 py::dict texts;
                 const auto found = expected_or_none([&] { return structure.texts(); });
                 if (found)
                     for (const auto& [name, text] : *found) texts[py::bytes(name)] = py::bytes(text);
                 return texts;
             })
        .def("has", [](Structure& structure, const std::string& name) { return expected_or_none([&] { return structure.links("/").contains(name); }); }, "name"_a)
        .def("look", &look, "datasets"_a, "groups"_a, "owners"_a, "number"_a, "with_chunks"_a,
             "Kinds, lengths, numbers of attributes of groups and datasets, the number that owners have, and of all datasets "
             "the numbers of chunks, their addresses, sizes and masks; None where HDF5 must be asked.");
    module.def(
        "read_structure",
        [](const std::string& path) -> std::unique_ptr<Structure> {
            const ReleasedGil release;
            try {
                return std::make_unique<Structure>(path);
            } catch (const detail::NotExpected&) {
                return nullptr;
            }
        },
        "path"_a, "The structure of a file; None where HDF5 must be asked.");
    module.def("write_chunk_indexes", &write_chunk_indexes, "path"_a, "file"_a, "paths"_a, "lengths"_a, "counts"_a, "addresses"_a, "sizes"_a, "masks"_a,
               "Writes the lengths and indexes of empty datasets whose chunks lie in the file; returns the errno of a write that failed, or 0.");
    module.def(
        "write_end_of_file",
        [](const std::string& path, int file, std::uint64_t end) { return written([&] { return detail::write_end_of_file(path, file, end); }); },
        "path"_a, "file"_a, "end"_a, "Tells HDF5 that all before `end` is taken; returns the errno of a write that failed, or 0.");
}

}  // namespace simdprep::bind
