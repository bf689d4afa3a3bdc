"""The constants as a C++ header for event loops: it needs nothing but the standard library, C++11 or later."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from string import Template

from .. import _core
from ..errors import ConfigError
from ..transforms.state import State
from ..transforms.text_file import write_text
from .constants import Constants

_HEADER = Template("""\
// Made by simdprep $version from a fitted state$config. Do not edit: export it again.
//
// Each object has a namespace with the names of its fields in their order, and
//     apply(values, out)                  one entry: num_fields values
//     apply(values, valid, entries, out)  entries one after the other; those that are not valid become 0
// Computed in double, rounded to float once. What the loader refuses because it is not finite is NaN here.
// The inline namespace keeps other constants under the same name, in another file of the program, apart from these.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#ifdef __FAST_MATH__
#error "-ffast-math knows no NaN: compile what includes this header without it"
#endif

namespace $name {
inline namespace $version_name {
namespace detail {

struct Field {
    bool takes_log;
    double offset, centre, scale, low, high;
    bool replaces;  // what is not finite
    float replacement;
};

inline float normalised(const Field& field, float raw) {
    double value = raw;
    if (field.takes_log) value = std::log(value + field.offset);
    value = (value - field.centre) / field.scale;
    if (field.replaces && !std::isfinite(value)) return field.replacement;
    if (value < field.low) value = field.low;
    if (value > field.high) value = field.high;
    return static_cast<float>(value);
}

inline void normalise(const Field* fields, std::size_t num_fields, const float* values, float* out) {
    for (std::size_t index = 0; index < num_fields; ++index) out[index] = normalised(fields[index], values[index]);
}

inline void normalise(const Field* fields, std::size_t num_fields, const float* values, const bool* valid,
                      std::size_t entries, float* out) {
    for (std::size_t entry = 0; entry < entries; ++entry, values += num_fields, out += num_fields) {
        if (valid[entry]) {
            normalise(fields, num_fields, values, out);
        } else {
            for (std::size_t index = 0; index < num_fields; ++index) out[index] = 0;
        }
    }
}

}  // namespace detail

$objects
}  // namespace $version_name
}  // namespace $name
""")

_OBJECT = Template("""\
namespace $identifier {

constexpr std::size_t num_fields = $num_fields;

inline const char* field_name(std::size_t index) {
    static const char* const names[] = {$names};
    return names[index];
}

inline const detail::Field* fields() {
    static const detail::Field constants[] = {
$constants
    };
    return constants;
}

inline void apply(const float* values, float* out) { detail::normalise(fields(), num_fields, values, out); }

inline void apply(const float* values, const bool* valid, std::size_t entries, float* out) {
    detail::normalise(fields(), num_fields, values, valid, entries, out);
}

}  // namespace $identifier
""")

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

#: Words of C++, and names of this header.
_TAKEN = {
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "char8_t", "char16_t", "char32_t", "class", "co_await", "co_return", "co_yield", "compl", "concept", "const",
    "const_cast", "consteval", "constexpr", "constinit", "continue", "decltype", "default", "delete", "detail", "do",
    "double", "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto",
    "if", "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator",
    "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires", "return", "short",
    "signed", "sizeof", "static", "static_assert", "static_cast", "std", "struct", "switch", "template", "this",
    "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual",
    "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
}  # fmt: skip


def make(state: State, constants: list[Constants], name: str) -> str:
    """Return the header's text.

    Raises:
        ConfigError: ``name`` is no name of a namespace, or two objects would get the same.
    """
    if not _IDENTIFIER.fullmatch(name) or name in _TAKEN:
        raise ConfigError("name", got=repr(name), expected="the name of a C++ namespace", where="export to cpp")
    owners: dict[str, str] = {}
    for entry in constants:
        other = owners.setdefault(_identifier(entry.name), entry.name)
        if other != entry.name:
            got, rule = f"{other} and {entry.name}", "names that differ in letters and digits"
            raise ConfigError("objects", got=got, expected=rule, where="export to cpp", hint="exporting one at a time")
    objects = "\n".join(_object(entry) for entry in constants)
    return _HEADER.substitute(
        version=_core.__version__,
        config=f" (config {state.config_sha256[:16]})" if state.config_sha256 else "",
        name=name,
        version_name=f"of_{hashlib.sha256(objects.encode()).hexdigest()[:16]}",
        objects=objects,
    )


def write(text: str, path: Path) -> None:
    """Write the file."""
    write_text(path, text, what="header")


def _object(entry: Constants) -> str:
    lines = []
    for index, field in enumerate(entry.fields):
        numbers = (entry.offset, entry.centre, entry.scale, entry.low, entry.high)
        replaces = bool(entry.zeroes[index] or entry.refuses[index])
        parts = [
            _bool(bool(entry.takes_log[index])),
            *(_double(float(values[index])) for values in numbers),
            _bool(replaces),
            "std::numeric_limits<float>::quiet_NaN()" if entry.refuses[index] else "0",
        ]
        lines.append(f"        {{{', '.join(parts)}}},  // {_comment(field)}")
    return _OBJECT.substitute(
        identifier=_identifier(entry.name),
        num_fields=len(entry.fields),
        names=", ".join(_literal(field) for field in entry.fields),
        constants="\n".join(lines),
    )


def _identifier(name: str) -> str:
    word = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not _IDENTIFIER.fullmatch(word):
        word = f"object_{word}"
    return f"{word}_" if word in _TAKEN else re.sub(r"__+", "_", word)  # names with __ belong to the compiler


def _literal(text: str) -> str:
    """Return a string literal; of a name of any alphabet, in UTF-8."""
    escaped = "".join(
        character
        if character.isascii() and character.isprintable()
        else "".join(f"\\{byte:03o}" for byte in character.encode())
        for character in json.dumps(text, ensure_ascii=False)[1:-1]
    )
    return f'"{escaped}"'


def _comment(text: str) -> str:
    """Return a name as a comment holds it: in one line, and not continued."""
    return "".join(character if character.isprintable() and character != "\\" else "?" for character in text)


def _double(value: float) -> str:
    if math.isinf(value):
        return f"{'-' if value < 0 else ''}std::numeric_limits<double>::infinity()"
    return repr(value)


def _bool(value: bool) -> str:
    return "true" if value else "false"
