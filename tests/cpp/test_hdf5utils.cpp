// The calls of HDF5Utils: what they store, and that its faults are not ours.
#include "simdprep/hdf5utils.hpp"

#include <cmath>
#include <cstring>
#include <list>
#include <thread>

#include "check.hpp"

namespace {

namespace H5Utils = simdprep::hdf5utils;
namespace H5 = simdprep::hdf5utils;
using simdprep::AlignmentError;
using simdprep::OutputError;
using simdprep::SchemaError;

struct Track {
    float d0;
};
struct Jet {
    double pt;
    int index;
    std::vector<Track> tracks;
};

// A dataset of one compound type, as it is in the file.
struct Stored {
    std::vector<hsize_t> shape;
    std::vector<std::string> members;
    std::vector<std::byte> bytes;
    std::size_t item = 0;
    std::vector<std::size_t> offsets;
    std::vector<std::byte> fill;

    Stored(const std::filesystem::path& path, const std::string& name) {
        const simdprep::detail::Hdf5File file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "opening");
        const simdprep::detail::Hdf5Dataset dataset(H5Dopen2(file.get(), name.c_str(), H5P_DEFAULT), "opening");
        const simdprep::detail::Hdf5Type type(H5Dget_type(dataset.get()), "opening");
        const simdprep::detail::Hdf5Space space(H5Dget_space(dataset.get()), "opening");
        shape.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.get())));
        H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
        item = H5Tget_size(type.get());
        for (unsigned member = 0; member < static_cast<unsigned>(H5Tget_nmembers(type.get())); ++member) {
            char* text = H5Tget_member_name(type.get(), member);
            members.emplace_back(text);
            H5free_memory(text);
            offsets.push_back(H5Tget_member_offset(type.get(), member));
        }
        std::size_t count = item;
        for (const hsize_t length : shape) count *= length;
        bytes.resize(count);
        if (count > 0) CHECK(H5Dread(dataset.get(), type.get(), space.get(), space.get(), H5P_DEFAULT, bytes.data()) >= 0);
        const simdprep::detail::Hdf5Properties layout(H5Dget_create_plist(dataset.get()), "opening");
        fill.resize(item);
        CHECK(H5Pget_fill_value(layout.get(), type.get(), fill.data()) >= 0);
    }

    template <class V>
    V at(const std::string& member, std::size_t slot) const {
        const auto found = std::ranges::find(members, member);
        CHECK(found != members.end());
        const std::size_t offset = offsets[static_cast<std::size_t>(found - members.begin())];
        V value;
        std::memcpy(&value, bytes.data() + slot * item + offset, sizeof value);
        return value;
    }
    std::vector<int> valid() const {
        std::vector<int> all;
        for (std::size_t slot = 0; slot * item < bytes.size(); ++slot) all.push_back(at<std::int8_t>("valid", slot));
        return all;
    }
};

H5Utils::Consumers<const Jet&> jet_fields() {
    H5Utils::Consumers<const Jet&> fields;
    fields.add("pt", [](const Jet& jet) { return jet.pt; }, NAN);
    fields.add("index", [](const Jet& jet) { return jet.index; }, -1);
    return fields;
}

H5Utils::Consumers<const Track&> track_fields() {
    H5Utils::Consumers<const Track&> fields;
    fields.add("d0", [](const Track& track) { return track.d0; }, NAN);
    return fields;
}

std::vector<Jet> jets(int count, int first = 0) {
    std::vector<Jet> made;
    for (int index = first; index < first + count; ++index) made.push_back({index * 1.5, index, {}});
    return made;
}

simdprep::WriterOptions quiet() { return {.threads = 1, .log = [](const std::string&) {}}; }

TEST(surplus_objects_never_land_in_the_next_row) {
    const check::Folder folder;
    {
        H5::H5File file(folder / "out.h5", H5F_ACC_TRUNC, quiet());
        H5Utils::Writer<1, const Jet&> writer(file, "jets", jet_fields(), {{2}});
        for (const int count : {4, 0, 3, 1}) writer.fill(jets(count, 10));
        const auto summary = file.close();
        CHECK_EQUAL(summary.num_rows, 4);
        CHECK_EQUAL(summary.objects.at(0).truncated, 3);
        CHECK(!summary.changes().empty());
    }
    const Stored stored(folder / "out.h5", "jets");
    CHECK(stored.shape == (std::vector<hsize_t>{4, 2}));
    CHECK(stored.valid() == (std::vector<int>{1, 1, 0, 0, 1, 1, 1, 0}));
    const std::vector<int> wanted{10, 11, -1, -1, 10, 11, 10, -1};
    for (std::size_t slot = 0; slot < wanted.size(); ++slot) CHECK_EQUAL(stored.at<int>("index", slot), wanted[slot]);
    CHECK(std::isnan(stored.at<double>("pt", 2)));
}

TEST(extents_are_outermost_first) {
    const check::Folder folder;
    {
        H5::H5File file(folder / "out.h5", H5F_ACC_TRUNC, quiet());
        auto writer = H5Utils::makeWriter<2>(file, "tracks", track_fields(), {{2, 3}});
        const std::vector<std::vector<Track>> event{{{1}, {2}, {3}, {4}}, {{5}}, {{6}, {7}}};
        writer.fill(event);
    }
    const Stored stored(folder / "out.h5", "tracks");
    CHECK(stored.shape == (std::vector<hsize_t>{1, 2, 3}));
    CHECK(stored.valid() == (std::vector<int>{1, 1, 1, 1, 0, 0}));
    for (std::size_t slot = 0; slot < 3; ++slot) CHECK_EQUAL(stored.at<float>("d0", slot), static_cast<float>(slot + 1));
    CHECK_EQUAL(stored.at<float>("d0", 3), 5.0F);
}

TEST(the_type_is_the_getters_and_not_the_defaults) {
    const check::Folder folder;
    {
        H5::H5File file(folder / "out.h5");
        H5Utils::Consumers<const Jet&> fields;
        fields.add("wide", [](const Jet& jet) { return jet.pt; }, NAN);  // NAN is a float
        fields.add("real", [](const Jet&) { return 1.5F; }, 0);          // 0 is an int
        fields.add("none", [](const Jet& jet) { return jet.index; });
        fields.add<float>("asked", [](const Jet& jet) { return jet.pt; }, NAN);
        fields.add("function", std::function<short(const Jet&)>([](const Jet& jet) { return jet.index; }), short{-7});
        H5Utils::SimpleWriter<Jet> writer(file, "jets", fields);
        writer.fill(Jet{1.0 + 1e-12, 3, {}});
    }
    const Stored stored(folder / "out.h5", "jets");
    CHECK_EQUAL(stored.item, 8 + 4 + 4 + 4 + 2);  // packed
    CHECK_EQUAL(stored.at<double>("wide", 0), 1.0 + 1e-12);
    CHECK_EQUAL(stored.at<float>("real", 0), 1.5F);
    CHECK_EQUAL(stored.at<float>("asked", 0), 1.0F);
    CHECK_EQUAL(stored.at<short>("function", 0), 3);
    std::int32_t none = 1;
    std::memcpy(&none, stored.fill.data() + stored.offsets[2], sizeof none);
    CHECK_EQUAL(none, 0);  // as there: T(), no NaN and no -1
}

TEST(rows_that_drift_are_an_error_and_no_file) {
    const check::Folder folder;
    {
        H5::H5File file(folder / "out.h5", H5F_ACC_TRUNC, quiet());
        H5Utils::Writer<0, const Jet&> one(file, "jets", jet_fields());
        H5Utils::Writer<1, const Track&> other(file, "tracks", track_fields(), {{2}});
        for (int row = 0; row < 5; ++row) {
            one.fill(jets(1).front());
            if (row != 3) other.fill(std::vector<Track>{});
        }
        CHECK_EQUAL(one.index(), 5);
        CHECK_EQUAL(other.index(), 4);
        CHECK_THROWS(AlignmentError, "rows of 'tracks': got 4, expected 5, as of 'jets'", file.close());
    }
    CHECK(!std::filesystem::exists(folder / "out.h5"));
}

TEST(rows_may_wait_for_each_other) {
    const check::Folder folder;
    {
        H5::H5File file(folder / "out.h5", H5F_ACC_TRUNC, quiet());
        H5Utils::Writer<0, const Jet&> one(file, "jets", jet_fields());
        H5Utils::Writer<1, const Track&> other(file, "tracks", track_fields(), {{2}}, 10);
        const auto all = jets(100);
        for (const Jet& jet : all) one.fill(jet);
        for (const Jet& jet : all) other.fill(std::list<Track>{{static_cast<float>(jet.index)}});
    }
    const Stored one(folder / "out.h5", "jets");
    const Stored other(folder / "out.h5", "tracks");
    for (std::size_t row = 0; row < 100; ++row)
        CHECK_EQUAL(static_cast<float>(one.at<int>("index", row)), other.at<float>("d0", 2 * row));
}

TEST(half_precision_is_checked_against_its_range) {
    const check::Folder folder;
    H5Utils::Consumers<const Jet&> fields;
    fields.add("pt", [](const Jet& jet) { return static_cast<float>(jet.pt); }, NAN, H5Utils::Compression::HALF_PRECISION);
    {
        H5::H5File file(folder / "out.h5");
        H5Utils::Writer<0, const Jet&> writer(file, "jets", fields);
        writer.fill(Jet{1.0 / 3, 0, {}});
    }
    CHECK_EQUAL(Stored(folder / "out.h5", "jets").item, 2);
    {
        H5::H5File file(folder / "large.h5", H5F_ACC_TRUNC, quiet());
        H5Utils::Writer<0, const Jet&> writer(file, "jets", fields);
        writer.fill(Jet{1e6, 0, {}});
        CHECK_THROWS(SchemaError, "float16", file.close());
    }
    CHECK(!std::filesystem::exists(folder / "large.h5"));
    CHECK_THROWS(SchemaError, "HALF_PRECISION_LARGE",
                 fields.add("other", [](const Jet&) { return 1.0F; }, 0, H5Utils::Compression::HALF_PRECISION_LARGE));
    CHECK_THROWS(SchemaError, "half precision of no float",
                 fields.add("third", [](const Jet&) { return 1; }, 0, H5Utils::Compression::HALF_PRECISION));
}

TEST(valid_is_the_last_member_and_says_the_truth) {
    const check::Folder folder;
    H5Utils::Consumers<const Jet&> fields;
    fields.add("valid", [](const Jet& jet) { return jet.index >= 0; }, false);
    fields.add("index", [](const Jet& jet) { return jet.index; }, -1);
    {
        H5::H5File file(folder / "out.h5", H5F_ACC_TRUNC, quiet());
        H5Utils::Writer<1, const Jet&> writer(file, "jets", fields, {{2}});
        writer.fill(jets(1));
        CHECK_THROWS(SchemaError, "'valid' of an object: got false, expected true", writer.fill(jets(1, -1)));
        CHECK_EQUAL(writer.index(), 1);  // nothing of that row is stored
    }
    const Stored stored(folder / "out.h5", "jets");
    CHECK(stored.members == (std::vector<std::string>{"index", "valid"}));
    CHECK(stored.valid() == (std::vector<int>{1, 0}));
    H5::H5File file(folder / "other.h5", H5F_ACC_TRUNC, quiet());
    H5Utils::Consumers<const Jet&> number;
    number.add("valid", [](const Jet&) { return 1; }, 0);
    CHECK_THROWS(SchemaError, "type of 'valid'", H5Utils::Writer<1, const Jet&>(file, "jets", number));
    H5Utils::Consumers<const Jet&> wrong;
    wrong.add("valid", [](const Jet&) { return true; }, true);
    CHECK_THROWS(SchemaError, "default of 'valid'", H5Utils::Writer<1, const Jet&>(file, "jets", wrong));
}

TEST(a_getter_that_throws_leaves_no_row) {
    const check::Folder folder;
    {
        H5::H5File file(folder / "out.h5");
        H5Utils::Consumers<const Jet*> fields;
        fields.add("index", [](const Jet* jet) { return jet->index > 3 ? throw std::runtime_error("no such jet") : jet->index; });
        H5Utils::Writer<1, const Jet*> writer(file, "jets", fields, {{5}});
        const auto all = jets(5);
        std::vector<const Jet*> pointers;
        for (const Jet& jet : all) pointers.push_back(&jet);
        bool thrown = false;
        try {
            writer.fill(pointers);
        } catch (const std::runtime_error& error) {
            thrown = std::string(error.what()) == "no such jet";
        }
        CHECK(thrown);
        pointers.resize(2);
        writer.fill(pointers);
    }
    const Stored stored(folder / "out.h5", "jets");
    CHECK_EQUAL(stored.shape[0], 1);
    CHECK(stored.valid() == (std::vector<int>{1, 1, 0, 0, 0}));
}

TEST(mistakes_are_told) {
    const check::Folder folder;
    H5::H5File file(folder / "out.h5", H5F_ACC_TRUNC, quiet());
    auto fields = jet_fields();
    CHECK_THROWS(SchemaError, "field: got 'pt' twice", fields.add("pt", [](const Jet&) { return 1; }));
    H5Utils::Writer<0, const Jet&> first(file, "jets", fields);
    CHECK_THROWS(SchemaError, "dataset: got 'jets' twice", H5Utils::Writer<0, const Jet&>(file, "jets", fields));
    CHECK_THROWS(SchemaError, "getters: got none", H5Utils::Writer<0, const Jet&>(file, "other", {}));
    CHECK_THROWS(SchemaError, "batch_size: got 0", H5Utils::Writer<0, const Jet&>(file, "other", fields, {}, 0));
    CHECK_THROWS(OutputError, "flags of a file", H5::H5File(folder / "none.h5", H5F_ACC_RDWR));
    first.fill(jets(1).front());
    first.flush();
    CHECK_THROWS(SchemaError, "all writers of a file before its rows", H5Utils::Writer<0, const Jet&>(file, "late", fields));
    file.close();
    CHECK_THROWS(SchemaError, "a closed file", first.fill(jets(1).front()));
    CHECK_THROWS(OutputError, "kept as it is", H5::H5File(folder / "out.h5", H5F_ACC_EXCL));
}

TEST(the_file_is_whole_when_all_handles_are_gone) {
    const check::Folder folder;
    {
        std::optional<H5::H5File> file(std::in_place, folder / "out.h5");
        H5Utils::Writer<0, const Jet&> writer(*file, "jets", jet_fields());
        file.reset();
        writer.fill(jets(1).front());
        CHECK(!std::filesystem::exists(folder / "out.h5"));
    }
    CHECK_EQUAL(Stored(folder / "out.h5", "jets").shape[0], 1);
    try {
        H5::H5File file(folder / "broken.h5", H5F_ACC_TRUNC, quiet());
        H5Utils::Writer<0, const Jet&> writer(file, "jets", jet_fields());
        writer.fill(jets(1).front());
        throw std::runtime_error("the job fails");
    } catch (const std::runtime_error&) {
        CHECK(!std::filesystem::exists(folder / "broken.h5"));
    }
}

TEST(several_threads_may_fill_one_dataset) {
    const check::Folder folder;
    {
        H5::H5File file(folder / "out.h5");
        H5Utils::WriterConfiguration<0> configuration;
        configuration.name = "jets";
        configuration.batch_size = 7;
        auto writer = H5Utils::makeWriter<0>(file, jet_fields(), configuration);
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&writer, thread] {
                for (int row = 0; row < 500; ++row) writer.fill(Jet{0, thread * 500 + row, {}});
            });
    }
    const Stored stored(folder / "out.h5", "jets");
    std::vector<int> seen;
    for (std::size_t row = 0; row < stored.shape[0]; ++row) seen.push_back(stored.at<int>("index", row));
    std::ranges::sort(seen);
    CHECK_EQUAL(seen.size(), 2000);
    for (int row = 0; row < 2000; ++row) CHECK_EQUAL(seen[static_cast<std::size_t>(row)], row);
}

}  // namespace
