#include "check.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>

namespace check {
namespace {

struct Test {
    const char* name;
    void (*body)();
};

std::vector<Test>& tests() {
    static std::vector<Test> all;
    return all;
}

bool passes(const Test& test) {
    try {
        test.body();
        return true;
    } catch (const std::exception& error) {
        std::printf("FAILED %s\n  %s\n", test.name, error.what());
    } catch (...) {
        std::printf("FAILED %s\n  by something that is no std::exception\n", test.name);
    }
    return false;
}

}  // namespace

Registration::Registration(const char* name, void (*body)()) { tests().push_back({name, body}); }

void fail(const char* file, int line, const std::string& text) {
    throw Failure(std::string(file) + ":" + std::to_string(line) + ": " + text);
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "simdprep-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw Failure("cannot make the folder " + name);
    }
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> Folder::names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
        all.push_back(entry.path().filename().string());
    }
    std::ranges::sort(all);
    return all;
}

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::byte> bytes_of(std::string_view text) {
    std::vector<std::byte> bytes(text.size());
    std::ranges::transform(text, bytes.begin(), [](char letter) { return static_cast<std::byte>(letter); });
    return bytes;
}

std::vector<std::byte> random_bytes(std::size_t size, double density, unsigned seed) {
    std::mt19937 engine(seed);
    std::bernoulli_distribution is_random(density);
    std::uniform_int_distribution<int> any(0, 255);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) {
        byte = is_random(engine) ? static_cast<std::byte>(any(engine)) : std::byte{0};
    }
    return bytes;
}

}  // namespace check

// Runs all tests of the program, or the one named on the command line.
int main(int argc, char** argv) {
    int failed = 0;
    int run = 0;
    for (const auto& test : check::tests()) {
        if (argc < 2 || std::string_view(argv[1]) == test.name) {
            ++run;
            failed += check::passes(test) ? 0 : 1;
        }
    }
    std::printf("%d of %d tests passed\n", run - failed, run);
    return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
