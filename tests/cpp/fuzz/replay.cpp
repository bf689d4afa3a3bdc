// Runs a target without libFuzzer: its corpus as it is, cut at every byte, and damaged at random.
//
//   replay_TARGET [ROUNDS]          as many damaged copies of each input
//   replay_TARGET --write FOLDER    writes the corpus, for libFuzzer to begin with
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "random.hpp"
#include "target.hpp"

namespace {

using fuzz::Input;
using fuzz::Random;

void run(const Input& input) {
    const Input exact(input);  // no spare capacity behind it
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

// A flipped bit, another byte, a hostile number, bytes gone or doubled, the front of another input.
Input damaged(Random& random, Input input, const std::vector<Input>& all) {
    constexpr std::uint64_t hostile[] = {0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 1UL << 32, 1UL << 63, ~0UL, ~1UL};
    for (std::size_t times = random.between(1, 4); times > 0 && !input.empty(); --times) {
        // Half of all damage is done to the numbers in front.
        const std::size_t at = random.below(random.one_in(2) ? input.size() : std::min<std::size_t>(input.size(), 64));
        const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t count = std::min(random.any_magnitude(1, 300), input.size() - at);
        const auto there = here + static_cast<std::ptrdiff_t>(count);
        switch (random.below(6)) {
            case 0: *here = static_cast<std::uint8_t>(*here ^ (1U << random.below(8))); break;
            case 1: *here = static_cast<std::uint8_t>(random.next()); break;
            case 2: {
                const std::uint64_t number = hostile[random.below(std::size(hostile))];
                std::memcpy(&*here, &number, std::min<std::size_t>(input.size() - at, std::size_t{1} << random.below(4)));
                break;
            }
            case 3: input.erase(here, there); break;
            case 4: {
                const Input part(here, there);
                input.insert(here, part.begin(), part.end());
                break;
            }
            default: {
                const Input& other = all[random.below(all.size())];
                std::copy_n(other.begin(), std::min(at, other.size()), input.begin());
            }
        }
    }
    return input;
}

std::size_t replay(std::size_t rounds) {
    const std::vector<Input> all = fuzz::corpus();
    std::size_t runs = 0;
    Random random(11);
    for (const Input& input : all) {
        for (std::size_t size = std::min<std::size_t>(input.size(), 512); size > 0; --size, ++runs) {
            run(Input(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size)));
        }
        run(input);
        for (std::size_t round = 0; round < rounds; ++round) {
            run(damaged(random, input, all));
        }
        runs += 1 + rounds;
    }
    return runs;
}

void write(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    std::size_t number = 0;
    for (const Input& input : fuzz::corpus()) {
        std::ofstream file(folder / std::to_string(number++), std::ios::binary);
        file.write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == "--write") {
        write(argv[2]);
        return 0;
    }
    std::printf("%zu inputs survived\n", replay(argc > 1 ? std::stoul(argv[1]) : 200));
    return 0;
}
