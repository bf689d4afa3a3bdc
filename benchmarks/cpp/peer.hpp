#pragma once

#include <string>

#include "point_writer.hpp"
#include "toy_jets.hpp"

namespace benchmark {

void write_peer(const std::string& path, const JetLoop& loop, const Task& task, Choice choice);

}  // namespace benchmark
