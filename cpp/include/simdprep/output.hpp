// Output: where finished parts go, a file or a folder, and how they become one dataset. Everything carries its final
// name only when it is whole.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simdprep/manifest.hpp"
#include "simdprep/part_file.hpp"
#include "simdprep/sink.hpp"

namespace simdprep {

// A file on its way to its name; it is removed if it does not get there.
class UnnamedFile {
public:
    UnnamedFile(std::filesystem::path path, std::unique_ptr<ChunkTarget> target);
    UnnamedFile(UnnamedFile&& other) noexcept;
    UnnamedFile& operator=(UnnamedFile&&) = delete;
    ~UnnamedFile();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    ChunkTarget& target() { return *target_; }
    // Waits until it is written. What it throws leaves nothing behind.
    void finish();
    // It has its name.
    void release() noexcept { path_.clear(); }

private:
    std::filesystem::path path_;
    pid_t owner_;
    std::unique_ptr<ChunkTarget> target_;
};

// A dataset being written, locked against other writers until released. "*.h5", "*.hdf5" and "*.hdf" are one file, any
// other name a folder of parts. What an earlier run left behind is cleaned and told.
class Output {
public:
    // OutputError if it exists, is locked by a live writer, or cannot be written.
    Output(std::filesystem::path path, bool overwrite);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] bool is_file() const { return is_file_; }
    // The folder of the parts: the output itself, or beside a file `<name>.parts`.
    [[nodiscard]] std::filesystem::path staging() const;
    // Lines about leftovers and locks, for the user.
    [[nodiscard]] const std::vector<std::string>& told() const { return told_; }
    // The parts that lie in staging().
    [[nodiscard]] const std::vector<ManifestPart>& parts() const { return parts_; }
    [[nodiscard]] std::filesystem::path part_path(std::size_t number) const;
    // Of the dataset, once it is whole.
    [[nodiscard]] std::uint64_t bytes() const;

    // Where the part with this number is written: beside the output where it may become the file itself. Its folder is
    // there then, and no file of that name.
    [[nodiscard]] std::filesystem::path new_part(std::size_t number) const;
    // Commits the next part; name, size and hash of `part` are put in. ResourceError, OutputError.
    void add(UnnamedFile file, ManifestPart part);
    // A file of one part: commits it under the final name.
    void commit_whole(UnnamedFile file);
    // A file whose parts were merged into `temporary`: gives that its name and removes the parts.
    void commit_merged(const std::filesystem::path& temporary);
    // A folder: writes the manifest.
    void commit_manifest(const std::string& schema_json);
    // A name for a file in the making, beside the output; the next writer removes it if this process is killed.
    [[nodiscard]] std::filesystem::path temporary() const;

    // Gives up the lock; parts stay.
    void release() noexcept;

private:
    void check() const;
    void clean();

    std::filesystem::path path_;
    bool overwrite_;
    bool is_file_;
    std::vector<std::string> told_;
    std::vector<ManifestPart> parts_;
    std::optional<OutputLock> lock_;
};

}  // namespace simdprep
