#include "simdprep/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <functional>
#include <future>
#include <utility>

#include "simdprep/detail/sha256.hpp"
#include "simdprep/detail/system_error.hpp"
#include "simdprep/error.hpp"

namespace simdprep {
namespace {

namespace fs = std::filesystem;

bool names_file(const fs::path& path) {
    std::string suffix = path.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); });
    return suffix == ".h5" || suffix == ".hdf5" || suffix == ".hdf";
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) { return letter >= '0' && letter <= '9'; });
}

// `name` without the ending of a temporary.
std::string_view stem_of(std::string_view name) {
    const std::size_t at = name.rfind(".tmp-");
    return at != std::string_view::npos && all_digits(name.substr(at + 5)) ? name.substr(0, at) : name;
}

bool is_part_name(std::string_view name) {
    return name.starts_with("part-") && name.ends_with(".h5") && name.size() >= 13 && all_digits(name.substr(5, name.size() - 8));
}

bool is_ours(std::string_view name) {
    const std::string_view stem = stem_of(name);
    return stem == Manifest::file_name || is_part_name(stem);
}

std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

// The last first: if this is killed, the parts that are left still begin with the dataset's first row.
std::vector<fs::path> in_order_of_removal(const fs::path& folder) {
    std::vector<fs::path> entries = entries_of(folder);
    std::reverse(entries.begin(), entries.end());
    return entries;
}

void remove_folder(const fs::path& folder) {
    for (const fs::path& entry : in_order_of_removal(folder)) fs::remove_all(entry);
    fs::remove(folder);
}

// Makes one of our errors of those of the file system.
template <class Body>
auto with_file_errors(const fs::path& path, const Body& body) {
    try {
        return body();
    } catch (const fs::filesystem_error& error) {
        const fs::path place = error.path1().empty() ? path : error.path1();
        detail::throw_output_error("cannot use the output", place, error.code().value(), 0);
    }
}

}  // namespace

UnnamedFile::UnnamedFile(fs::path path, std::unique_ptr<ChunkTarget> target)
    : path_(std::move(path)), owner_(::getpid()), target_(std::move(target)) {}

UnnamedFile::UnnamedFile(UnnamedFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), owner_(other.owner_), target_(std::move(other.target_)) {}

UnnamedFile::~UnnamedFile() {
    target_.reset();
    if (!path_.empty() && owner_ == ::getpid()) ::unlink(path_.c_str());  // what a forked child lets go is not its own
}

void UnnamedFile::finish() {
    target_->finish();
    target_.reset();
}

Output::Output(fs::path path, bool overwrite) : path_(std::move(path)), overwrite_(overwrite), is_file_(names_file(path_)) {
    with_file_errors(path_, [&] { check(); });
    lock_.emplace(path_);
    try {
        with_file_errors(path_, [&] {
            check();  // another writer may have finished before the lock was ours
            if (lock_->taken_over())
                told_.push_back("took over the lock of process " + std::to_string(*lock_->taken_over()) + ", which is gone");
            clean();
            if (!is_file_) fs::create_directory(path_);
        });
    } catch (...) {
        lock_->release();
        throw;
    }
}

void Output::check() const {
    const fs::path folder = detail::folder_of(path_);
    if (!fs::is_directory(folder))
        throw OutputError(expected("folder of the output", folder.string(), "a folder that exists"), {}, "mkdir -p " + folder.string());
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        throw OutputError(expected("folder of the output", folder.string(), "a folder you may write to"), {}, "another output");
    if (is_file_ && fs::is_directory(path_))
        throw OutputError(expected("output", "the folder " + path_.string(), "a file"), {}, "another name for the output");
    if (!is_file_ && fs::exists(path_) && !fs::is_directory(path_))
        throw OutputError(expected("output", "the file " + path_.string(), "a folder, or a name ending in .h5"), {}, "another output");
    if (!fs::exists(path_) || (!is_file_ && fs::is_empty(path_))) return;
    if (!overwrite_)
        throw OutputError(expected("output exists, kept as it is", path_.string(), "a new name"), {}, "{.overwrite = true} of the sink");
    if (is_file_) return;
    for (const fs::path& entry : entries_of(path_))
        if (!is_ours(entry.filename().string()))
            throw OutputError(expected("output folder holds other files", entry.filename().string(), "parts and a manifest only"),
                              path_.string(), "an empty folder");
}

// Temporaries of earlier runs, staged parts, the parts of a folder to be replaced.
void Output::clean() {
    const std::string name = path_.filename().string();
    for (const fs::path& entry : is_file_ ? entries_of(detail::folder_of(path_)) : std::vector<fs::path>{}) {
        const std::string other = entry.filename().string();
        const std::string_view stem = stem_of(other);
        if (stem == other || (stem != name && stem != name + ".merge")) continue;
        fs::remove(entry);
        told_.push_back("removed " + entry.string() + ", left by an interrupted run");
    }
    if (is_file_ && fs::is_directory(staging())) {
        const std::size_t count = entries_of(staging()).size();
        remove_folder(staging());
        told_.push_back("removed " + staging().string() + " with " + std::to_string(count) + " files, left by an interrupted run");
    }
    if (!is_file_ && fs::is_directory(path_)) {
        // The manifest goes first: without it the folder is not a dataset any more.
        const bool was_whole = fs::remove(path_ / Manifest::file_name);
        std::size_t parts = 0;
        for (const fs::path& entry : in_order_of_removal(path_)) {
            const std::string other = entry.filename().string();
            fs::remove(entry);
            if (stem_of(other) == other) ++parts;
            else told_.push_back("removed " + entry.string() + ", left by an interrupted run");
        }
        if (parts > 0 && !was_whole)
            told_.push_back("removed " + std::to_string(parts) + " parts in " + path_.string() + ", left by an interrupted run");
    }
}

fs::path Output::staging() const {
    if (!is_file_) return path_;
    fs::path staged = path_;
    staged += ".parts";
    return staged;
}

fs::path Output::part_path(std::size_t number) const {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "part-%05zu.h5", number);
    return staging() / name.data();
}

fs::path Output::temporary() const {
    fs::path name = path_;
    name += ".merge.tmp-" + std::to_string(::getpid());
    return name;
}

std::uint64_t Output::bytes() const {
    if (is_file_) return with_file_errors(path_, [&] { return std::uint64_t{fs::file_size(path_)}; });
    std::uint64_t bytes = 0;
    for (const ManifestPart& part : parts_) bytes += part.bytes;
    return bytes;
}

fs::path Output::new_part(std::size_t number) const {
    return with_file_errors(path_, [&] {
        if (!is_file_ || number > 0) fs::create_directory(staging());
        fs::path path = temporary_name(is_file_ && number == 0 ? path_ : part_path(number));
        fs::remove(path);  // left behind by a killed process that had our number
        return path;
    });
}

void Output::add(UnnamedFile file, ManifestPart part) {
    file.finish();
    with_file_errors(path_, [&] { fs::create_directory(staging()); });
    const fs::path target = part_path(parts_.size());
    std::future<std::string> hash;  // of what a manifest names, while the disk has its own time
    if (!is_file_) hash = std::async([path = file.path()] { return detail::sha256_file(path); });
    part.name = target.filename().string();
    part.bytes = with_file_errors(path_, [&] { return std::uint64_t{fs::file_size(file.path())}; });
    sync_file(file.path());
    if (hash.valid()) part.sha256 = hash.get();
    commit_existing(file.path(), target);
    file.release();
    parts_.push_back(std::move(part));
}

void Output::commit_whole(UnnamedFile file) {
    file.finish();
    with_file_errors(path_, [&] { check(); });  // what somebody else put there meanwhile is kept, too
    commit_existing(file.path(), path_);
    file.release();
}

void Output::commit_merged(const fs::path& temporary) {
    with_file_errors(path_, [&] { check(); });
    commit_existing(temporary, path_);
    with_file_errors(path_, [&] { remove_folder(staging()); });
}

void Output::commit_manifest(const std::string& schema_json) {
    Manifest manifest(schema_json);
    for (const ManifestPart& part : parts_) manifest.add(part);
    manifest.commit(path_);
}

void Output::release() noexcept {
    if (lock_) lock_->release();
}

}  // namespace simdprep
