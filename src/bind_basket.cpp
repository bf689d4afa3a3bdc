#include <tuple>
#include <vector>

#include "bind.hpp"
#include "simdprep/detail/basket.hpp"
#include "simdprep/detail/thread_pool.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

using Numbers = py::array_t<std::int64_t, py::array::c_style>;

// Entries of a branch that are wanted.
struct Wanted {
    std::vector<detail::BasketPlace> baskets;
    detail::BasketForm form;
    std::int64_t first;
    std::int64_t last;
};

Wanted wanted_of(const Numbers& baskets, std::size_t number_size, std::size_t item_size, py::ssize_t header_size,
                 std::int64_t first, std::int64_t last) {
    if (baskets.ndim() != 2 || baskets.shape(1) != 4) throw InternalError("baskets: got another shape, expected (n, 4)");
    if (item_size == 0 || number_size == 0 || item_size % number_size != 0 || first > last)
        throw InternalError("entries of a branch: got sizes that do not fit");
    Wanted wanted{{}, {number_size, item_size, header_size >= 0, 0}, first, last};
    if (header_size > 0) wanted.form.header_size = static_cast<std::size_t>(header_size);
    for (py::ssize_t at = 0; at < baskets.shape(0); ++at) {
        const std::int64_t* row = baskets.data(at, 0);
        wanted.baskets.push_back({static_cast<std::uint64_t>(row[0]), static_cast<std::uint64_t>(row[1]), row[2], row[3]});
    }
    return wanted;
}

// An array that owns its memory.
template <class Number>
py::array array_of(std::unique_ptr<Number[]> numbers, std::size_t size) {
    Number* data = numbers.get();
    const py::capsule owner(data, [](void* held) { delete[] static_cast<Number*>(held); });
    numbers.release();  // NOLINT(bugprone-unused-return-value): the capsule has it
    using Item = std::conditional_t<std::is_same_v<Number, std::byte>, std::uint8_t, Number>;
    return py::array_t<Item>(static_cast<py::ssize_t>(size), reinterpret_cast<const Item*>(data), owner);
}

using Asked = std::tuple<Numbers, std::size_t, std::size_t, py::ssize_t, std::int64_t, std::int64_t>;

py::list read_branches(detail::ThreadPool& pool, int file, const std::vector<Asked>& asked) {
    std::vector<Wanted> wanted;
    for (const Asked& branch : asked) wanted.push_back(std::apply(wanted_of, branch));
    std::vector<detail::BranchEntries> found(wanted.size());
    {
        const ReleasedGil release;
        pool.parallel_for(wanted.size(), [&](std::size_t at) {
            const Wanted& branch = wanted[at];
            found[at] = detail::read_entries(file, branch.baskets, branch.form, branch.first, branch.last);
        });
    }
    py::list result;
    for (std::size_t at = 0; at < found.size(); ++at) {
        py::object offsets = py::none();
        if (found[at].offsets)
            offsets = array_of(std::move(found[at].offsets), static_cast<std::size_t>(wanted[at].last - wanted[at].first) + 1);
        if (!found[at].numbers) found[at].numbers = std::make_unique<std::byte[]>(1);
        result.append(py::make_tuple(offsets, array_of(std::move(found[at].numbers), found[at].size)));
    }
    return result;
}

}  // namespace

void bind_basket(py::module_& module) {
    using namespace py::literals;
    module.def("read_branches", &read_branches, "pool"_a, "file"_a, "asked"_a,
               "Entries of branches of a ROOT TTree: offsets of lists or None, and the bytes of native numbers.");
}

}  // namespace simdprep::bind
