// The encoder against an obvious writer of one row after the other, for any batches and threads.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "check.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/encoder.hpp"

namespace {

using namespace simdprep;

// Events with jets and tracks of jets, kept as nested vectors: the oracle's form.
struct Toy {
    std::vector<std::vector<std::vector<float>>> events;  // event, jet, track

    explicit Toy(std::size_t count, unsigned seed) : events(count) {
        std::mt19937 random(seed);
        for (auto& jets : events) {
            jets.resize(random() % 5);
            for (auto& tracks : jets) {
                tracks.resize(random() % 4);
                for (float& d0 : tracks) d0 = static_cast<float>(random() % 1000) / 8.0F;
            }
        }
    }
};

// A batch of some of the events, and the memory it views.
struct ToyBatch {
    std::vector<std::int64_t> jet_offsets{0};
    std::vector<std::int64_t> track_offsets{0};
    std::vector<float> pt;
    std::vector<float> d0;
    std::vector<std::int32_t> run;
    Batch batch;

    ToyBatch(const Toy& toy, std::size_t begin, std::size_t end, bool rows_are_jets) {
        for (std::size_t event = begin; event < end; ++event) {
            run.push_back(static_cast<std::int32_t>(event));
            for (const auto& tracks : toy.events[event]) {
                pt.push_back(static_cast<float>(tracks.size()));
                d0.insert(d0.end(), tracks.begin(), tracks.end());
                track_offsets.push_back(static_cast<std::int64_t>(d0.size()));
            }
            jet_offsets.push_back(static_cast<std::int64_t>(pt.size()));
        }
        batch.num_events = end - begin;
        batch.num_rows = rows_are_jets ? pt.size() : end - begin;
        const auto view = [](const auto& values) { return reinterpret_cast<const std::byte*>(values.data()); };
        batch.objects.resize(3);
        batch.objects[0] = {run.size(), rows_are_jets ? jet_offsets.data() : nullptr, {view(run)}};
        batch.objects[1] = {pt.size(), rows_are_jets ? nullptr : jet_offsets.data(), {view(pt)}};
        batch.objects[2] = {d0.size(), track_offsets.data(), {view(d0)}};
    }
};

Schema schema_of(Layout layout, bool rows_are_jets) {
    const Level listed = layout == Layout::ragged ? Level::ragged : Level::padded;
    const Field run{"run", DType::int32, std::int64_t{-1}, "", "", std::nullopt};
    const Field pt{"pt", DType::float32, std::nan(""), "", "", std::nullopt};
    const Field d0{"d0", DType::float32, 0.0, "", "", std::nullopt};
    const std::string rows = rows_are_jets ? "jets" : "events";
    std::vector<ObjectSpec> objects{
        {"events", rows_are_jets ? Level::event : Level::row, "", std::nullopt, "", false, {run}},
        {"jets", rows_are_jets ? Level::row : listed, rows_are_jets ? "" : "events", std::nullopt, "", false, {pt}},
        {"tracks", listed, "jets", 2, "", false, {d0}}};
    if (!rows_are_jets) objects[1].pad = 3;
    return Schema(std::move(objects), rows, layout, Codec::gzip, 1, true);
}

// Fills in batches of `step` events and returns the parts.
std::vector<Part> encode(const Toy& toy, Layout layout, bool rows_are_jets, std::size_t step, unsigned threads,
                         EncoderOptions options) {
    options.threads = threads;
    Encoder encoder(schema_of(layout, rows_are_jets), options);
    std::vector<Part> parts;
    const TakePart take = [&](Part part) { parts.push_back(std::move(part)); };
    for (std::size_t begin = 0; begin < toy.events.size(); begin += step) {
        const ToyBatch data(toy, begin, std::min(begin + step, toy.events.size()), rows_are_jets);
        encoder.fill(data.batch, take);
    }
    encoder.finish(take);
    return parts;
}

void check_same(const std::vector<Part>& got, const std::vector<Part>& wanted) {
    CHECK_EQUAL(got.size(), wanted.size());
    for (std::size_t part = 0; part < got.size(); ++part) {
        CHECK_EQUAL(got[part].num_rows, wanted[part].num_rows);
        CHECK_EQUAL(got[part].num_events, wanted[part].num_events);
        CHECK_EQUAL(got[part].row_start, wanted[part].row_start);
        CHECK_EQUAL(got[part].is_complete, wanted[part].is_complete);
        CHECK(got[part].num_truncated == wanted[part].num_truncated);
        CHECK(got[part].num_items == wanted[part].num_items);
        for (std::size_t index = 0; index < got[part].datasets.size(); ++index) {
            CHECK_EQUAL(got[part].datasets[index].length, wanted[part].datasets[index].length);
            CHECK_EQUAL(got[part].datasets[index].first_chunk, wanted[part].datasets[index].first_chunk);
            CHECK(got[part].datasets[index].chunks == wanted[part].datasets[index].chunks);
        }
    }
}

std::vector<std::byte> decoded(const Part& part, std::size_t index) {
    const DatasetDescription& dataset = part.description->datasets[index];
    std::vector<std::byte> all;
    for (const StoredChunk& chunk : part.datasets[index].chunks) {
        std::vector<std::byte> raw(dataset.chunk_bytes());
        detail::decode_chunk(dataset.pipeline, chunk.bytes, chunk.filter_mask, raw);
        all.insert(all.end(), raw.begin(), raw.end());
    }
    all.resize(part.datasets[index].length * dataset.row_bytes());
    return all;
}

std::vector<float> floats(const std::vector<std::byte>& bytes) {
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::size_t find(const Part& part, const std::string& path) {
    for (std::size_t index = 0; index < part.description->datasets.size(); ++index)
        if (part.description->datasets[index].path == path) return index;
    throw std::runtime_error("no dataset " + path);
}

TEST(nested_padding_equals_the_obvious_loop) {
    const Toy toy(5000, 1);
    const auto parts = encode(toy, Layout::columns, false, 5000, 2, {});
    CHECK_EQUAL(parts.size(), 1);
    const auto stored = floats(decoded(parts[0], find(parts[0], "/tracks/d0")));
    CHECK_EQUAL(stored.size(), 5000 * 3 * 2);
    std::size_t lost = 0;
    for (std::size_t event = 0; event < toy.events.size(); ++event)
        for (std::size_t jet = 0; jet < std::max<std::size_t>(3, toy.events[event].size()); ++jet) {
            const bool there = jet < toy.events[event].size();
            const std::size_t tracks = there ? toy.events[event][jet].size() : 0;
            for (std::size_t track = 0; track < 2 && jet < 3; ++track)
                CHECK_EQUAL(stored[(event * 3 + jet) * 2 + track], track < tracks ? toy.events[event][jet][track] : 0.0F);
            lost += jet < 3 ? (tracks > 2 ? tracks - 2 : 0) : tracks;
        }
    CHECK_EQUAL(parts[0].num_truncated[2], lost);
}

TEST(parts_do_not_depend_on_batches_or_threads) {
    const Toy toy(20'000, 2);
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged})
        for (const bool rows_are_jets : {false, true}) {
            for (EncoderOptions options : {EncoderOptions{}, EncoderOptions{.part_rows = 5000}, EncoderOptions{.part_bytes = 20'000},
                                           EncoderOptions{.part_bytes = 60'000, .run_bytes = 15'000}}) {
                const auto wanted = encode(toy, layout, rows_are_jets, 20'000, 1, options);
                check_same(encode(toy, layout, rows_are_jets, 777, 1, options), wanted);
                check_same(encode(toy, layout, rows_are_jets, 20'000, 4, options), wanted);
                check_same(encode(toy, layout, rows_are_jets, 3001, 3, options), wanted);
                if (options.part_rows > 0) CHECK(wanted.size() > 1);
            }
        }
}

// The parts that runs add up to.
std::vector<Part> joined(std::vector<Part> runs) {
    std::vector<Part> parts;
    bool is_new = true;
    for (Part& run : runs) {
        if (is_new) {
            parts.push_back(std::move(run));
        } else {
            Part& part = parts.back();
            std::vector<StoredDataset> before = std::move(part.datasets);
            part = std::move(run);
            for (std::size_t index = 0; index < before.size(); ++index) {
                StoredDataset& stored = part.datasets[index];
                std::vector<StoredChunk>& chunks = before[index].chunks;
                CHECK_EQUAL(stored.first_chunk, chunks.size());
                if (!stored.chunks.empty()) CHECK(stored.length > before[index].length);
                for (StoredChunk& chunk : stored.chunks) chunks.push_back(std::move(chunk));
                stored.chunks = std::move(chunks);
                stored.first_chunk = 0;
            }
        }
        is_new = parts.back().is_complete;
    }
    CHECK(is_new);
    return parts;
}

TEST(runs_add_up_to_the_parts) {
    const Toy toy(20'000, 7);
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged})
        for (const bool rows_are_jets : {false, true}) {
            const auto runs = encode(toy, layout, rows_are_jets, 777, 2, {.part_bytes = 60'000, .run_bytes = 3'000});
            const auto parts = encode(toy, layout, rows_are_jets, 20'000, 1, {.part_bytes = 60'000});
            CHECK(runs.size() > parts.size());
            check_same(joined(runs), parts);
        }
}

TEST(parts_end_with_an_event) {
    const Toy toy(20'000, 3);
    const auto parts = encode(toy, Layout::columns, true, 1000, 2, {.part_rows = 4096});
    std::uint64_t events = 0;
    for (const Part& part : parts) {
        std::uint64_t rows = 0;
        CHECK_EQUAL(part.event_start, events);
        for (std::uint64_t event = events; event < events + part.num_events; ++event) rows += toy.events[event].size();
        CHECK_EQUAL(part.num_rows, rows);
        events += part.num_events;
    }
    CHECK_EQUAL(events, 20'000);
    CHECK(parts.size() > 5);
}

TEST(row_parts_are_whole_chunks) {
    const auto parts = encode(Toy(20'000, 4), Layout::columns, false, 1000, 2, {.part_rows = 3000});
    for (std::size_t part = 0; part + 1 < parts.size(); ++part) CHECK_EQUAL(parts[part].num_rows, 4096);
}

TEST(no_events_make_one_empty_part) {
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged}) {
        const auto parts = encode(Toy(0, 5), layout, false, 1, 1, {});
        CHECK_EQUAL(parts.size(), 1);
        CHECK_EQUAL(parts[0].num_rows, 0);
    }
}

TEST(drifting_batches_are_refused) {
    const Toy toy(10, 6);
    Encoder encoder(schema_of(Layout::columns, false));
    ToyBatch data(toy, 0, 10, false);
    data.batch.objects[0].num_items = 9;
    CHECK_THROWS(AlignmentError, "one per row, 10", encoder.fill(data.batch));
    ToyBatch other(toy, 0, 10, false);
    other.track_offsets[1] = 1000;
    CHECK_THROWS(SchemaError, "decrease", encoder.fill(other.batch));
}

}  // namespace
