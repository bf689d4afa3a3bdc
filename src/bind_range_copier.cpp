#include "bind.hpp"
#include "simdprep/detail/range_copier.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using Numbers = py::array_t<std::uint64_t, py::array::c_style>;

std::vector<detail::CopiedRange> ranges_of(const Numbers& sources, const Numbers& targets, const Numbers& sizes) {
    if (sources.size() != targets.size() || sources.size() != sizes.size())
        throw InternalError("ranges: got sources, targets and sizes of several lengths, expected one");
    std::vector<detail::CopiedRange> ranges;
    ranges.reserve(static_cast<std::size_t>(sources.size()));
    for (py::ssize_t at = 0; at < sources.size(); ++at) ranges.push_back({sources.data()[at], targets.data()[at], sizes.data()[at]});
    return ranges;
}

}  // namespace

void bind_range_copier(py::module_& module) {
    using namespace py::literals;
    py::class_<detail::RangeCopier>(module, "RangeCopier")
        .def(py::init<int, unsigned>(), "target"_a, "threads"_a)
        .def(
            "copy",
            [](detail::RangeCopier& copier, const std::string& source, const Numbers& sources, const Numbers& targets, const Numbers& sizes) {
                const std::vector<detail::CopiedRange> ranges = ranges_of(sources, targets, sizes);
                const ReleasedGil release;
                copier.copy(source, ranges);
            },
            "source"_a, "sources"_a, "targets"_a, "sizes"_a, "Takes ranges of a file, without waiting for them.")
        .def(
            "write",
            [](detail::RangeCopier& copier, const py::buffer& bytes, std::uint64_t target) {
                const py::buffer_info info = bytes.request();
                const std::span<const std::byte> view = span_of(info);
                std::vector<std::byte> kept(view.begin(), view.end());
                const ReleasedGil release;
                copier.write(std::move(kept), target);
            },
            "bytes"_a, "target"_a, "Takes a copy of bytes, without waiting for them.")
        .def(
            "finish",
            [](detail::RangeCopier& copier) {
                detail::CopyOutcome outcome;
                {
                    const ReleasedGil release;
                    outcome = copier.finish();
                }
                return py::make_tuple(outcome.code, outcome.reason);
            },
            "Waits; returns the errno of a write that failed, or 0, and what it means.");
}

}  // namespace simdprep::bind
