#pragma once

#include <string>

#include "toy_jets.hpp"

namespace benchmark {

void write_ours(const std::string& path, const JetLoop& loop, const Task& task);

}  // namespace benchmark
