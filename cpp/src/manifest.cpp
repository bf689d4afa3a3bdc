#include "simdprep/manifest.hpp"

#include <algorithm>

#include "simdprep/detail/json_writer.hpp"
#include "simdprep/detail/sha256.hpp"
#include "simdprep/error.hpp"
#include "simdprep/format.hpp"
#include "simdprep/version.hpp"

namespace simdprep {
namespace {

constexpr int indent = 2;

bool is_plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

void write_part(detail::JsonWriter& json, const ManifestPart& part) {
    json.begin_object();
    json.member("name", part.name);
    json.member("num_rows", part.num_rows);
    json.key("rows").begin_object();
    for (const auto& [object, rows] : part.rows) {
        json.member(object, rows);
    }
    json.end_object();
    json.member("bytes", part.bytes);
    json.member("sha256", part.sha256);
    json.key("inputs").raw(part.inputs_json.empty() ? "[]" : part.inputs_json);
    if (!part.config_sha256.empty()) json.member("config_sha256", part.config_sha256);
    if (!part.version.empty()) json.member("version", part.version);
    json.end_object();
}

}  // namespace

Manifest::Manifest(std::string schema_json, std::string config_sha256)
    : schema_json_(std::move(schema_json)), config_sha256_(std::move(config_sha256)) {}

void Manifest::add_config(const std::string& text) {
    if (!text.empty()) configs_.emplace(detail::sha256_hex(std::as_bytes(std::span(text))), text);
}

void Manifest::add(ManifestPart part) {
    if (!is_plain_name(part.name)) {
        throw InternalError(expected("name of a part", "\"" + part.name + "\"", "a file name without a folder"));
    }
    if (std::ranges::any_of(parts_, [&](const ManifestPart& other) { return other.name == part.name; })) {
        throw InternalError(expected("name of a part", "\"" + part.name + "\" twice", "one part for a name"));
    }
    parts_.push_back(std::move(part));
}

std::string Manifest::to_json() const {
    std::uint64_t num_rows = 0;
    std::uint64_t bytes = 0;
    for (const ManifestPart& part : parts_) {
        num_rows += part.num_rows;
        bytes += part.bytes;
    }
    detail::JsonWriter json(indent);
    json.begin_object();
    json.member(attribute::format, format_version);
    json.member("version", version);
    if (config_sha256_.empty()) {
        json.key("config_sha256").null();
    } else {
        json.member("config_sha256", config_sha256_);
    }
    if (!configs_.empty()) {
        json.key("configs").begin_object();
        for (const auto& [sha256, text] : configs_) {
            json.member(sha256, text);
        }
        json.end_object();
    }
    json.member("schema_sha256", detail::sha256_hex(std::as_bytes(std::span(schema_json_))));
    json.key("schema").raw(schema_json_);
    json.member("num_rows", num_rows);
    json.member("bytes", bytes);
    json.key("parts").begin_array();
    for (const ManifestPart& part : parts_) {
        write_part(json, part);
    }
    json.end_array();
    json.end_object();
    return json.str() + "\n";
}

CommittedFile Manifest::commit(const std::filesystem::path& folder) const {
    const std::string text = to_json();
    return commit_file(folder / file_name, std::as_bytes(std::span(text)));
}

}  // namespace simdprep
