// What Hdf5Sink stores, read back with HDF5 itself.
#include "simdprep/hdf5.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "check.hpp"
#include "simdprep/encoder.hpp"

namespace {

// From this call of pwrite on, the disk is full; negative: never.
std::atomic<int> calls_until_full = -1;

}  // namespace

extern "C" ssize_t __real_pwrite(int file, const void* data, std::size_t size, off_t at);
extern "C" ssize_t __wrap_pwrite(int file, const void* data, std::size_t size, off_t at) {
    const int left = calls_until_full;
    if (left == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (left > 0) --calls_until_full;
    return __real_pwrite(file, data, size > 1000 ? 1000 : size, at);  // some at a time, as a system may
}

namespace {

using namespace simdprep;

const std::vector<DType> all_dtypes{DType::boolean, DType::int8,   DType::int16,  DType::int32,
                                    DType::int64,   DType::uint8,  DType::uint16, DType::uint32,
                                    DType::uint64,  DType::float16, DType::float32, DType::float64};

constexpr std::uint64_t num_rows = 5000;

Schema schema_of(Layout layout, Codec codec = Codec::gzip) {
    std::vector<Field> fields;
    for (const DType dtype : all_dtypes) {
        const bool floating = dtype == DType::float16 || dtype == DType::float32 || dtype == DType::float64;
        const FillValue fill = floating ? FillValue(std::nan("")) : dtype == DType::boolean ? FillValue(false) : FillValue(std::int64_t{7});
        fields.push_back({std::string(name_of(dtype)), dtype, fill, "GeV", "of µ", std::nullopt});
    }
    return Schema({{"events", Level::row, "", std::nullopt, "", false, fields},
                   {"jets", layout == Layout::ragged ? Level::ragged : Level::padded, "events", 3, "", false, fields}},
                  "events", layout, codec, std::nullopt, true);
}

// A part whose values are all bytes there are; two jets in each row.
Part part_of(const Schema& schema, std::uint64_t part_rows = 0) {
    std::vector<std::int64_t> offsets(num_rows + 1);
    for (std::size_t row = 0; row <= num_rows; ++row) offsets[row] = static_cast<std::int64_t>(2 * row);
    std::vector<std::byte> values(num_rows * 2 * 8);
    for (std::size_t at = 0; at < values.size(); ++at) values[at] = static_cast<std::byte>(at / 8 % 2);
    Batch batch{num_rows, num_rows, std::vector<ObjectBatch>(2)};
    batch.objects[0] = {num_rows, nullptr, std::vector<const std::byte*>(all_dtypes.size(), values.data())};
    batch.objects[1] = {2 * num_rows, offsets.data(), std::vector<const std::byte*>(all_dtypes.size(), values.data())};
    Encoder encoder(schema, {.threads = 1, .part_rows = part_rows});
    auto parts = encoder.fill(batch);
    for (Part& last : encoder.finish()) parts.push_back(std::move(last));
    return std::move(parts.front());
}

FileNotes notes_of(const Part& part, const Schema& schema) {
    FileNotes notes{part.attributes(), {}};
    for (Attribute& attribute : root_attributes(schema, R"({"config":"µ"})")) notes.attributes.push_back(std::move(attribute));
    return notes;
}

// Stores a part as a writer does, in one run or in two; `threaded` as of Sink::create.
void store(const std::filesystem::path& path, Part part, const FileNotes& notes, bool threaded = false, bool in_runs = false) {
    const auto target = Hdf5Sink("unused.h5").create(path, part.description, threaded);
    if (in_runs) {
        std::vector<StoredDataset> first(part.datasets.size());
        for (std::size_t index = 0; index < first.size(); ++index) {
            std::vector<StoredChunk>& chunks = part.datasets[index].chunks;
            if (chunks.size() < 2) continue;
            first[index] = {part.description->datasets[index].chunk_rows, 0, {chunks.front()}};
            chunks.erase(chunks.begin());
            part.datasets[index].first_chunk = 1;
        }
        target->add(std::move(first));
    }
    target->add(std::move(part.datasets));
    target->close(notes);
    target->finish();
}

hid_t opened(const check::Folder& folder, const Part& part, const FileNotes& notes, const std::string& name = "part.h5") {
    store(folder / name, part, notes);
    const hid_t file = H5Fopen((folder / name).c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    CHECK(file >= 0);
    return file;
}

// All bytes of a dataset, as HDF5 reads them in its own type.
std::vector<std::byte> read_back(hid_t file, const DatasetDescription& dataset, std::uint64_t length) {
    const detail::Hdf5Dataset stored(H5Dopen2(file, dataset.path.c_str(), H5P_DEFAULT), "opening");
    const detail::Hdf5Type type(H5Dget_type(stored.get()), "opening");
    CHECK_EQUAL(H5Tget_size(type.get()), dataset.item_bytes);
    std::vector<std::byte> bytes(length * dataset.row_bytes());
    const detail::Hdf5Space all(H5Dget_space(stored.get()), "opening");
    CHECK(H5Dread(stored.get(), type.get(), all.get(), all.get(), H5P_DEFAULT, bytes.data()) >= 0);
    return bytes;
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

TEST(hdf5_reads_what_the_encoder_made) {
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged})
        for (const Codec codec : {Codec::gzip, Codec::none}) {
            const Schema schema = schema_of(layout, codec);
            const Part part = part_of(schema);
            const check::Folder folder;
            const detail::Hdf5File file(opened(folder, part, notes_of(part, schema)), "opening");
            for (std::size_t index = 0; index < part.datasets.size(); ++index)
                CHECK(read_back(file.get(), part.description->datasets[index], part.datasets[index].length) == decoded(part, index));
        }
}

TEST(chunks_may_skip_filters) {
    const Schema schema = schema_of(Layout::columns);
    Part part = part_of(schema);
    std::vector<std::vector<std::byte>> wanted;
    for (std::size_t index = 0; index < part.datasets.size(); ++index) {
        wanted.push_back(decoded(part, index));
        const DatasetDescription& dataset = part.description->datasets[index];
        for (StoredChunk& chunk : part.datasets[index].chunks) {  // as if neither shuffled nor deflated
            std::vector<std::byte> raw(dataset.chunk_bytes());
            detail::decode_chunk(dataset.pipeline, chunk.bytes, chunk.filter_mask, raw);
            chunk = detail::encode_chunk({.shuffle_size = 0, .deflate_level = 0, .fletcher = true}, raw);
            chunk.filter_mask = dataset.pipeline.has_shuffle() ? 3 : 1;
        }
    }
    const check::Folder folder;
    const detail::Hdf5File file(opened(folder, part, {}), "opening");
    for (std::size_t index = 0; index < part.datasets.size(); ++index)
        CHECK(read_back(file.get(), part.description->datasets[index], part.datasets[index].length) == wanted[index]);
}

TEST(types_are_those_h5py_knows) {
    const Schema schema = schema_of(Layout::compound);
    const Part part = part_of(schema);
    const check::Folder folder;
    const detail::Hdf5File file(opened(folder, part, {}), "opening");
    const detail::Hdf5Dataset jets(H5Dopen2(file.get(), "/jets", H5P_DEFAULT), "opening");
    const detail::Hdf5Type record(H5Dget_type(jets.get()), "opening");
    const std::map<DType, hid_t> plain{{DType::int8, H5T_STD_I8LE},      {DType::int16, H5T_STD_I16LE},
                                       {DType::int32, H5T_STD_I32LE},    {DType::int64, H5T_STD_I64LE},
                                       {DType::uint8, H5T_STD_U8LE},     {DType::uint16, H5T_STD_U16LE},
                                       {DType::uint32, H5T_STD_U32LE},   {DType::uint64, H5T_STD_U64LE},
                                       {DType::float32, H5T_IEEE_F32LE}, {DType::float64, H5T_IEEE_F64LE}};
    CHECK_EQUAL(H5Tget_nmembers(record.get()), all_dtypes.size() + 1);
    for (unsigned member = 0; member < all_dtypes.size(); ++member) {
        const detail::Hdf5Type type(H5Tget_member_type(record.get(), member), "opening");
        if (const auto known = plain.find(all_dtypes[member]); known != plain.end())
            CHECK(H5Tequal(type.get(), known->second) > 0);
    }
    const detail::Hdf5Type valid(H5Tget_member_type(record.get(), static_cast<unsigned>(all_dtypes.size())), "opening");
    CHECK_EQUAL(H5Tget_class(valid.get()), H5T_ENUM);
    std::int8_t code = 7;
    CHECK(H5Tenum_valueof(valid.get(), "TRUE", &code) >= 0);
    CHECK_EQUAL(code, 1);
}

TEST(attributes_have_fixed_lengths) {
    const Schema schema = schema_of(Layout::columns);
    const Part part = part_of(schema);
    const check::Folder folder;
    const detail::Hdf5File file(opened(folder, part, notes_of(part, schema)), "opening");
    for (const Attribute& attribute : notes_of(part, schema).attributes) {
        const detail::Hdf5Object owner(H5Oopen(file.get(), attribute.owner.c_str(), H5P_DEFAULT), "opening");
        const detail::Hdf5Attribute stored(H5Aopen(owner.get(), attribute.name.c_str(), H5P_DEFAULT), "opening");
        const detail::Hdf5Type type(H5Aget_type(stored.get()), "opening");
        std::string bytes(H5Tget_size(type.get()), '\0');
        CHECK(H5Aread(stored.get(), type.get(), bytes.data()) >= 0);
        if (const auto* text = std::get_if<std::string>(&attribute.value)) {
            CHECK(H5Tis_variable_str(type.get()) == 0);
            CHECK_EQUAL(H5Tget_cset(type.get()), H5T_CSET_UTF8);
            CHECK_EQUAL(bytes, *text);
        } else {
            std::uint64_t number = 0;
            std::memcpy(&number, bytes.data(), sizeof number);
            CHECK_EQUAL(number, std::get<std::uint64_t>(attribute.value));
        }
    }
}

TEST(counters_lie_where_atlas_tools_look) {
    const Schema schema = schema_of(Layout::compound);
    const Part part = part_of(schema);
    const check::Folder folder;
    const FileNotes notes{{}, {{"nominal", 9, 4.5, 2.25}, {"up", 1, 2, 3}}};
    const detail::Hdf5File file(opened(folder, part, notes), "opening");
    const detail::Hdf5Dataset counts(H5Dopen2(file.get(), "/cutBookkeeper/nominal/counts", H5P_DEFAULT), "opening");
    const detail::Hdf5Type type(H5Dget_type(counts.get()), "opening");
    CHECK_EQUAL(H5Tget_nmembers(type.get()), 3);
    struct { std::int64_t events; double sum; double squares; } record{};
    const detail::Hdf5Space all(H5Dget_space(counts.get()), "opening");
    CHECK(H5Dread(counts.get(), type.get(), all.get(), all.get(), H5P_DEFAULT, &record) >= 0);
    CHECK_EQUAL(record.events, 9);
    CHECK_EQUAL(record.sum, 4.5);
    CHECK_EQUAL(record.squares, 2.25);
    CHECK(H5Lexists(file.get(), "/cutBookkeeper/up", H5P_DEFAULT) > 0);
}

TEST(no_hour_or_machine_is_written_down) {
    const Schema schema = schema_of(Layout::columns);
    const Part part = part_of(schema);
    const check::Folder folder;
    store(folder / "one.h5", part, notes_of(part, schema));
    ::sleep(1);
    store(folder / "other.h5", part, notes_of(part, schema), /*threaded=*/true);
    CHECK(check::read_file(folder / "one.h5") == check::read_file(folder / "other.h5"));
}

TEST(runs_become_one_dataset) {
    for (const Layout layout : {Layout::columns, Layout::compound, Layout::ragged}) {
        const Schema schema = schema_of(layout);
        const Part part = part_of(schema);
        const check::Folder folder;
        store(folder / "part.h5", part, notes_of(part, schema), /*threaded=*/true, /*in_runs=*/true);
        const detail::Hdf5File file(H5Fopen((folder / "part.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "opening");
        for (std::size_t index = 0; index < part.datasets.size(); ++index)
            CHECK(read_back(file.get(), part.description->datasets[index], part.datasets[index].length) == decoded(part, index));
    }
}

// Copies a part chunk by chunk, as merging does.
void copy(const Part& part, const std::filesystem::path& from, const std::filesystem::path& to, const FileNotes& notes) {
    Hdf5Sink sink("unused.h5");
    const auto source = sink.open(from, part.description);
    const auto target = sink.create(to, part.description, /*threaded=*/false);
    for (std::size_t index = 0; index < part.datasets.size(); ++index) {
        std::vector<StoredDataset> run(part.datasets.size());
        run[index].length = part.datasets[index].length;
        for (std::uint64_t chunk = 0; chunk < part.datasets[index].chunks.size(); ++chunk) {
            run[index].chunks.push_back(source->read(index, chunk));
            CHECK(run[index].chunks.back() == part.datasets[index].chunks[chunk]);
        }
        target->add(std::move(run));
    }
    target->close(notes);
    target->finish();
}

TEST(a_part_is_copied_chunk_by_chunk) {
    const Schema schema = schema_of(Layout::ragged);
    const Part part = part_of(schema);
    const check::Folder folder;
    const FileNotes notes = notes_of(part, schema);
    H5Fclose(opened(folder, part, notes));
    copy(part, folder / "part.h5", folder / "merged.h5", notes);
    const detail::Hdf5File file(H5Fopen((folder / "merged.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "opening");
    for (std::size_t index = 0; index < part.datasets.size(); ++index)
        CHECK(read_back(file.get(), part.description->datasets[index], part.datasets[index].length) == decoded(part, index));
    CHECK_THROWS(OutputError, "File exists", copy(part, folder / "part.h5", folder / "merged.h5", notes));
    CHECK_THROWS(OutputError, "No such file", copy(part, folder / "none.h5", folder / "other.h5", notes));
}

TEST(a_full_disk_is_an_error_at_every_write) {
    const Schema schema = schema_of(Layout::columns);
    const Part part = part_of(schema);
    const check::Folder folder;
    const FileNotes notes = notes_of(part, schema);
    H5Fclose(opened(folder, part, notes));
    int failed = 0;
    for (int call = 0;; call += 1 + call / 10) {
        calls_until_full = call;
        try {
            store(folder / ("merged" + std::to_string(call)), part, notes, /*threaded=*/call % 2 == 1);
            break;
        } catch (const ResourceError& error) {
            CHECK_EQUAL(error.exit_code(), 4);
            CHECK(std::string(error.what()).find("merged") != std::string::npos);
            ++failed;
        }
    }
    calls_until_full = -1;
    CHECK(failed > 20);
}

TEST(an_error_of_hdf5_is_one_line_of_ours) {
    const check::Folder folder;
    check::write_file(folder / "text.h5", "no HDF5 at all");
    const auto description = std::make_shared<Description>(describe(schema_of(Layout::columns)));
    const std::string text = check::text_of<InternalError>(__FILE__, __LINE__, [&] { Hdf5Sink("x.h5").open(folder / "text.h5", description); });
    check::contains(__FILE__, __LINE__, text, "HDF5, opening a part: got file signature not found, expected success\n  in ");
}

}  // namespace
