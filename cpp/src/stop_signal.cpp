#include "simdprep/detail/stop_signal.hpp"

#include <atomic>
#include <cstddef>

namespace simdprep::detail {
namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

void note(int signal) { received.store(signal, std::memory_order_relaxed); }

}  // namespace

StopSignal::StopSignal() {
    received.store(0, std::memory_order_relaxed);
    struct sigaction action {};
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (std::size_t index = 0; index < signals.size(); ++index) ::sigaction(signals.at(index), &action, &before_.at(index));
}

StopSignal::~StopSignal() {
    for (std::size_t index = 0; index < signals.size(); ++index) ::sigaction(signals.at(index), &before_.at(index), nullptr);
}

const char* StopSignal::pending() noexcept {
    switch (received.load(std::memory_order_relaxed)) {
        case SIGTERM: return "SIGTERM";
        case SIGINT: return "SIGINT";
        case SIGXCPU: return "SIGXCPU";
        default: return nullptr;
    }
}

}  // namespace simdprep::detail
