#include "simdprep/detail/packed_reader.hpp"

#include <algorithm>
#include <cstring>

#include "check.hpp"

using namespace simdprep;
using namespace simdprep::detail;

namespace {

constexpr std::size_t chunk_rows = 16, slots = 5, num_rows = 40;  // the last chunk is not full

// A dataset of elements in a file of its own.
class Stored {
public:
    Stored(std::vector<std::byte> raw, std::size_t element, const ChunkPipeline& pipeline) : pipeline_(pipeline) {
        row_bytes_ = element * slots;
        raw.resize((num_rows + chunk_rows - 1) / chunk_rows * chunk_rows * row_bytes_);
        const std::size_t size = chunk_rows * row_bytes_;
        std::string text = "in front";
        for (std::size_t at = 0; at < raw.size(); at += size) {
            const auto chunk = encode_chunk(pipeline, std::span(raw).subspan(at, size));
            chunks_.push_back({.address = text.size(), .size = chunk.bytes.size(), .filter_mask = chunk.filter_mask});
            text.append(reinterpret_cast<const char*>(chunk.bytes.data()), chunk.bytes.size());
        }
        check::write_file(folder_ / "file", text);
    }
    [[nodiscard]] ChunkReader reader() const { return {folder_ / "file", chunks_, pipeline_, chunk_rows, row_bytes_}; }

private:
    check::Folder folder_;
    ChunkPipeline pipeline_;
    std::size_t row_bytes_ = 0;
    std::vector<ChunkEntry> chunks_;
};

// Records of a mask, a float and an int16, and the same as datasets of their own.
struct Data {
    std::vector<std::uint8_t> valid;
    std::vector<float> floats;
    std::vector<std::int16_t> ints;
    std::vector<std::byte> records;
};

Data data_of(unsigned seed) {
    std::mt19937 random(seed);
    Data data;
    for (std::size_t row = 0; row < num_rows; ++row) {
        const std::size_t count = random() % (slots + 1);
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const bool valid = slot < count;
            data.valid.push_back(valid);
            data.floats.push_back(valid ? static_cast<float>(random()) : 0);
            data.ints.push_back(valid ? static_cast<std::int16_t>(random()) : 0);
            std::byte record[7];
            std::memcpy(record, &data.floats.back(), 4);
            std::memcpy(record + 4, &data.ints.back(), 2);
            std::memcpy(record + 6, &data.valid.back(), 1);
            data.records.insert(data.records.end(), record, record + 7);
        }
    }
    return data;
}

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
    const auto* data = reinterpret_cast<const std::byte*>(values.data());
    return {data, data + values.size() * sizeof(T)};
}

// What the padded arrays give when they are packed the other way.
void check_rows(const Data& data, PackedReader& reader, std::uint64_t start, std::uint64_t stop) {
    std::vector<std::int64_t> offsets(stop - start + 1), wanted(stop - start + 1);
    reader.read(start, stop, offsets);
    const auto column = [&](const auto& values, DType dtype) {
        const auto size = static_cast<std::ptrdiff_t>(sizeof(values[0]));
        return ColumnView{reinterpret_cast<const std::byte*>(values.data() + start * slots), dtype, size * std::ptrdiff_t{slots}, size};
    };
    count_valid(column(data.valid, DType::boolean), stop - start, slots, wanted.data());
    CHECK(offsets == wanted);
    const std::vector<std::optional<ItemTransform>> transforms{ItemTransform{.mean = 1e9, .std = 7}, std::nullopt};
    std::vector<float> items(static_cast<std::size_t>(wanted.back()) * 2 + 1), others = items;
    reader.pack(transforms, DType::float32, reinterpret_cast<std::byte*>(items.data()));
    const ColumnView columns[] = {column(data.floats, DType::float32), column(data.ints, DType::int16)};
    ThreadPool pool(1);
    pack_lists(pool, columns, transforms, wanted, DType::float32, reinterpret_cast<std::byte*>(others.data()));
    CHECK(items == others);
}

constexpr std::pair<std::uint64_t, std::uint64_t> ranges[] = {{0, num_rows}, {0, chunk_rows}, {3, 33}, {7, 7}, {16, 32}, {39, 40}};

ChunkPipeline pipeline_of(std::size_t element, int level) { return {.shuffle_size = element, .deflate_level = level, .fletcher = true}; }

}  // namespace

TEST(datasets_and_records_are_packed_as_from_padded_arrays) {
    for (const int level : {0, 4}) {
        const Data data = data_of(static_cast<unsigned>(level) + 1);
        const Stored floats(bytes_of(data.floats), 4, pipeline_of(4, level)), ints(bytes_of(data.ints), 2, pipeline_of(2, level));
        const Stored valid(bytes_of(data.valid), 1, pipeline_of(0, level)), records(data.records, 7, pipeline_of(7, level));
        const auto of_floats = floats.reader(), of_ints = ints.reader(), of_valid = valid.reader(), of_records = records.reader();
        const StoredField columns[] = {{&of_floats, {0, 4}, DType::float32}, {&of_ints, {0, 2}, DType::int16}};
        PackedReader by_column(columns, {&of_valid, {0, 1}, DType::boolean}, 1, slots);
        const StoredField members[] = {{&of_records, {0, 4}, DType::float32}, {&of_records, {4, 2}, DType::int16}};
        PackedReader by_record(members, {&of_records, {6, 1}, DType::boolean}, 1, slots);
        for (const auto& [start, stop] : ranges) {
            check_rows(data, by_column, start, stop);
            check_rows(data, by_record, start, stop);
        }
    }
}

TEST(lists_in_lists_are_lists_one_after_the_other) {
    const Data data = data_of(5);
    const Stored floats(bytes_of(data.floats), 4, pipeline_of(4, 4)), valid(std::vector<std::byte>(num_rows * slots, std::byte{1}), 1, pipeline_of(0, 4));
    const auto of_floats = floats.reader(), of_valid = valid.reader();
    const StoredField fields[] = {{&of_floats, {0, 4}, DType::float32}};
    PackedReader reader(fields, {&of_valid, {0, 1}, DType::boolean}, slots, 1);  // five lists of one slot
    std::vector<std::int64_t> offsets(num_rows * slots + 1);
    reader.read(0, num_rows, offsets);
    CHECK_EQUAL(offsets.back(), num_rows * slots);
    std::vector<float> items(num_rows * slots);
    reader.pack({}, DType::float32, reinterpret_cast<std::byte*>(items.data()));
    CHECK(items == data.floats);
}

TEST(what_is_wrong_is_told) {
    const Data data = data_of(2);
    std::vector<std::uint8_t> gap(num_rows * slots, 0), odd = gap;
    gap[8] = 1;
    odd[0] = 2;
    const Stored floats(bytes_of(data.floats), 4, pipeline_of(4, 4)), gaps(bytes_of(gap), 1, pipeline_of(0, 4)), odds(bytes_of(odd), 1, pipeline_of(0, 4));
    const auto of_floats = floats.reader(), of_gaps = gaps.reader(), of_odds = odds.reader();
    const StoredField fields[] = {{&of_floats, {0, 4}, DType::float32}};
    std::vector<std::int64_t> offsets(num_rows + 1);
    CHECK_THROWS(DatasetError, "behind an empty slot", PackedReader(fields, {&of_gaps, {0, 1}, DType::boolean}, 1, slots).read(0, num_rows, offsets));
    CHECK_THROWS(DatasetError, "0 or 1", PackedReader(fields, {&of_odds, {0, 1}, DType::boolean}, 1, slots).read(0, num_rows, offsets));
    CHECK_THROWS(InternalError, "beyond", PackedReader(fields, {&of_odds, {0, 1}, DType::boolean}, 1, slots).read(0, 49, offsets));
    CHECK_THROWS(InternalError, "belong", PackedReader(fields, {&of_odds, {1, 1}, DType::boolean}, 1, slots));
    CHECK_THROWS(InternalError, "belong", PackedReader(fields, {&of_odds, {0, 1}, DType::boolean}, 1, 3));
}
