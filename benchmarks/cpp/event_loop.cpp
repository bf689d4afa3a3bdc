// event_loop POOL BITS: makes POOL jets whose floats have BITS bits of mantissa, says "ready", and then does for each line of stdin what it asks:
//
//     WRITER FORM THREADS JETS PATH
//
// WRITER is ours, slab or points (see point_writer.hpp); FORM gzip, none, half or fill. Answers each with the seconds.
#include <chrono>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "ours.hpp"
#include "peer.hpp"

namespace {

using namespace benchmark;

Task task_of(const std::string& form) {
    Task task;
    task.compressed = form == "gzip";
    task.half = form == "half";
    task.keeps = form != "fill";
    if (form != "gzip" && form != "none" && form != "half" && form != "fill") throw std::runtime_error("form " + form);
    return task;
}

double run(const std::string& line, const std::vector<Jet>& pool) {
    std::istringstream words(line);
    std::string writer, form, path;
    unsigned threads = 0;
    std::size_t number = 0;
    if (!(words >> writer >> form >> threads >> number >> std::ws) || !std::getline(words, path)) {
        throw std::runtime_error("expected WRITER FORM THREADS JETS PATH, got " + line);
    }
    Task task = task_of(form);
    task.threads = threads;
    task.num_jets = number;
    const JetLoop loop(pool, number);
    const auto begun = std::chrono::steady_clock::now();
    if (writer == "ours") write_ours(path, loop, task);
    else write_peer(path, loop, task, writer == "slab" ? Choice::slab : Choice::points);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

int main(int count, char** words) {
    const std::vector<Jet> pool = make_jets(count > 1 ? std::stoul(words[1]) : 20'000,
                                             count > 2 ? static_cast<unsigned>(std::stoul(words[2])) : 12);
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        try {
            std::cout << run(line, pool) << std::endl;
        } catch (const std::exception& error) {
            std::cerr << error.what() << std::endl;
            return 1;
        }
    }
}
