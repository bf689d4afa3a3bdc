#include "simdprep/detail/interleave.hpp"

#include "check.hpp"
#include "every_isa.hpp"

using namespace simdprep::detail;

TEST(every_number_of_fields_and_items) {
    for (std::size_t fields = 1; fields <= interleaved_fields; ++fields) {
        for (std::size_t count = 0; count <= 40; ++count) {
            const std::size_t stride = fields + 3;
            std::vector<float> columns(fields * count);
            std::vector<float> wanted(count == 0 ? 0 : (count - 1) * stride + fields, -1.0F);
            for (std::size_t field = 0; field < fields; ++field) {
                for (std::size_t item = 0; item < count; ++item) {
                    columns[field * count + item] = static_cast<float>(field * 1000 + item);
                    wanted[item * stride + field] = columns[field * count + item];
                }
            }
            for_every_isa([&] {
                std::vector<float> items(wanted.size(), -1.0F);
                interleave(columns.data(), count, fields, count, items.data(), stride);
                CHECK(items == wanted);
            });
        }
    }
}
