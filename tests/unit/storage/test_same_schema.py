"""Schemas of parts that are opened as one, and the codes of their strings."""

from dataclasses import replace

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage.same_schema import check_same, recode, recodings, unify
from tests.small_dataset import small_schema


def with_field(schema, owner, field, **changes):
    """The schema with one field changed."""
    objects = [
        replace(
            spec, fields=tuple(replace(entry, **changes) if entry.name == field else entry for entry in spec.fields)
        )
        if spec.name == owner
        else spec
        for spec in schema.objects
    ]
    return replace(schema, objects=tuple(objects))


def with_kinds(*texts):
    return with_field(small_schema(), "events", "kind", categories=texts)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"dtype": "float64"}, "dtype of field Jet.pt"),
        ({"fill": 0.0}, "fill of field Jet.pt"),
        ({"unit": "GeV"}, "unit of field Jet.pt"),
        ({"description": "momentum"}, "description of field Jet.pt"),
        ({"name": "p"}, "fields of object Jet"),
    ],
)
def test_a_field_that_differs_is_named(changes, what):
    with pytest.raises(DatasetError, match=rf"{what} of parts.* in b\.h5, expected .*, as in a\.h5"):
        check_same(small_schema(), with_field(small_schema(), "Jet", "pt", **changes), "a.h5", "b.h5")


@pytest.mark.parametrize(
    ("changes", "what"), [({"pad": 4}, "pad of object Jet"), ({"order": "-pt"}, "order of object Jet")]
)
def test_an_object_that_differs_is_named(changes, what):
    schema = small_schema()
    objects = tuple(replace(spec, **changes) if spec.name == "Jet" else spec for spec in schema.objects)
    with pytest.raises(DatasetError, match=what):
        check_same(schema, replace(schema, objects=objects), "a.h5", "b.h5")


def test_a_fill_of_nan_is_the_same_as_itself():
    check_same(small_schema(), small_schema(), "a.h5", "b.h5")


def test_strings_keep_the_order_of_their_appearance():
    schemas = [with_kinds("b", "a"), with_kinds(), with_kinds("c", "a", "d")]
    assert unify(schemas, ["1", "2", "3"]).object("events").field("kind").categories == ("b", "a", "c", "d")


def test_a_list_that_only_grew_needs_no_new_codes():
    assert recodings(with_kinds("a", "b"), with_kinds("a", "b", "c"), "x") == {}


def test_codes_are_those_of_the_whole_list():
    [(key, codes)] = recodings(with_kinds("c", "a"), with_kinds("a", "b", "c"), "x").items()
    assert key == ("events", "kind")
    values = np.array([0, 1, 1, -1, 0, 7], np.int32)
    recode(values, codes)
    assert values.tolist() == [2, 0, 0, -1, 2, -1]


def test_a_string_that_the_whole_list_lacks_is_an_error():
    with pytest.raises(DatasetError, match=r"strings of a part: got 'x'.*\n.*field events\.kind"):
        recodings(with_kinds("x"), with_kinds("a"), "b.h5")


def test_schemas_are_checked_when_made():
    with pytest.raises(sp.errors.SchemaError):
        with_kinds(*(str(number) for number in range(65_536)))
