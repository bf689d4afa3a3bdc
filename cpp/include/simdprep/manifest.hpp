// manifest.json: what a dataset of several parts consists of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "simdprep/part_file.hpp"

namespace simdprep {

struct ManifestPart {
    std::string name;                                         // of the file, without its folder
    std::vector<std::pair<std::string, std::uint64_t>> rows;  // of every object, in the schema's order
    std::uint64_t num_rows = 0;                               // of the row object
    std::uint64_t bytes = 0;
    std::string sha256;       // of the file
    std::string inputs_json;  // a JSON array: which entries of which inputs the rows come from
    // Of a part that was merged into the folder: empty where it is that of the manifest.
    std::string config_sha256{};
    std::string version{};
};

class Manifest {
public:
    static constexpr const char* file_name = "manifest.json";

    // `schema_json` is the resolved schema. `config_sha256` is empty where there was no config.
    explicit Manifest(std::string schema_json, std::string config_sha256 = {});

    // The text of a config that parts come from, so that any part can be made again. Nothing where it is empty.
    void add_config(const std::string& text);

    // InternalError if the name is not that of a file in the folder, or was added before.
    void add(ManifestPart part);

    [[nodiscard]] const std::vector<ManifestPart>& parts() const noexcept { return parts_; }

    // A function of what was put in, and of simdprep's version: no clock, host or path.
    [[nodiscard]] std::string to_json() const;

    // Writes `folder`/manifest.json as commit_file() does.
    CommittedFile commit(const std::filesystem::path& folder) const;

private:
    std::string schema_json_;
    std::string config_sha256_;
    std::map<std::string, std::string> configs_;  // by their SHA-256
    std::vector<ManifestPart> parts_;
};

}  // namespace simdprep
