// The calls to the system are replaced when linking (-Wl,--wrap), so that each can fail, fall short, be
// interrupted, or be the last thing the process does.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>
#include <vector>

#include "check.hpp"
#include "simdprep/detail/sha256.hpp"
#include "simdprep/part_file.hpp"

using namespace simdprep;

namespace {

enum class Fault { none, error, half, interrupted, killed };

// What happens to the calls: the one numbered `at` meets `fault`.
struct Plan {
    Fault fault = Fault::none;
    int at = -1;
    int code = EIO;
    int calls = 0;
};

Plan plan;

// True if this call is to fail; errno is set then.
bool fails() {
    if (plan.calls++ != plan.at) {
        return false;
    }
    switch (plan.fault) {
        case Fault::error: errno = plan.code; return true;
        case Fault::interrupted: errno = EINTR; return true;
        case Fault::killed: ::_exit(7);
        default: return false;
    }
}

bool falls_short() { return plan.fault == Fault::half && plan.calls == plan.at + 1; }

}  // namespace

extern "C" {
ssize_t __real_write(int descriptor, const void* bytes, std::size_t size);
int __real_fsync(int descriptor);
int __real_rename(const char* from, const char* to);

ssize_t __wrap_write(int descriptor, const void* bytes, std::size_t size) {
    if (plan.fault == Fault::killed && plan.calls == plan.at) {
        static_cast<void>(__real_write(descriptor, bytes, size / 3));  // torn
    }
    if (fails()) return -1;
    return __real_write(descriptor, bytes, falls_short() ? size / 2 : size);
}
int __wrap_fsync(int descriptor) { return fails() ? -1 : __real_fsync(descriptor); }
int __wrap_rename(const char* from, const char* to) { return fails() ? -1 : __real_rename(from, to); }
}

namespace {

const std::string old_text = "the old file";
const std::string new_text = std::string(100'000, 'n') + "ew";

CommittedFile commit(const std::filesystem::path& path, Plan with = {}) {
    const auto image = check::bytes_of(new_text);
    plan = with;
    try {
        const CommittedFile committed = commit_file(path, image);
        plan.at = -1;
        return committed;
    } catch (...) {
        plan.at = -1;
        throw;
    }
}

constexpr int num_calls = 4;  // write, fsync, rename, fsync of the folder
constexpr int rename_call = 2;

}  // namespace

TEST(commit_writes_the_file) {
    const check::Folder folder;
    const CommittedFile committed = commit(folder / "a");
    CHECK_EQUAL(plan.calls, num_calls);
    CHECK(folder.names() == std::vector<std::string>{"a"});
    CHECK(check::read_file(folder / "a") == new_text);
    CHECK_EQUAL(committed.bytes, new_text.size());
    CHECK_EQUAL(committed.sha256, detail::sha256_hex(check::bytes_of(new_text)));
}

TEST(commit_replaces_a_file) {
    const check::Folder folder;
    check::write_file(folder / "a", old_text);
    commit(folder / "a");
    CHECK(check::read_file(folder / "a") == new_text);
}

TEST(empty_image) {
    const check::Folder folder;
    CHECK_EQUAL(commit_file(folder / "a", std::span<const std::byte>()).bytes, 0);
    CHECK_EQUAL(std::filesystem::file_size(folder / "a"), 0);
}

TEST(bare_name_means_this_folder) {
    const check::Folder folder;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    commit("a");
    std::filesystem::current_path(before);
    CHECK(check::read_file(folder / "a") == new_text);
}

TEST(every_failing_call_keeps_the_old_file_and_leaves_nothing) {
    for (int at = 0; at < num_calls; ++at) {
        for (const int code : {EIO, ENOSPC, EDQUOT, EACCES}) {
            const check::Folder folder;
            check::write_file(folder / "a", old_text);
            CHECK_THROWS(Error, "a", commit(folder / "a", {.fault = Fault::error, .at = at, .code = code}));
            CHECK(folder.names() == std::vector<std::string>{"a"});
            CHECK(check::read_file(folder / "a") == (at <= rename_call ? old_text : new_text));
        }
    }
}

TEST(short_writes_and_interruptions_are_gone_on_with) {
    for (const Fault fault : {Fault::half, Fault::interrupted}) {
        for (const int at : {0, 1, 3}) {
            const check::Folder folder;
            commit(folder / "a", {.fault = fault, .at = at});
            CHECK(check::read_file(folder / "a") == new_text);
        }
    }
}

TEST(killed_at_every_call) {
    for (int at = 0; at < num_calls; ++at) {
        const check::Folder folder;
        check::write_file(folder / "a", old_text);
        const pid_t child = ::fork();
        if (child == 0) {
            commit(folder / "a", {.fault = Fault::killed, .at = at});
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK_EQUAL(WEXITSTATUS(status), 7);
        CHECK(check::read_file(folder / "a") == (at <= rename_call ? old_text : new_text));
        for (const std::string& name : folder.names()) {
            CHECK(name == "a" || name == "a.tmp-" + std::to_string(child));
        }
        commit(folder / "a");  // and the next run is not disturbed by what was left
        CHECK(check::read_file(folder / "a") == new_text);
    }
}

TEST(leftover_of_our_own_number_is_replaced) {
    const check::Folder folder;
    check::write_file(folder / ("a.tmp-" + std::to_string(::getpid())), "left behind");
    commit(folder / "a");
    CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST(full_disk_says_what_is_needed) {
    const check::Folder folder;
    const auto full = [&](int code) { commit(folder / "a", {.fault = Fault::error, .at = 0, .code = code}); };
    CHECK_THROWS(ResourceError, "disk full: got ", full(ENOSPC));
    CHECK_THROWS(ResourceError, " bytes free, expected room for 100002 bytes", full(ENOSPC));
    CHECK_THROWS(ResourceError, "in " + (folder / "a").string(), full(ENOSPC));
    CHECK_THROWS(ResourceError, "what is committed already is safe", full(ENOSPC));
    CHECK_THROWS(ResourceError, "disk quota exhausted", full(EDQUOT));
}

TEST(a_folder_that_is_not_there) {
    const check::Folder folder;
    CHECK_THROWS(OutputError, "cannot write the file: got \"No such file or directory\", expected a folder that exists",
                 commit(folder.path() / "none" / "a"));
    CHECK_THROWS(OutputError, "try mkdir -p " + (folder / "none").string(), commit(folder.path() / "none" / "a"));
    check::write_file(folder / "file", "");
    CHECK_THROWS(OutputError, "Not a directory", commit(folder.path() / "file" / "a"));
    std::filesystem::create_directory(folder / "folder");
    CHECK_THROWS(OutputError, "Is a directory", commit(folder / "folder"));
    CHECK_THROWS(OutputError, "name too long", commit(folder / std::string(300, 'a')));
}

TEST(a_folder_that_cannot_be_written) {
    if (::geteuid() == 0) {
        return;  // root may write everywhere
    }
    const check::Folder folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read);
    CHECK_THROWS(OutputError, "Permission denied", commit(folder / "a"));
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST(existing_file_gets_its_name) {
    const check::Folder folder;
    check::write_file(folder / "t", new_text);
    check::write_file(folder / "a", old_text);
    plan = {};
    commit_existing(folder / "t", folder / "a");
    CHECK_EQUAL(plan.calls, num_calls - 1);
    CHECK(folder.names() == std::vector<std::string>{"a"});
    CHECK(check::read_file(folder / "a") == new_text);
    CHECK_THROWS(OutputError, "cannot open the finished file", commit_existing(folder / "t", folder / "a"));
}

TEST(existing_file_stays_when_it_cannot) {
    for (int at = 0; at < 2; ++at) {
        const check::Folder folder;
        check::write_file(folder / "t", new_text);
        plan = {.fault = Fault::error, .at = at};
        CHECK_THROWS(OutputError, "Input/output error", commit_existing(folder / "t", folder / "a"));
        CHECK(folder.names() == std::vector<std::string>{"t"});
    }
}
