// The rule is in the file: its text names the owner, and an owner that is gone from this host loses it.
// A POSIX record lock on the file, held as long as the object lives, decides between processes that take
// over at the same time. It is the kind of lock that forked children do not inherit, so children that
// outlive a killed owner cannot keep it; but it does not act between threads, hence the registry.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "simdprep/detail/system_error.hpp"
#include "simdprep/error.hpp"
#include "simdprep/part_file.hpp"

namespace simdprep {
namespace {

constexpr int attempts = 100;
constexpr std::chrono::milliseconds pause{10};
constexpr const char* cannot_lock = "cannot lock the output";

using FileId = std::pair<dev_t, ino_t>;

// The lock files that objects of this process hold.
struct Registry {
    std::mutex mutex;
    std::set<FileId> held;
    pid_t process = 0;

    // A forked child begins with its parent's, which are not its own.
    std::set<FileId>& held_here() {
        if (std::exchange(process, ::getpid()) != ::getpid()) {
            held.clear();
        }
        return held;
    }
};

Registry& registry() {
    static Registry instance;
    return instance;
}

std::optional<FileId> id_of(int descriptor) {
    struct stat info {};
    return ::fstat(descriptor, &info) == 0 ? std::optional(FileId(info.st_dev, info.st_ino)) : std::nullopt;
}

std::optional<FileId> id_of(const std::filesystem::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? std::optional(FileId(info.st_dev, info.st_ino)) : std::nullopt;
}

struct Owner {
    std::string host;
    pid_t pid;
};

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
        return "localhost";
    }
    return name.data();
}

std::string read_text(int descriptor) {
    std::array<char, 512> buffer;
    const ssize_t size = ::pread(descriptor, buffer.data(), buffer.size(), 0);
    return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

std::optional<Owner> parse(const std::string& text) {
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || space == 0 || text.back() != '\n') {
        return std::nullopt;
    }
    const char* const end = text.data() + text.size() - 1;
    pid_t pid = 0;
    const auto parsed = std::from_chars(text.data() + space + 1, end, pid);
    if (parsed.ec != std::errc() || parsed.ptr != end || pid <= 0) {
        return std::nullopt;
    }
    return Owner{text.substr(0, space), pid};
}

// The beginning of what a process of this host writes, or nothing yet.
bool is_unfinished(const std::string& text) {
    const std::string begin = host_name() + " ";
    return begin.starts_with(text) || (text.starts_with(begin) && text.back() != '\n');
}

// A killed process stays in the table until its parent asks for it: such a zombie writes no more.
bool is_zombie(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(") ");
    return name_end != std::string::npos && name_end + 2 < text.size() &&
           (text[name_end + 2] == 'Z' || text[name_end + 2] == 'X');
}

bool may_write(const Owner& owner) {
    if (owner.host != host_name()) {
        return true;
    }
    if (owner.pid == ::getpid()) {
        return false;  // not in the registry, so it was an earlier process with our number
    }
    return (::kill(owner.pid, 0) == 0 || errno != ESRCH) && !is_zombie(owner.pid);
}

[[noreturn]] void refuse(const std::filesystem::path& lock, const std::string& holder) {
    throw OutputError(expected("output is locked", holder, "no other writer"), lock.string(),
                      "waiting until it has ended, or removing this file if it does not write here");
}

[[noreturn]] void refuse(const std::filesystem::path& lock, const Owner& owner) {
    refuse(lock, "process " + std::to_string(owner.pid) + " on host " + owner.host);
}

}  // namespace

OutputLock::OutputLock(const std::filesystem::path& output) : path_(output), owner_(::getpid()) {
    path_ += ".lock";
    const std::lock_guard guard(registry().mutex);
    for (int attempt = 0; attempt < attempts; ++attempt) {
        // Also keeps us from opening our own lock file, whose closing would drop the record lock.
        if (const auto id = id_of(path_); id && registry().held_here().contains(*id)) {
            refuse(path_, Owner{host_name(), owner_});
        }
        if (try_create() || try_take_over()) {
            registry().held_here().insert(*id_of(file_.get()));
            return;
        }
        std::this_thread::sleep_for(pause);
    }
    refuse(path_, "a process that does not say which");
}

OutputLock::~OutputLock() { release(); }

OutputLock::OutputLock(OutputLock&& other) noexcept = default;

void OutputLock::release() noexcept {
    if (!file_.valid() || owner_ != ::getpid()) {
        return;
    }
    const std::lock_guard guard(registry().mutex);
    const auto id = id_of(file_.get());
    if (id && id_of(path_) == id) {  // else somebody removed it, and it may be another's now
        ::unlink(path_.c_str());
    }
    if (id) {
        registry().held_here().erase(*id);
    }
    file_.close();
}

bool OutputLock::try_create() {
    file_ = detail::FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file_.valid()) {
        if (errno == EEXIST) {
            return false;
        }
        detail::throw_output_error(cannot_lock, path_, errno);
    }
    if (!acquire()) {
        return false;
    }
    write_owner();
    return true;
}

bool OutputLock::try_take_over() {
    file_ = detail::FileDescriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    const bool writable = file_.valid();
    if (!writable && (errno == EACCES || errno == EROFS)) {
        file_ = detail::FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    }
    if (!file_.valid()) {
        if (errno == ENOENT) {
            return false;  // released just now
        }
        detail::throw_output_error(cannot_lock, path_, errno);
    }
    const std::string text = read_text(file_.get());
    const std::optional<Owner> owner = parse(text);
    if (owner && (may_write(*owner) || !writable)) {
        refuse(path_, *owner);
    }
    if (!owner && !is_unfinished(text)) {
        refuse(path_, "a lock file that names no process");
    }
    // Its writer was killed, or is about to write: then the record lock is taken.
    if (!writable || !acquire() || read_text(file_.get()) != text) {
        return false;
    }
    write_owner();
    if (owner) {
        taken_over_ = owner->pid;
    }
    return true;
}

// Gets the record lock on the open file, if it still is the one that the path names.
bool OutputLock::acquire() {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    if (::fcntl(file_.get(), F_SETLK, &range) != 0 && (errno == EACCES || errno == EAGAIN)) {
        return false;
    }
    // Any other failure means that the file system has no such locks; then the text alone has to do.
    const auto id = id_of(file_.get());
    return id && id_of(path_) == id;
}

void OutputLock::write_owner() {
    const std::string text = host_name() + " " + std::to_string(owner_) + "\n";
    bool failed = ::ftruncate(file_.get(), 0) != 0;
    for (std::size_t done = 0; done < text.size() && !failed;) {
        const ssize_t size = ::pwrite(file_.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
        failed = size < 0 && errno != EINTR;
        done += size > 0 ? static_cast<std::size_t>(size) : 0;
    }
    if (failed) {
        const int code = errno;
        ::unlink(path_.c_str());
        detail::throw_output_error(cannot_lock, path_, code, text.size());
    }
}

}  // namespace simdprep
