#include "simdprep/summary.hpp"

#include <algorithm>
#include <ostream>

namespace simdprep {
namespace {

std::string with_commas(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

}  // namespace

std::vector<std::string> WriteSummary::changes() const {
    std::vector<std::string> lines;
    for (const ObjectSummary& object : objects)
        if (object.truncated > 0)
            lines.push_back("truncated " + with_commas(object.truncated) + " of " + with_commas(object.truncated + object.stored) + " " + object.name);
    for (const ObjectSummary& object : objects)
        for (const ObjectSummary::Missing& missing : object.missing)
            lines.push_back(with_commas(missing.count) + " missing values of " + object.name + "." + missing.field + " took the fill value");
    return lines;
}

std::ostream& operator<<(std::ostream& stream, const WriteSummary& summary) {
    stream << summary.path << ": " << with_commas(summary.num_rows) << " rows, " << with_commas(summary.num_events) << " events, "
           << with_commas(summary.bytes) << " bytes in " << with_commas(summary.num_parts) << (summary.num_parts == 1 ? " part\n" : " parts\n");
    std::size_t width = 0;
    for (const ObjectSummary& object : summary.objects) width = std::max(width, object.name.size());
    for (const ObjectSummary& object : summary.objects)
        stream << "  " << object.name << std::string(width - object.name.size(), ' ') << "  " << with_commas(object.stored) << " stored\n";
    for (const std::string& line : summary.changes()) stream << "  " << line << '\n';
    if (summary.events_without_rows > 0) stream << "  " << with_commas(summary.events_without_rows) << " events without rows\n";
    for (const std::string& line : summary.told) stream << "  " << line << '\n';
    return stream;
}

}  // namespace simdprep
