// StopSignal: SIGTERM, SIGINT and SIGXCPU are noted, and not obeyed, while one of these lives.
#pragma once

#include <csignal>

#include <array>

namespace simdprep::detail {

class StopSignal {
public:
    StopSignal();
    ~StopSignal();  // puts back what handled the signals before
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    // The name of the signal that came, or null.
    [[nodiscard]] static const char* pending() noexcept;

private:
    static constexpr std::array<int, 3> signals{SIGTERM, SIGINT, SIGXCPU};
    std::array<struct sigaction, signals.size()> before_{};
};

}  // namespace simdprep::detail
