// Every error simdprep raises, and the one grammar their texts follow:
//
//   <what>: got <value>, expected <rule>
//     in <file : tree/object/field, entry range, or config path>
//     try <one action>
#pragma once

#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

namespace simdprep {

// Base of all errors. `what()` is the whole text; the parts are kept for those who translate it.
class Error : public std::runtime_error {
public:
    explicit Error(std::string message, std::string where = {}, std::string hint = {});

    // 1 bad input or config, 2 our bug, 4 disk or memory exhausted: the command line exits with it.
    [[nodiscard]] virtual int exit_code() const noexcept { return 1; }

    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

private:
    std::string message_;
    std::string where_;
    std::string hint_;
};

// A schema breaks a rule of the format, or data does not fit its schema.
class SchemaError : public Error {
public:
    using Error::Error;
};

// Datasets that share rows were given different numbers of them.
class AlignmentError : public SchemaError {
public:
    using SchemaError::SchemaError;
};

// A simdprep dataset is damaged, incomplete or of another version.
class DatasetError : public Error {
public:
    using Error::Error;
};

// The output exists, is locked, or cannot be written.
class OutputError : public Error {
public:
    using Error::Error;
};

// Disk or memory is exhausted.
class ResourceError : public Error {
public:
    using Error::Error;
    [[nodiscard]] int exit_code() const noexcept override { return 4; }
};

// SIGTERM, SIGINT or SIGXCPU came; the dataset was closed with all events so far.
class Interrupted : public Error {
public:
    using Error::Error;
    [[nodiscard]] int exit_code() const noexcept override { return 130; }
};

// A mistake of simdprep itself.
class InternalError : public Error {
public:
    using Error::Error;
    [[nodiscard]] int exit_code() const noexcept override { return 2; }
};

// The first line of an error: "<what>: got <got>, expected <rule>".
[[nodiscard]] std::string expected(std::string_view what, std::string_view got, std::string_view rule);

template <std::integral Integer>
[[nodiscard]] std::string expected(std::string_view what, Integer got, std::string_view rule) {
    return expected(what, std::string_view(std::to_string(got)), rule);
}

}  // namespace simdprep
