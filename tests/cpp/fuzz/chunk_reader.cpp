// The table of chunks and the reader that follows it: any addresses, sizes, masks, rows, and file.
#include "simdprep/detail/chunk_reader.hpp"

#include <algorithm>

#include "memory_file.hpp"
#include "patterns.hpp"
#include "simdprep/error.hpp"
#include "target.hpp"

using namespace simdprep::detail;

namespace {

// The most that is read at once; the file may claim any size, but only as much as it can hold is unpacked.
constexpr std::size_t largest = 1 << 16;

void read(const ChunkReader& reader, ThreadPool& pool, std::uint64_t start, std::uint64_t stop, std::size_t row_bytes) {
    if (stop > start && stop - start > largest / row_bytes) {
        stop = start + largest / row_bytes;
    }
    try {
        // What lies outside of the table is refused before anything is written.
        std::vector<std::byte> out(start < stop ? (stop - start) * row_bytes : 0);
        reader.read_rows(pool, start, stop, out.data());
    } catch (const simdprep::DatasetError&) {
    }
}

void read_everything(const ChunkReader& reader, fuzz::Taker& taker, std::size_t row_bytes) {
    static ThreadPool pool(1);
    read(reader, pool, 0, largest / row_bytes, row_bytes);
    const auto start = taker.take<std::uint32_t>();
    read(reader, pool, start, taker.take<std::uint64_t>(), row_bytes);
    for (std::size_t index = 0; index < reader.num_chunks() && reader.chunk_bytes() <= largest; ++index) {
        try {
            std::vector<std::byte> out(reader.chunk_bytes());
            reader.read_chunk(index, out);
        } catch (const simdprep::DatasetError&) {
        }
    }
    try {
        reader.check_chunks(pool);
    } catch (const simdprep::DatasetError&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Taker taker({data, size});
    ChunkPipeline pipeline;
    pipeline.shuffle_size = taker.take<std::uint16_t>();
    const auto flags = taker.take<std::uint8_t>();
    pipeline.deflate_level = flags & 1;
    pipeline.fletcher = (flags & 2) != 0;
    const auto chunk_rows = static_cast<std::size_t>(taker.take<std::uint64_t>());
    const auto row_bytes = static_cast<std::size_t>(taker.take<std::uint64_t>());
    std::vector<ChunkEntry> entries(taker.take<std::uint8_t>() % 8);
    for (ChunkEntry& entry : entries) {
        entry.address = taker.take<std::uint64_t>();
        entry.size = taker.take<std::uint64_t>();
        entry.filter_mask = taker.take<std::uint32_t>();
    }
    std::vector<std::byte> row_fill;
    if ((flags & 4) != 0 && row_bytes <= largest) {
        row_fill.assign(row_bytes, std::byte{0xc3});
    }
    fuzz::Taker ranges = taker;
    const fuzz::MemoryFile file(taker.rest());
    try {
        const ChunkReader reader(file.path(), std::move(entries), pipeline, chunk_rows, row_bytes, std::move(row_fill));
        if (row_bytes <= largest) {
            read_everything(reader, ranges, row_bytes);
        }
    } catch (const simdprep::DatasetError&) {
    }
    return 0;
}

std::vector<fuzz::Input> fuzz::corpus() {
    std::vector<Input> inputs;
    Random random(9);
    while (inputs.size() < 200) {
        ChunkPipeline pipeline;
        pipeline.shuffle_size = random.below(9);
        pipeline.deflate_level = static_cast<int>(random.below(2));
        pipeline.fletcher = random.one_in(2);
        const std::size_t row_bytes = random.between(1, 40);
        const std::size_t chunk_rows = random.between(1, 40);
        std::vector<ChunkEntry> entries(random.below(8));
        std::vector<std::byte> file(random.between(0, 50));
        for (ChunkEntry& entry : entries) {
            if (random.one_in(5)) {
                continue;  // never written
            }
            std::vector<std::byte> raw(chunk_rows * row_bytes);
            patterns()[random.below(patterns().size())].fill(random, raw);
            const auto stored = encode_chunk(pipeline, raw);
            entry = {file.size(), stored.bytes.size(), stored.filter_mask};
            file.insert(file.end(), stored.bytes.begin(), stored.bytes.end());
        }
        Input input;
        put(input, static_cast<std::uint16_t>(pipeline.shuffle_size));
        put(input, static_cast<std::uint8_t>(pipeline.deflate_level + (pipeline.fletcher ? 2 : 0) + (random.one_in(2) ? 4 : 0)));
        put(input, std::uint64_t{chunk_rows});
        put(input, std::uint64_t{row_bytes});
        put(input, static_cast<std::uint8_t>(entries.size()));
        for (const ChunkEntry& entry : entries) {
            put(input, entry.address);
            put(input, entry.size);
            put(input, entry.filter_mask);
        }
        put_bytes(input, file);
        inputs.push_back(std::move(input));
    }
    return inputs;
}
