#include "check.hpp"
#include "simdprep/detail/sha256.hpp"
#include "simdprep/manifest.hpp"
#include "simdprep/version.hpp"

using namespace simdprep;

namespace {

ManifestPart part(const std::string& name) {
    return {.name = name,
            .rows = {{"events", 3}, {"Jet", 7}},
            .num_rows = 3,
            .bytes = 100,
            .sha256 = "ab",
            .inputs_json = R"([{"file":"a.root"}])"};
}

}  // namespace

TEST(text) {
    Manifest manifest(R"({"rows":"events"})", "cd");
    manifest.add(part("part-0.h5"));
    manifest.add({.name = "part-1.h5", .rows = {}, .num_rows = 2, .bytes = 50, .sha256 = "ef", .inputs_json = ""});
    const std::string schema_sha256 = detail::sha256_hex(check::bytes_of(R"({"rows":"events"})"));
    CHECK_EQUAL(manifest.to_json(), R"({
  "simdprep_format": "1.0",
  "version": ")" + std::string(version) + R"(",
  "config_sha256": "cd",
  "schema_sha256": ")" + schema_sha256 + R"(",
  "schema": {"rows":"events"},
  "num_rows": 5,
  "bytes": 150,
  "parts": [
    {
      "name": "part-0.h5",
      "num_rows": 3,
      "rows": {
        "events": 3,
        "Jet": 7
      },
      "bytes": 100,
      "sha256": "ab",
      "inputs": [{"file":"a.root"}]
    },
    {
      "name": "part-1.h5",
      "num_rows": 2,
      "rows": {},
      "bytes": 50,
      "sha256": "ef",
      "inputs": []
    }
  ]
}
)");
}

TEST(no_config_is_null) {
    check::contains(__FILE__, __LINE__, Manifest("{}").to_json(), "\"config_sha256\": null");
}

TEST(configs_are_kept_once_each) {
    Manifest manifest("{}");
    manifest.add_config("");
    manifest.add_config("b");
    manifest.add_config("a");
    manifest.add_config("b");
    const std::string a = detail::sha256_hex(std::as_bytes(std::span("a", 1)));
    const std::string b = detail::sha256_hex(std::as_bytes(std::span("b", 1)));
    const std::string text = "\"configs\": {\n    \"" + b + "\": \"b\",\n    \"" + a + "\": \"a\"\n  }";
    CHECK(b < a);
    check::contains(__FILE__, __LINE__, manifest.to_json(), text);
}

TEST(commit_replaces_the_old_one) {
    const check::Folder folder;
    Manifest manifest("{}");
    manifest.commit(folder.path());
    manifest.add(part("part-0.h5"));
    const CommittedFile committed = manifest.commit(folder.path());
    CHECK(folder.names() == std::vector<std::string>{"manifest.json"});
    const std::string text = check::read_file(folder / "manifest.json");
    CHECK_EQUAL(text, manifest.to_json());
    CHECK_EQUAL(committed.bytes, text.size());
    CHECK_EQUAL(committed.sha256, detail::sha256_hex(check::bytes_of(text)));
}

TEST(names_stay_in_the_folder) {
    Manifest manifest("{}");
    for (const char* name : {"", ".", "..", "a/b", "/a"}) {
        CHECK_THROWS(InternalError, "file name without a folder", manifest.add(part(name)));
    }
    manifest.add(part("a"));
    CHECK_THROWS(InternalError, "twice", manifest.add(part("a")));
    CHECK_EQUAL(manifest.parts().size(), 1);
}

TEST(names_that_are_no_text) {
    Manifest manifest("{}");
    manifest.add(part("\xff"));
    CHECK_THROWS(SchemaError, "UTF-8", static_cast<void>(manifest.to_json()));
}
