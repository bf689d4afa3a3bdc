// The smallest test framework that does: named tests, checks that print both sides, a folder that goes away.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simdprep/error.hpp"

namespace check {

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Registration {
    Registration(const char* name, void (*body)());
};

[[noreturn]] void fail(const char* file, int line, const std::string& text);

template <class T>
std::string shown(const T& value) {
    if constexpr (requires(std::ostringstream stream) { stream << value; }) {
        std::ostringstream stream;
        stream << value;
        return stream.str();
    } else {
        return "a value that cannot be printed";
    }
}

template <class A, class B>
void equal(const char* file, int line, const char* text, const A& got, const B& wanted) {
    bool same = false;
    if constexpr (std::integral<A> && std::integral<B> && !std::same_as<A, bool> && !std::same_as<B, bool>) {
        same = std::cmp_equal(got, wanted);
    } else {
        same = got == wanted;
    }
    if (!same) {
        fail(file, line, std::string(text) + ": got " + shown(got) + ", expected " + shown(wanted));
    }
}

// The text of the `Error` that `body` throws, which must be of type `Kind`.
template <class Kind, class Body>
std::string text_of(const char* file, int line, const Body& body) {
    try {
        body();
    } catch (const Kind& error) {
        return error.what();
    } catch (const std::exception& error) {
        fail(file, line, std::string("another error: ") + error.what());
    }
    fail(file, line, "no error");
}

inline void contains(const char* file, int line, std::string_view text, std::string_view part) {
    if (text.find(part) == std::string_view::npos) {
        fail(file, line, "\"" + std::string(part) + "\" is not in: " + std::string(text));
    }
}

// A new folder that is removed with all that is in it.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    // Names of the files in it, sorted.
    [[nodiscard]] std::vector<std::string> names() const;

private:
    std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view text);
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

[[nodiscard]] std::vector<std::byte> bytes_of(std::string_view text);
// Each byte is random with probability `density`, else zero.
[[nodiscard]] std::vector<std::byte> random_bytes(std::size_t size, double density, unsigned seed);

}  // namespace check

#define TEST(name)                                                    \
    static void name();                                               \
    static const check::Registration name##_registration(#name, name); \
    static void name()

#define CHECK(condition)                                 \
    do {                                                 \
        if (!(condition)) {                              \
            check::fail(__FILE__, __LINE__, #condition); \
        }                                                \
    } while (false)

#define CHECK_EQUAL(got, wanted) check::equal(__FILE__, __LINE__, #got, got, wanted)

// `part` must occur in the text of the error.
#define CHECK_THROWS(Kind, part, ...) \
    check::contains(__FILE__, __LINE__, check::text_of<Kind>(__FILE__, __LINE__, [&] { __VA_ARGS__; }), part)
