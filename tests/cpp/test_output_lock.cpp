#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <optional>
#include <thread>

#include "check.hpp"
#include "simdprep/part_file.hpp"

using namespace simdprep;

namespace {

std::string host() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::string text_of(pid_t pid) { return host() + " " + std::to_string(pid) + "\n"; }

// Number of a process that has ended and been asked for.
pid_t gone() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    return child;
}

int exit_code(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Runs `body` in a child that ends without any clean-up, as if killed.
template <class Body>
pid_t in_child(const Body& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            ::_exit(body());
        } catch (...) {
            ::_exit(99);
        }
    }
    return child;
}

void wait_for_end(int descriptor) {
    char byte = 0;
    while (::read(descriptor, &byte, 1) > 0) {
    }
}

void answer(int descriptor, char letter) {
    if (::write(descriptor, &letter, 1) != 1) {
        ::_exit(98);
    }
}

}  // namespace

TEST(lock_is_a_file_with_host_and_pid) {
    const check::Folder folder;
    {
        const OutputLock lock(folder / "out.h5");
        CHECK_EQUAL(lock.path().string(), (folder / "out.h5.lock").string());
        CHECK_EQUAL(check::read_file(lock.path()), text_of(::getpid()));
        CHECK(!lock.taken_over());
    }
    CHECK(folder.names().empty());
}

TEST(release_and_move) {
    const check::Folder folder;
    OutputLock first(folder / "out");
    OutputLock second = std::move(first);
    first.release();  // holds nothing any more
    CHECK_EQUAL(folder.names().size(), 1);
    second.release();
    second.release();
    CHECK(folder.names().empty());
    const OutputLock third(folder / "out");
}

TEST(same_process_is_refused) {
    const check::Folder folder;
    const OutputLock lock(folder / "out");
    const std::string holder = "got process " + std::to_string(::getpid()) + " on host " + host();
    CHECK_THROWS(OutputError, holder, OutputLock(folder / "out"));
    CHECK_EQUAL(folder.names().size(), 1);
    const OutputLock other(folder / "other");
}

TEST(living_process_is_refused) {
    const check::Folder folder;
    const OutputLock lock(folder / "out");
    const std::string parent = "got process " + std::to_string(::getpid());
    const pid_t child = in_child([&] {
        try {
            const OutputLock second(folder / "out");
            return 1;
        } catch (const OutputError& error) {
            return std::string(error.what()).find(parent) == std::string::npos ? 2 : 0;
        }
    });
    CHECK_EQUAL(exit_code(child), 0);
    CHECK_EQUAL(check::read_file(lock.path()), text_of(::getpid()));
}

TEST(dead_process_is_taken_over) {
    const check::Folder folder;
    const pid_t dead = in_child([&] {
        const OutputLock lock(folder / "out");
        ::_exit(0);
        return 0;
    });
    CHECK_EQUAL(exit_code(dead), 0);
    CHECK_EQUAL(check::read_file(folder / "out.lock"), text_of(dead));
    const OutputLock lock(folder / "out");
    CHECK(lock.taken_over() == std::optional(dead));
    CHECK_EQUAL(check::read_file(lock.path()), text_of(::getpid()));
}

TEST(zombie_is_dead) {
    const check::Folder folder;
    const pid_t child = in_child([] { return 0; });
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);  // has ended, is still in the table
    check::write_file(folder / "out.lock", text_of(child));
    const OutputLock lock(folder / "out");
    CHECK(lock.taken_over() == std::optional(child));
    CHECK_EQUAL(exit_code(child), 0);
}

TEST(earlier_process_with_our_number_is_dead) {
    const check::Folder folder;
    check::write_file(folder / "out.lock", text_of(::getpid()));
    const OutputLock lock(folder / "out");
    CHECK(lock.taken_over() == std::optional(::getpid()));
}

TEST(half_written_lock_is_taken_over) {
    const check::Folder folder;
    for (const std::string& text : std::vector<std::string>{"", host().substr(0, 1), host(), host() + " ", host() + " 12"}) {
        check::write_file(folder / "out.lock", text);
        const OutputLock lock(folder / "out");
        CHECK(!lock.taken_over());
        CHECK_EQUAL(check::read_file(folder / "out.lock"), text_of(::getpid()));
    }
}

TEST(what_cannot_be_known_is_refused) {
    const check::Folder folder;
    check::write_file(folder / "out.lock", "elsewhere 1234\n");
    CHECK_THROWS(OutputError, "output is locked: got process 1234 on host elsewhere, expected no other writer",
                 OutputLock(folder / "out"));
    for (const std::string& text : std::vector<std::string>{"hello", host() + " x\n", host() + " -5\n", " 1\n", "elsewhere 12"}) {
        check::write_file(folder / "out.lock", text);
        CHECK_THROWS(OutputError, "names no process", OutputLock(folder / "out"));
        CHECK_EQUAL(check::read_file(folder / "out.lock"), text);
    }
}

TEST(folder_that_is_not_there) {
    const check::Folder folder;
    CHECK_THROWS(OutputError, "cannot lock the output: got \"No such file or directory\"",
                 OutputLock(folder.path() / "none" / "out"));
}

TEST(lock_of_another_is_not_removed) {
    const check::Folder folder;
    {
        const OutputLock lock(folder / "out");
        std::filesystem::remove(lock.path());  // by hand, and somebody else came
        check::write_file(folder / "out.lock", "elsewhere 1\n");
    }
    CHECK_EQUAL(check::read_file(folder / "out.lock"), "elsewhere 1\n");
}

TEST(a_forked_child_does_not_release) {
    const check::Folder folder;
    OutputLock lock(folder / "out");
    CHECK_EQUAL(exit_code(in_child([&] {
                    lock.release();
                    return 0;
                })),
                0);
    CHECK_EQUAL(folder.names().size(), 1);
}

TEST(one_thread_gets_a_left_behind_lock) {
    for (int round = 0; round < 20; ++round) {
        const check::Folder folder;
        check::write_file(folder / "out.lock", text_of(gone()));
        std::atomic<int> refused = 0;
        std::vector<std::optional<OutputLock>> locks(6);
        std::vector<std::thread> threads;
        for (auto& lock : locks) {
            threads.emplace_back([&] {
                try {
                    lock.emplace(folder / "out");
                } catch (const OutputError&) {
                    ++refused;
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        CHECK_EQUAL(refused.load(), 5);
    }
}

TEST(one_process_gets_a_left_behind_lock) {
    constexpr std::size_t num_children = 5;
    for (int round = 0; round < 20; ++round) {
        const check::Folder folder;
        if (round % 2 == 0) {
            check::write_file(folder / "out.lock", text_of(gone()));
        }
        std::array<int, 2> start{};
        std::array<int, 2> answers{};
        std::array<int, 2> end{};
        CHECK_EQUAL(::pipe(start.data()) + ::pipe(answers.data()) + ::pipe(end.data()), 0);
        std::vector<pid_t> children;
        for (std::size_t i = 0; i < num_children; ++i) {
            children.push_back(in_child([&] {
                ::close(start[1]);
                ::close(end[1]);
                wait_for_end(start[0]);  // all begin at once, when the parent closes its side
                try {
                    const OutputLock lock(folder / "out");
                    answer(answers[1], 'y');
                    wait_for_end(end[0]);  // hold it until all have answered
                } catch (const OutputError&) {
                    answer(answers[1], 'n');
                }
                return 0;
            }));
        }
        ::close(start[0]);
        ::close(start[1]);
        std::string all(num_children, ' ');
        for (char& letter : all) {
            CHECK_EQUAL(::read(answers[0], &letter, 1), 1);
        }
        for (const int descriptor : {answers[0], answers[1], end[0], end[1]}) {
            ::close(descriptor);
        }
        for (const pid_t child : children) {
            CHECK_EQUAL(exit_code(child), 0);
        }
        CHECK_EQUAL(std::ranges::count(all, 'y'), 1);
        CHECK_EQUAL(std::ranges::count(all, 'n'), num_children - 1);
    }
}
