// Commits a file through the installed library, and prints the library's version.
#include <simdprep/error.hpp>
#include <simdprep/manifest.hpp>
#include <simdprep/version.hpp>

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    try {
        simdprep::Manifest manifest(R"({"rows": "events"})");
        manifest.commit(argv[1]);
    } catch (const simdprep::Error& error) {
        std::cerr << error.what() << '\n';
        return error.exit_code();
    }
    std::cout << simdprep::version << '\n';
    return 0;
}
