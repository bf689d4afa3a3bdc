// The vocabulary of format 1: attribute names, dtypes, layouts, codecs and the numbers that decide
// how a file is cut into chunks and parts. Every other file takes these from here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace simdprep {

inline constexpr std::string_view format_version = "1.0";

namespace attribute {
inline constexpr std::string_view format = "simdprep_format";
inline constexpr std::string_view schema = "simdprep_schema";
inline constexpr std::string_view schema_sha256 = "simdprep_schema_sha256";
inline constexpr std::string_view provenance = "simdprep_provenance";
inline constexpr std::string_view provenance_sha256 = "simdprep_provenance_sha256";
inline constexpr std::string_view num_truncated = "simdprep_num_truncated";
inline constexpr std::string_view unit = "unit";
inline constexpr std::string_view description = "description";
}  // namespace attribute

// Names of datasets and members that the format adds to an object's own fields.
inline constexpr std::string_view valid_name = "valid";
inline constexpr std::string_view count_name = "count";
inline constexpr std::string_view offsets_name = "offsets";
inline constexpr std::string_view event_index_name = "event_index";
inline constexpr std::string_view events_name = "events";

enum class DType : std::uint8_t {
    boolean, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64
};

enum class Layout : std::uint8_t { columns, compound, ragged };
enum class Codec : std::uint8_t { gzip, none };

// row: one entry per row. event: one per event, above another row object. padded: a fixed number
// of slots per parent entry. ragged: any number, with offsets.
enum class Level : std::uint8_t { row, event, padded, ragged };

std::size_t size_of(DType dtype);
std::string_view name_of(DType dtype);
std::string_view name_of(Layout layout);
std::string_view name_of(Codec codec);
std::string_view name_of(Level level);

// Each throws SchemaError for a name it does not know.
DType dtype_from(std::string_view name);
Layout layout_from(std::string_view name);
Codec codec_from(std::string_view name);
Level level_from(std::string_view name);

// One chunk row count for every dataset on the row axis: the largest power of two within these
// limits. Small chunks compress worse; chunks beyond about 1 MiB leave the cache.
inline constexpr std::uint64_t max_chunk_rows = 2048;
inline constexpr std::uint64_t min_chunk_rows = 128;
inline constexpr std::uint64_t target_chunk_bytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t flat_chunk_items = 65'536;

// A part of a folder closes at the first end of an event past this many bytes of stored chunks; one of an output that
// becomes a single file closes past many more, since all but the last are copied in the end.
inline constexpr std::uint64_t part_bytes = std::uint64_t{128} << 20;
inline constexpr std::uint64_t file_part_bytes = std::uint64_t{1} << 30;

// Chunks are stored in runs, past this many bytes: those of a run lie in the file dataset by dataset. Large enough to
// read a field without seeking much, small enough to be written while the next is encoded.
inline constexpr std::uint64_t run_bytes = std::uint64_t{16} << 20;

// An HDF5 object header holds a datatype of at most 64 kB.
inline constexpr std::size_t max_compound_type_bytes = 64'000;

// Slots of a padded object in one row, over all levels: beyond it a single row no longer fits a chunk.
inline constexpr std::uint64_t max_pad = std::uint64_t{1} << 24;

}  // namespace simdprep
