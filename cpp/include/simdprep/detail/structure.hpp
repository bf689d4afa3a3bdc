// What a part says of itself, read from its bytes without HDF5: attributes, how its datasets are stored, and where
// their chunks lie. Many times as fast as asking HDF5, and only for files that are as ours are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simdprep/detail/chunk_reader.hpp"
#include "simdprep/detail/metadata_file.hpp"
#include "simdprep/detail/object_header.hpp"

namespace simdprep::detail {

// Of several datasets, one after the other.
struct StoredDatasets {
    std::string kinds;                     // the bytes of all that says how they are stored, but for their lengths
    std::vector<std::uint64_t> lengths;    // first axes
    std::vector<std::uint64_t> num_chunks;
    std::vector<ChunkEntry> chunks;        // of all, in order of rows
};

class Structure {
public:
    // Addresses by name.
    using Links = std::map<std::string, std::uint64_t, std::less<>>;

    // NotExpected unless the file begins as ours do. Only a test believes metadata without comparing their checksums.
    explicit Structure(const std::filesystem::path& path, bool compares_checksums = true);

    [[nodiscard]] const FileIdentity& identity() const noexcept { return file_.identity(); }
    // Texts of fixed length that are attributes of the root group, without the zeros behind.
    [[nodiscard]] std::map<std::string, std::string> texts() const;
    // The members of the group of a path, "/" for the root group.
    [[nodiscard]] const Links& links(const std::string& path);
    // Attributes of the object of a path, "/" for the root group.
    [[nodiscard]] std::uint64_t num_attributes(const std::string& path);
    // An attribute that is one unsigned number of 64 bits; no value where there is none in the header.
    [[nodiscard]] std::optional<std::uint64_t> number(const std::string& path, const std::string& name);
    // What is stored under these paths; NotExpected for what is no dataset that grows along its first axis.
    [[nodiscard]] StoredDatasets datasets(const std::vector<std::string>& paths, bool with_chunks);
    // The header of the object of a path; NotExpected if no hard links lead there.
    [[nodiscard]] const ObjectHeader& header(const std::string& path);

private:
    MetadataFile file_;
    std::map<std::string, ObjectHeader, std::less<>> headers_;
    std::map<std::string, Links, std::less<>> links_;
};

// The first axis of a dataset, by its dataspace message, where it may grow; and where in the message it stands.
[[nodiscard]] std::uint64_t length_of(std::span<const std::byte> dataspace);
inline constexpr std::size_t length_at = 4;

// What the layout message of a dataset says that is chunked and indexed by an extensible array.
struct ChunkedLayout {
    explicit ChunkedLayout(std::span<const std::byte> message);

    std::vector<std::uint64_t> chunk;  // entries along each axis
    std::uint64_t chunk_bytes;         // unpacked
    std::span<const std::byte> parameters;
    std::size_t address_at;            // where in the message the address of the index stands
    std::uint64_t address;
};

}  // namespace simdprep::detail
