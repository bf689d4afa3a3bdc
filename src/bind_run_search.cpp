#include "bind.hpp"
#include "simdprep/detail/run_search.hpp"

namespace simdprep::bind {
namespace {

std::span<const std::int64_t> numbers_of(const OffsetArray& array) {
    return {array.data(), static_cast<std::size_t>(array.size())};
}

OffsetArray find_runs(const OffsetArray& bounds, const OffsetArray& numbers) {
    const auto given = numbers_of(bounds);
    const detail::RunSearch search({given.begin(), given.end()});
    OffsetArray runs(numbers.size());
    std::int64_t* out = runs.mutable_data();
    const auto from = numbers_of(numbers);
    {
        const ReleasedGil release;
        detail::find_runs(search, from, out);
    }
    return runs;
}

}  // namespace

void bind_run_search(py::module_& module) {
    using namespace py::literals;
    module.def("find_runs", &find_runs, "bounds"_a, "numbers"_a,
               "Which run [bounds[i], bounds[i + 1]) each number lies in; the bounds ascend from 0 on.");
}

}  // namespace simdprep::bind
