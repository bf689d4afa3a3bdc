// The tree in which an HDF5 file keeps the names of many links or attributes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "simdprep/detail/metadata_file.hpp"

namespace simdprep::detail {

// A tree of version 2 whose records name things.
class NameTree {
public:
    NameTree(const MetadataFile& file, std::uint64_t address, std::uint8_t kind);

    [[nodiscard]] std::uint64_t num_records() const noexcept { return num_records_; }
    // All of them, one after the other.
    [[nodiscard]] std::vector<std::byte> records(std::size_t record_bytes) const;

private:
    struct Level {
        std::uint64_t most = 0;        // records of a node
        std::uint64_t most_below = 0;  // of it and all below
        std::size_t total_bytes = 0;   // of the number that counts these
    };
    void add_node(std::uint64_t address, std::uint64_t count, unsigned depth, std::vector<std::byte>& out) const;

    const MetadataFile& file_;
    std::uint8_t kind_;
    std::uint32_t node_bytes_ = 0;
    std::uint16_t record_bytes_ = 0;
    std::uint16_t depth_ = 0;
    std::uint64_t root_ = 0;
    std::uint16_t root_records_ = 0;
    std::uint64_t num_records_ = 0;
    std::size_t count_bytes_ = 0;  // of the number that counts a node's records
    std::vector<Level> levels_;
};

}  // namespace simdprep::detail
