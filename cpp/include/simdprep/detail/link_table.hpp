// The members of a group in an HDF5 file, whether they lie in its header or in a heap.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "simdprep/detail/metadata_file.hpp"

namespace simdprep::detail {

class ObjectHeader;

// Addresses of the headers of a group's members by name; `undefined_address` for what is no hard link.
std::map<std::string, std::uint64_t, std::less<>> links_of(const MetadataFile& file, const ObjectHeader& group);

}  // namespace simdprep::detail
