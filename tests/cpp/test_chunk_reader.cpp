#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>

#include "check.hpp"
#include "simdprep/detail/chunk_reader.hpp"

using namespace simdprep;
using namespace simdprep::detail;

namespace {

constexpr std::size_t row_bytes = 12;
constexpr ChunkPipeline full = {.shuffle_size = 4, .deflate_level = 3, .fletcher = true};
constexpr ChunkPipeline bare = {.shuffle_size = 0, .deflate_level = 0, .fletcher = false};

// A file of chunks at odd places, with the rows it holds.
class Stored {
public:
    Stored(const ChunkPipeline& pipeline, std::size_t chunk_rows, std::size_t num_chunks)
        : rows_(check::random_bytes(chunk_rows * num_chunks * row_bytes, 0.3, 1)),
          chunk_rows_(chunk_rows),
          pipeline_(pipeline) {
        std::string text = "something in front";
        for (std::size_t chunk = 0; chunk < num_chunks; ++chunk) {
            const std::size_t size = chunk_rows * row_bytes;
            const auto stored = encode_chunk(pipeline, std::span(rows_).subspan(chunk * size, size));
            chunks_.push_back({.address = text.size(), .size = stored.bytes.size(), .filter_mask = stored.filter_mask});
            text.append(reinterpret_cast<const char*>(stored.bytes.data()), stored.bytes.size());
            text += "gap";
        }
        check::write_file(path(), text);
    }

    [[nodiscard]] std::filesystem::path path() const { return folder_ / "file"; }
    [[nodiscard]] ChunkReader reader() const { return reader(chunks_); }
    ChunkReader reader(std::vector<ChunkEntry> chunks, std::vector<std::byte> fill = {}) const {
        return {path(), std::move(chunks), pipeline_, chunk_rows_, row_bytes, std::move(fill)};
    }
    [[nodiscard]] std::span<const std::byte> rows(std::size_t start, std::size_t stop) const {
        return std::span(rows_).subspan(start * row_bytes, (stop - start) * row_bytes);
    }
    [[nodiscard]] const std::vector<ChunkEntry>& chunks() const { return chunks_; }

    void flip(std::size_t chunk, std::size_t byte) const {
        std::string text = check::read_file(path());
        text[chunks_[chunk].address + byte] ^= 4;
        check::write_file(path(), text);
    }

private:
    check::Folder folder_;
    std::vector<std::byte> rows_;
    std::vector<ChunkEntry> chunks_;
    std::size_t chunk_rows_;
    ChunkPipeline pipeline_;
};

std::vector<std::byte> read(const ChunkReader& reader, ThreadPool& pool, std::size_t start, std::size_t stop) {
    // Guard bytes behind the end: whatever is written there is a mistake.
    std::vector<std::byte> out((stop - start) * row_bytes + 16, std::byte{0x5a});
    reader.read_rows(pool, start, stop, out.data());
    CHECK(std::ranges::count(std::span(out).last(16), std::byte{0x5a}) == 16);
    return {out.begin(), out.end() - 16};
}

}  // namespace

TEST(every_range_of_rows) {
    for (const ChunkPipeline& pipeline : {full, bare, ChunkPipeline{}}) {
        const Stored stored(pipeline, 7, 4);
        const ChunkReader reader = stored.reader();
        for (const unsigned threads : {1U, 3U}) {
            ThreadPool pool(threads);
            for (std::size_t start = 0; start <= 28; ++start) {
                for (std::size_t stop = start; stop <= 28; ++stop) {
                    CHECK(std::ranges::equal(read(reader, pool, start, stop), stored.rows(start, stop)));
                }
            }
        }
    }
}

TEST(single_chunks) {
    const Stored stored(full, 100, 3);
    const ChunkReader reader = stored.reader();
    CHECK_EQUAL(reader.num_chunks(), 3);
    CHECK_EQUAL(reader.chunk_bytes(), 1200);
    std::vector<std::byte> out(1200);
    for (const std::size_t index : {2UL, 0UL, 1UL}) {
        reader.read_chunk(index, out);
        CHECK(std::ranges::equal(out, stored.rows(index * 100, (index + 1) * 100)));
    }
    CHECK_THROWS(InternalError, "wrong number or size", reader.read_chunk(3, out));
    CHECK_THROWS(InternalError, "wrong number or size", reader.read_chunk(0, std::span(out).first(5)));
}

TEST(chunks_never_written_hold_the_fill) {
    const Stored stored(full, 10, 3);
    auto chunks = stored.chunks();
    chunks[1] = {};
    ThreadPool pool(2);
    std::vector<std::byte> fill(row_bytes);
    for (std::size_t i = 0; i < row_bytes; ++i) {
        fill[i] = static_cast<std::byte>(i);
    }
    const auto zeros = read(stored.reader(chunks), pool, 5, 25);
    const auto filled = read(stored.reader(chunks, fill), pool, 5, 25);
    for (std::size_t i = 5 * row_bytes; i < 15 * row_bytes; ++i) {
        CHECK(zeros[i] == std::byte{0});
        CHECK(filled[i] == fill[i % row_bytes]);
    }
    CHECK(std::ranges::equal(std::span(zeros).last(10 * row_bytes).last(5 * row_bytes), stored.rows(20, 25)));
    CHECK_THROWS(InternalError, "fill row", stored.reader(chunks, std::vector<std::byte>(5)));
}

TEST(rows_beyond_the_chunks) {
    const Stored stored(full, 10, 3);
    const ChunkReader reader = stored.reader();
    ThreadPool pool(2);
    CHECK_THROWS(DatasetError, "rows: got 0:31", read(reader, pool, 0, 31));
    std::byte none{};
    CHECK_THROWS(DatasetError, "rows: got 5:3", reader.read_rows(pool, 5, 3, &none));
    CHECK_THROWS(DatasetError, "rows: got 0:18446744073709551615",
                 reader.read_rows(pool, 0, std::numeric_limits<std::uint64_t>::max(), &none));
    reader.read_rows(pool, 30, 30, nullptr);
}

TEST(several_reads_at_once) {
    const Stored one(full, 7, 4);
    const Stored other(bare, 100, 2);
    const ChunkReader first = one.reader();
    const ChunkReader second = other.reader();
    for (const unsigned threads : {1U, 3U}) {
        ThreadPool pool(threads);
        std::vector<std::byte> a(20 * row_bytes);
        std::vector<std::byte> b(150 * row_bytes);
        std::vector<std::byte> c(3 * row_bytes);
        const std::vector<RowRead> reads{
            {&first, 5, 25, a.data()}, {&second, 7, 7, nullptr}, {&second, 20, 170, b.data()}, {&first, 6, 9, c.data()}};
        ChunkReader::read_rows(pool, reads);
        CHECK(std::ranges::equal(a, one.rows(5, 25)));
        CHECK(std::ranges::equal(b, other.rows(20, 170)));
        CHECK(std::ranges::equal(c, one.rows(6, 9)));
        const std::vector<RowRead> wrong{{&first, 0, 7, a.data()}, {&second, 0, 201, b.data()}};
        CHECK_THROWS(DatasetError, "rows: got 0:201", ChunkReader::read_rows(pool, wrong));
    }
    ThreadPool pool(2);
    ChunkReader::read_rows(pool, {});
}

TEST(checksums_alone) {
    const Stored stored(full, 100, 5);
    ThreadPool pool(3);
    stored.reader().check_chunks(pool);
    stored.flip(3, 9);
    CHECK_THROWS(DatasetError, "checksum", stored.reader().check_chunks(pool));
    const Stored without(bare, 100, 2);
    without.flip(0, 3);
    without.reader().check_chunks(pool);  // nothing to compare with
}

TEST(no_rows_at_all) {
    const Stored stored(full, 10, 0);
    const ChunkReader reader = stored.reader();
    ThreadPool pool(2);
    reader.read_rows(pool, 0, 0, nullptr);
    std::byte none{};
    CHECK_THROWS(DatasetError, "rows", reader.read_rows(pool, 0, 1, &none));
}

TEST(places_outside_of_the_file) {
    const Stored stored(full, 10, 3);
    const std::uint64_t size = std::filesystem::file_size(stored.path());
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    for (const ChunkEntry& bad : {ChunkEntry{size + 1, 0}, ChunkEntry{size, 1}, ChunkEntry{0, size + 1},
                                  ChunkEntry{most - 1, 10}, ChunkEntry{10, most - 5}, ChunkEntry{most - 1, most}}) {
        auto chunks = stored.chunks();
        chunks[2] = bad;
        CHECK_THROWS(DatasetError, "place of a chunk", stored.reader(chunks));
        CHECK_THROWS(DatasetError, stored.path().string() + ": chunk 2", stored.reader(chunks));
    }
}

TEST(chunks_too_small_for_what_they_claim) {
    const Stored stored(full, 10, 1);
    const std::vector<ChunkEntry> chunks = {{.address = 0, .size = 20}};
    CHECK_THROWS(DatasetError, "stored bytes of a chunk: got 20",
                 ChunkReader(stored.path(), chunks, full, std::size_t{1} << 40, 100));
    CHECK_THROWS(DatasetError, "stored bytes of a chunk", ChunkReader(stored.path(), chunks, bare, 1, 21));
    CHECK_THROWS(DatasetError, "chunk of a dataset",
                 ChunkReader(stored.path(), chunks, full, std::size_t{1} << 40, std::size_t{1} << 40));
    CHECK_THROWS(DatasetError, "chunk of a dataset", ChunkReader(stored.path(), chunks, full, 0, 1));
}

TEST(damage_names_file_and_chunk) {
    const Stored stored(full, 1000, 3);
    const ChunkReader reader = stored.reader();
    ThreadPool pool(3);
    stored.flip(1, 77);
    CHECK(std::ranges::equal(read(reader, pool, 0, 1000), stored.rows(0, 1000)));
    CHECK(std::ranges::equal(read(reader, pool, 2000, 3000), stored.rows(2000, 3000)));
    CHECK_THROWS(DatasetError, "chunk checksum", read(reader, pool, 0, 3000));
    CHECK_THROWS(DatasetError, "in " + stored.path().string() + ": chunk 1", read(reader, pool, 1999, 2001));
}

TEST(file_cut_after_opening) {
    const Stored stored(full, 100, 3);
    const ChunkReader reader = stored.reader();
    ThreadPool pool(2);
    std::filesystem::resize_file(stored.path(), stored.chunks()[2].address + 3);
    CHECK_THROWS(DatasetError, "got the end of the file", read(reader, pool, 0, 300));
    CHECK_THROWS(DatasetError, ": chunk 2", read(reader, pool, 0, 300));
    CHECK(std::ranges::equal(read(reader, pool, 0, 200), stored.rows(0, 200)));
}

TEST(files_that_cannot_be_opened) {
    const check::Folder folder;
    CHECK_THROWS(DatasetError, "cannot open: got \"No such file or directory\"",
                 ChunkReader(folder / "none", {}, full, 1, 1));
}

TEST(the_file_may_be_removed_while_open) {
    const Stored stored(full, 10, 3);
    const ChunkReader reader = stored.reader();
    std::filesystem::remove(stored.path());
    ThreadPool pool(2);
    CHECK(std::ranges::equal(read(reader, pool, 3, 28), stored.rows(3, 28)));
}

TEST(several_threads_read_at_once) {
    const Stored stored(full, 64, 20);
    const ChunkReader reader = stored.reader();
    ThreadPool shared(3);
    std::vector<std::thread> threads;
    std::vector<int> good(3, 0);
    for (int& flag : good) {
        threads.emplace_back([&stored, &reader, &shared, &flag] {
            for (std::size_t round = 0; round < 20; ++round) {
                const std::size_t start = round * 31;
                flag += std::ranges::equal(read(reader, shared, start, 1280), stored.rows(start, 1280)) ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(good == std::vector<int>(3, 20));
}
