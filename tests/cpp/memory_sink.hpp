// A sink whose files are a plain listing of lengths and chunks, so that the writer is tested without HDF5. What was
// stored last under a name is kept in memory, decoded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "check.hpp"
#include "simdprep/detail/chunk_pipeline.hpp"
#include "simdprep/sink.hpp"

namespace check {

// A dataset read back: values of each member, all slots of all rows after each other.
struct StoredFile {
    std::shared_ptr<const simdprep::Description> description;
    std::vector<std::uint64_t> lengths;
    std::vector<std::vector<simdprep::StoredChunk>> chunks;
    simdprep::FileNotes notes;

    [[nodiscard]] std::size_t find(const std::string& path) const {
        for (std::size_t index = 0; index < description->datasets.size(); ++index)
            if (description->datasets[index].path == path) return index;
        throw Failure("no dataset " + path);
    }
    [[nodiscard]] std::vector<std::byte> raw(std::size_t index) const {
        const simdprep::DatasetDescription& dataset = description->datasets[index];
        std::vector<std::byte> all;
        for (const simdprep::StoredChunk& chunk : chunks[index]) {
            std::vector<std::byte> one(dataset.chunk_bytes());
            simdprep::detail::decode_chunk(dataset.pipeline, chunk.bytes, chunk.filter_mask, one);
            all.insert(all.end(), one.begin(), one.end());
        }
        all.resize(lengths[index] * dataset.row_bytes());
        return all;
    }
    // Path of a dataset, and in layout compound the member after a dot: "/jets/pt" or "/jets.pt".
    template <class V>
    [[nodiscard]] std::vector<V> values(const std::string& name) const {
        const std::size_t dot = name.find('.');
        const std::size_t index = find(name.substr(0, dot));
        const simdprep::DatasetDescription& dataset = description->datasets[index];
        for (const simdprep::Member& member : dataset.members) {
            if (dot != std::string::npos && member.name != name.substr(dot + 1)) continue;
            const std::vector<std::byte> bytes = raw(index);
            std::vector<V> result(bytes.size() / dataset.item_bytes);
            if (simdprep::size_of(member.dtype) != sizeof(V)) throw Failure(name + " has another size");
            for (std::size_t entry = 0; entry < result.size(); ++entry)
                std::memcpy(&result[entry], bytes.data() + entry * dataset.item_bytes + member.offset, sizeof(V));
            return result;
        }
        throw Failure("no member " + name);
    }
    [[nodiscard]] simdprep::AttributeValue attribute(const std::string& owner, const std::string& name) const {
        for (const simdprep::Attribute& attribute : notes.attributes)
            if (attribute.owner == owner && attribute.name == name) return attribute.value;
        throw Failure("no attribute " + name + " of " + owner);
    }
    [[nodiscard]] std::string text(const std::string& name) const { return std::get<std::string>(attribute("/", name)); }
};

// Files by the bytes that lie on the disk, which are but a number.
using Files = std::map<std::string, StoredFile>;

class MemorySink final : public simdprep::Sink {
public:
    MemorySink(std::filesystem::path path, std::shared_ptr<Files> files, simdprep::SinkOptions options = {})
        : Sink(std::move(path), options), files_(std::move(files)) {}

    std::unique_ptr<simdprep::ChunkSource> open(const std::filesystem::path& path, std::shared_ptr<const simdprep::Description>) override {
        return std::make_unique<Source>(files_->at(read_file(path)));
    }

    std::unique_ptr<simdprep::ChunkTarget> create(const std::filesystem::path& path, std::shared_ptr<const simdprep::Description> description,
                                                  bool /*threaded*/) override {
        StoredFile file;
        file.description = std::move(description);
        file.lengths.resize(file.description->datasets.size());
        file.chunks.resize(file.lengths.size());
        write_file(path, "in the making");
        return std::make_unique<Target>(*this, path, std::move(file));
    }

private:
    class Source final : public simdprep::ChunkSource {
    public:
        explicit Source(const StoredFile& file) : file_(file) {}
        simdprep::StoredChunk read(std::size_t dataset, std::uint64_t chunk) override { return file_.chunks.at(dataset).at(chunk); }

    private:
        const StoredFile& file_;
    };

    class Target final : public simdprep::ChunkTarget {
    public:
        Target(MemorySink& sink, std::filesystem::path path, StoredFile file)
            : sink_(sink), path_(std::move(path)), file_(std::move(file)) {}
        void add(std::vector<simdprep::StoredDataset> more) override {
            for (std::size_t dataset = 0; dataset < more.size(); ++dataset) {
                file_.lengths[dataset] = std::max(file_.lengths[dataset], more[dataset].length);
                if (more[dataset].chunks.empty()) continue;
                CHECK_EQUAL(file_.chunks[dataset].size(), more[dataset].first_chunk);  // in ascending order
                for (simdprep::StoredChunk& chunk : more[dataset].chunks) file_.chunks[dataset].push_back(std::move(chunk));
            }
        }
        void close(const simdprep::FileNotes& notes) override {
            file_.notes = notes;
            name_ = sink_.add(std::move(file_));
        }
        void finish() override { write_file(path_, name_); }

    private:
        MemorySink& sink_;
        std::filesystem::path path_;
        StoredFile file_;
        std::string name_;
    };

    std::string add(StoredFile file) {
        std::string name = "file " + std::to_string(files_->size());
        files_->emplace(name, std::move(file));
        return name;
    }

    std::shared_ptr<Files> files_;
};

// An output in a folder of its own, and what lies there afterwards.
struct MemoryOutput {
    Folder folder;
    std::shared_ptr<Files> files = std::make_shared<Files>();

    [[nodiscard]] MemorySink sink(const std::string& name = "out.h5", simdprep::SinkOptions options = {}) const {
        return MemorySink(folder / name, files, options);
    }
    [[nodiscard]] const StoredFile& file(const std::string& name = "out.h5") const { return files->at(read_file(folder / name)); }
};

}  // namespace check
