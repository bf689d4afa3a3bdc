#include "simdprep/detail/name_tree.hpp"

#include <bit>
#include <span>

namespace simdprep::detail {
namespace {

// Bytes that hold every number up to this one.
std::size_t bytes_for(std::uint64_t most) { return (static_cast<std::size_t>(std::bit_width(most)) + 7) / 8; }

}  // namespace

NameTree::NameTree(const MetadataFile& file, std::uint64_t address, std::uint8_t kind) : file_(file), kind_(kind) {
    constexpr std::uint64_t header_bytes = 38, node_overhead = 10, most_depth = 8;
    const std::vector<std::byte> bytes = file.read_checked(address, header_bytes);
    MetadataFields fields(bytes);
    fields.expect_text("BTHD");
    expect(fields.u8() == 0 && fields.u8() == kind);
    node_bytes_ = fields.u32();
    record_bytes_ = fields.u16();
    depth_ = fields.u16();
    fields.skip(2);  // when nodes are split and merged
    root_ = fields.u64();
    root_records_ = fields.u16();
    num_records_ = fields.u64();
    expect(record_bytes_ > 0 && node_bytes_ > node_overhead + record_bytes_ && node_bytes_ <= (1U << 16U) && depth_ <= most_depth);
    expect(num_records_ <= file.size() / record_bytes_);
    const std::uint64_t leaf = (node_bytes_ - node_overhead) / record_bytes_;
    count_bytes_ = bytes_for(leaf);
    levels_.push_back({leaf, leaf, 0});
    for (unsigned depth = 1; depth <= depth_; ++depth) {
        const Level& below = levels_.back();
        const std::uint64_t pointer = 8 + count_bytes_ + below.total_bytes;
        expect(node_bytes_ > node_overhead + pointer);
        const std::uint64_t most = (node_bytes_ - node_overhead - pointer) / (record_bytes_ + pointer);
        const std::uint64_t most_below = (most + 1) * below.most_below + most;
        levels_.push_back({most, most_below, bytes_for(most_below)});
    }
}

std::vector<std::byte> NameTree::records(std::size_t record_bytes) const {
    expect(record_bytes == record_bytes_);
    std::vector<std::byte> found;
    if (num_records_ == 0) return found;
    found.reserve(num_records_ * record_bytes_);
    add_node(root_, root_records_, depth_, found);
    expect(found.size() == num_records_ * record_bytes_);
    return found;
}

void NameTree::add_node(std::uint64_t address, std::uint64_t count, unsigned depth, std::vector<std::byte>& out) const {
    expect(count <= levels_[depth].most);
    expect(out.size() + count * record_bytes_ <= num_records_ * record_bytes_);
    const std::size_t total_bytes = depth > 1 ? levels_[depth - 1].total_bytes : 0;
    const std::uint64_t pointers = depth == 0 ? 0 : (count + 1) * (8 + count_bytes_ + total_bytes);
    const std::vector<std::byte> bytes = file_.read_checked(address, 4 + 1 + 1 + count * record_bytes_ + pointers + 4);
    MetadataFields fields(bytes);
    fields.expect_text(depth == 0 ? "BTLF" : "BTIN");
    expect(fields.u8() == 0 && fields.u8() == kind_);
    const std::span<const std::byte> own = fields.bytes(count * record_bytes_);
    out.insert(out.end(), own.begin(), own.end());
    if (depth == 0) return;
    for (std::uint64_t child = 0; child <= count; ++child) {
        const std::uint64_t where = fields.u64();
        const std::uint64_t records = fields.number(count_bytes_);
        fields.skip(total_bytes);
        expect(records > 0);  // an empty child would let a file lead in circles
        add_node(where, records, depth - 1, out);
    }
}

}  // namespace simdprep::detail
