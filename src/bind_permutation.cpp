#include <vector>

#include "bind.hpp"
#include "simdprep/detail/permutation.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using Keys = py::array_t<std::uint32_t, py::array::c_style>;

std::span<const std::int64_t> numbers(const OffsetArray& array) {
    return {array.data(), static_cast<std::size_t>(array.size())};
}

// An entry outside of its range might never land in it: checked here, once, so that the loop need not.
void check(std::span<const std::int64_t> entries, std::span<const std::int64_t> which, unsigned bits,
           std::span<const std::int64_t> sizes, const Keys& keys) {
    if (keys.ndim() != 2 || keys.shape(1) != detail::permutation_rounds ||
        keys.shape(0) != static_cast<py::ssize_t>(sizes.size()))
        throw InternalError("keys of permutations: got another shape, expected (permutations, rounds)");
    if (bits < 2 || bits > 62 || entries.size() != which.size()) throw InternalError("permutation: bad sizes");
    for (const std::int64_t size : sizes)
        if (size < 0 || size > std::int64_t{1} << bits) throw InternalError("permutation: got a range of too many bits");
    for (std::size_t at = 0; at < entries.size(); ++at) {
        const std::int64_t own = which[at];
        if (own < 0 || static_cast<std::size_t>(own) >= sizes.size() || entries[at] < 0 ||
            entries[at] >= sizes[static_cast<std::size_t>(own)])
            throw InternalError("permutation: got an entry outside of its range");
    }
}

OffsetArray permute(const OffsetArray& entries, const OffsetArray& which, unsigned bits, const OffsetArray& sizes,
                    const Keys& keys) {
    check(numbers(entries), numbers(which), bits, numbers(sizes), keys);
    std::vector<detail::RoundKeys> rounds(static_cast<std::size_t>(keys.shape(0)));
    for (std::size_t own = 0; own < rounds.size(); ++own)
        for (unsigned round = 0; round < detail::permutation_rounds; ++round)
            rounds[own][round] = keys.at(static_cast<py::ssize_t>(own), round);
    OffsetArray image(entries.size());
    std::int64_t* out = image.mutable_data();
    const auto from = numbers(entries);
    const auto own = numbers(which);
    const auto limits = numbers(sizes);
    {
        const ReleasedGil release;
        detail::permute(from, own, bits, limits, rounds, out);
    }
    return image;
}

}  // namespace

void bind_permutation(py::module_& module) {
    using namespace py::literals;
    module.def("permute", &permute, "entries"_a, "which"_a, "bits"_a, "sizes"_a, "keys"_a,
               "Where keyed permutations send entries, each entry by one of them.");
}

}  // namespace simdprep::bind
