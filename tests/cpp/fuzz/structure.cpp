// The metadata of a file: any bytes, first as they are, then with every checksum believed, which leads further in.
#include "simdprep/detail/structure.hpp"

#include <fstream>
#include <iterator>

#include "memory_file.hpp"
#include "target.hpp"

using namespace simdprep::detail;

namespace {

void look(const std::string& path, bool compares_checksums) {
    try {
        Structure structure(path, compares_checksums);
        (void)structure.texts();
        std::vector<std::string> datasets;
        for (const auto& [group, address] : structure.links("/")) {
            const std::string place = "/" + group;
            try {
                for (const auto& [name, _] : structure.links(place)) datasets.push_back(place + "/" + name);
                (void)structure.num_attributes(place);
                (void)structure.number(place, "simdprep_num_truncated");
            } catch (const NotExpected&) {
                datasets.push_back(place);  // layout compound
            }
        }
        for (const std::string& dataset : datasets) {
            try {
                const StoredDatasets found = structure.datasets({dataset}, true);
                fuzz::require(found.num_chunks.at(0) == found.chunks.size());
                for (const ChunkEntry& entry : found.chunks) fuzz::require(entry.address + entry.size <= structure.identity().size);
                (void)structure.num_attributes(dataset);
            } catch (const NotExpected&) {
            }
        }
        (void)structure.datasets(datasets, true);
    } catch (const NotExpected&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::MemoryFile file(std::as_bytes(std::span(data, size)));
    look(file.path(), true);
    look(file.path(), false);
    return 0;
}

// Golden files of each layout; where chunks begin, little is left to damage.
std::vector<fuzz::Input> fuzz::corpus() {
    constexpr std::size_t most = 64 << 10;
    std::vector<Input> inputs;
    for (const char* name : {"columns.h5", "columns-jets.h5", "compound.h5", "ragged.h5"}) {
        std::ifstream file(std::string(SIMDPREP_GOLDEN) + "/" + name, std::ios::binary);
        Input input{std::istreambuf_iterator<char>(file), {}};
        require(!input.empty());
        input.resize(std::min(input.size(), most));
        inputs.push_back(std::move(input));
    }
    return inputs;
}
