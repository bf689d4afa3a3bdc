// What handles of one thread share: its buffer, and the way to the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simdprep/detail/event_buffer.hpp"
#include "simdprep/schema.hpp"

namespace simdprep::detail {

class WriterState;

// An object as the user described it; what follows from all of them is decided at the first fill.
struct ObjectDeclaration {
    std::string name;
    std::vector<std::int64_t> lengths;
    bool ragged = false;
    bool is_rows = false;
    bool arranged = false;
    bool automatic = false;
    std::string order;
    std::optional<std::size_t> parent;
    std::vector<Field> fields;
};

class FillerState {
public:
    explicit FillerState(WriterState& writer) : writer_(&writer) {}

    // The buffer of this thread. The first call of all fixes the schema; SchemaError if it breaks a rule. An error
    // too if the writer is closed.
    EventBuffer& buffer();
    [[nodiscard]] std::uint64_t index(std::size_t object) const;
    [[nodiscard]] std::int64_t stored_slot(std::size_t object, std::size_t given, std::size_t list) const;
    [[nodiscard]] const std::string& name(std::size_t object) const;

    // Null once the writer is gone.
    [[nodiscard]] WriterState* writer() const { return writer_; }
    // An error once the writer is gone.
    [[nodiscard]] WriterState& open_writer() const {
        if (writer_ == nullptr) throw_closed();
        return *writer_;
    }

private:
    friend class WriterState;

    [[noreturn]] void throw_closed() const;

    WriterState* writer_;
    std::unique_ptr<EventBuffer> buffer_;
    std::uint64_t events_ = 0;  // ended by this filler
    std::uint64_t rows_ = 0;
};

}  // namespace simdprep::detail
