"""Parsing: what binds to what, what is named, and how each mistake is told."""

import pickle
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import ExpressionError
from simdprep.transforms import names, parse
from simdprep.transforms.functions import FUNCTIONS
from simdprep.transforms.nodes import Binary, Call, Index, Lead, Match, Member, Name, Number, Unary, fold
from tests.house.tree import ROOT


def shown(expression):
    """Return the tree with all its parentheses."""

    def visit(node, inner):
        match node:
            case Number(value=value):
                return repr(value)
            case Name(name=name):
                return name
            case Match(field=field, text=text):
                return f"({visit(field, [])} is {text})"
            case Member(object=owner, name=name):
                return f"{owner}.{name}"
            case Lead(name=name):
                return f"lead.{name}"
            case Index(index=index):
                return f"{inner[0]}[{index}]"
            case Unary(operator=sign):
                return f"({sign}{inner[0]})"
            case Binary(operator=sign):
                return f"({inner[0]} {sign} {inner[1]})"
            case Call(function="num", arguments=(Name(name=name),)):
                return f"num({name})"
            case Call(function=function):
                return f"{function}({', '.join(inner)})"

    return fold(expression.root, visit)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("pt > 20 & abs(eta) < 2.5", "((pt > 20) & (abs(eta) < 2.5))"),
        ("(pt > 20) & (abs(eta) < 2.5)", "((pt > 20) & (abs(eta) < 2.5))"),
        ("MET_pt > 50 & num(Muon) >= 1", "((MET_pt > 50) & (num(Muon) >= 1))"),
        ("a | b & c", "(a | (b & c))"),
        ("a & b | c & d", "((a & b) | (c & d))"),
        ("~a > 3 & b", "((~(a > 3)) & b)"),
        ("~~a", "(~(~a))"),
        ("a & ~b", "(a & (~b))"),
        ("a == (~b)", "(a == (~b))"),
        ("not a and b or c", "(((~a) & b) | c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c // d % e", "((((a / b) * c) // d) % e)"),
        ("a + b * c", "(a + (b * c))"),
        ("-x ** 2", "(-(x ** 2))"),
        ("2 ** -3 ** 2", "(2 ** (-(3 ** 2)))"),
        ("2 ** 3 ** 2", "(2 ** (3 ** 2))"),
        ("-a * b", "((-a) * b)"),
        ("a * -b", "(a * (-b))"),
        ("a < -b + 1", "(a < ((-b) + 1))"),
        ("--+a", "(-(-(+a)))"),
        ("(jetId & 2) != 0", "((jetId & 2) != 0)"),
        ("jetId & 2 != 0", "(jetId & (2 != 0))"),
        ("hypot(eta - lead.eta, delta_phi(phi, lead.phi))", "hypot((eta - lead.eta), delta_phi(phi, lead.phi))"),
        ("Jet[0].pt + Jet.pt[-1]", "(Jet.pt[0] + Jet.pt[-1])"),
        ("(a * b)[1]", "(a * b)[1]"),
        ("where(a, b, c)", "where(a, b, c)"),
        ("sum + num * max", "(sum + (num * max))"),
        ("lead", "lead"),
        ("`odd name` + `lead`.x + `and`", "((odd name + lead.x) + and)"),
        ("1. + .5 + 1e3 + 2.5E-1", "(((1.0 + 0.5) + 1000.0) + 0.25)"),
        ("a\n  & b", "(a & b)"),
        ("9223372036854775807", "9223372036854775807"),
        ("a == 'x y' & \"it's\" != b", "((a is x y) & (~(b is it's)))"),
        ("Jet[0].label == 'b' | Jet.label[1] != ''", "((Jet.label is b)[0] | (~(Jet.label is )[1]))"),
    ],
)
def test_what_binds_to_what(text, tree):
    assert shown(parse(text)) == tree


def test_a_field_called_like_a_word_is_no_lead():
    assert isinstance(parse("`lead`.pt").root, Member)
    assert isinstance(parse("lead.pt").root, Lead)


def test_names():
    found = names(parse("pt > 20 & Jet.eta < lead.eta + num(Muon) * sum(Muon[0].pt * `a b`)"))
    assert found == {
        (None, "pt"), ("Jet", "eta"), ("lead", "eta"), ("Muon", None), ("Muon", "pt"), (None, "a b"),
    }  # fmt: skip


WRONG = {
    "": ("expression: got the end, expected something to compute", "column 1 of ''"),
    "  ": ("expression: got the end, expected something to compute", "column 1 of '  '"),
    "pt >": ("syntax: got the end, expected a name, a number or a parenthesis", "column 5 of 'pt >'"),
    "a +* b": ("syntax: got '*', expected a name, a number or a parenthesis", "column 4"),
    "1 < x < 2": ("chained comparison: got '<', expected one comparison", "column 7", "(1 < x) & (x < 2)"),
    "a & 1 <= x + 1 < (2 + y) * 2 | b": (
        "chained comparison: got '<', expected one comparison", "column 16", "(1 <= x + 1) & (x + 1 < (2 + y) * 2)",
    ),
    "a == b == c": ("chained comparison: got '==', expected one comparison", "column 8", "(a == b) & (b == c)"),
    "a && b": ("operator: got '&&'", "column 3", "&"),
    "a || b": ("operator: got '||'", "column 3", "|"),
    "!a": ("operator: got '!'", "column 1", "~"),
    "x = 3": ("operator: got '='", "column 3", "=="),
    "a <> b": ("operator: got '<>'", "column 3", "!="),
    "a ^ 2": ("operator: got '^'", "column 3", "** for a power"),
    "20GeV": ("number: got '20GeV', expected digits", "column 1", "the number alone: expressions have no units"),
    "1.2.3": ("number: got '1.2.3', expected digits", "column 1"),
    "1e": ("number: got '1e', expected digits", "column 1"),
    "1" + "0" * 30: ("number: got 1000000000000000000000000000000, expected a whole number below 2**63", "column 1"),
    "max(a, b)": ("call: got 2 arguments, expected max(x)", "column 1", "maximum(a, b)"),
    "hypot(a)": ("call: got 1 arguments, expected hypot(x, y)", "column 1"),
    "sum()": ("call: got 0 arguments, expected sum(x)", "column 1"),
    "num(Jet.pt)": ("num: expected the name of an object", "column 1", "sum(...) to count where something is true"),
    "num(3)": ("num: expected the name of an object", "column 1"),
    "hypo(a, b)": ("unknown function: got 'hypo', expected one of abs, sqrt", "column 1", "hypot"),
    "atan2(a, b)": ("unknown function: got 'atan2', expected one of abs, sqrt", "column 1", "arctan2"),
    "DeltaR(a)": ("unknown function: got 'DeltaR', expected one of abs, sqrt", "column 1", "delta_r"),
    "pow(a, 2)": ("unknown function: got 'pow', expected one of abs, sqrt", "column 1", "x ** y"),
    "__import__(os)": ("unknown function: got '__import__', expected one of", "column 1"),
    "Jet.pt.x": ("syntax: got '.', expected object.field: objects do not nest in names", "column 7", "pt.field"),
    "Jet.": ("syntax: got the end, expected the name of a field", "column 5"),
    "(a.b)[0].c": ("syntax: got '.', expected object[0].field or object.field[0]", "column 9"),
    "pt pt": ("syntax: got 'pt', expected an operator or the end", "column 4", "an operator such as * or &"),
    "2(3)": ("syntax: got '(', expected an operator or the end", "column 2", "an operator such as * or &"),
    "a, b": ("syntax: got ',', expected an operator or the end", "column 2"),
    "(a": ("syntax: got the end, expected ')' for what opens at column 1", "column 3"),
    "abs(a": ("syntax: got the end, expected ')' for what opens at column 1", "column 6"),
    "(a]": ("syntax: got ']', expected ')' for what opens at column 1", "column 3"),
    "a)": ("syntax: got ')', expected an operator or the end", "column 2"),
    "a[1.5]": ("index: got '1.5', expected a whole number, such as 0 for the first", "column 3"),
    "a[x]": ("index: got 'x', expected a whole number, such as 0 for the first", "column 3"),
    "a[9999999999]": ("index: got '9999999999', expected a whole number, such as 0 for the first", "column 3"),
    "a[1:2]": ("character: got ':', expected a name, a number or an operator", "column 4"),
    "name == 'x": ("character: got \"'\", expected a name", "column 9", "a closing quote"),
    "'x'": ("text: got 'x', expected a text field on the other side of == or !=", "column 1", "name == 'x'"),
    "abs('x')": ("text: got 'x', expected a text field on the other side of == or !=", "column 5", "name == 'x'"),
    "name < 'x'": ("text: got 'x', expected a text field on the other side of == or !=", "column 8", "name == 'x'"),
    "'x' == 'y'": ("text: got 'x', expected the name of a text field on the other side", "column 1"),
    "a + 1 == 'y'": ("text: got 'y', expected the name of a text field on the other side", "column 10"),
    "3 == 'y'": ("text: got 'y', expected the name of a text field on the other side", "column 6"),
    "a == ~b": ("syntax: got '~', expected parentheses: ~ binds looser than", "column 6", "(~ ...)"),
    "`a": ("character: got '`', expected a name", "column 1", "a closing backtick"),
    "a $ b": ("character: got '$', expected a name, a number or an operator", "column 3 of 'a $ b'"),
    "(" * 60 + "a" + ")" * 60: ("nesting: expected at most 50 levels", "column 51"),
    "-" * 9999 + "a": ("nesting: expected at most 50 levels", "column 51"),
    "~" * 9999 + "a": ("nesting: expected at most 50 levels", "column 51"),
    "2**" * 3000 + "a": ("nesting: expected at most 50 levels", "column 151"),
    "abs(" * 2000: ("nesting: expected at most 50 levels", "column 201"),
    "a" * 10_001: ("expression: got 10001 characters, expected at most 10000",),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:20])
def test_mistakes(text):
    first, *rest = WRONG[text]
    with pytest.raises(ExpressionError) as caught:
        parse(text, where="train.yaml : objects.Jet.select")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(first)
    assert lines[1].startswith("  in train.yaml : objects.Jet.select")
    assert len(lines) <= 3
    if rest:
        assert f", {rest[0]}" in lines[1]
    if len(rest) > 1:
        assert lines[2] == f"  try {rest[1]}"


def test_the_text_is_shown_as_it_is():
    with pytest.raises(ExpressionError) as caught:
        parse("pt > 20 & abs(eta < 2.5", where="objects.Jet.select")
    assert str(caught.value) == (
        "syntax: got the end, expected ')' for what opens at column 11\n"
        "  in objects.Jet.select, column 24 of 'pt > 20 & abs(eta < 2.5'"
    )


def test_a_long_text_is_shown_around_the_mistake():
    with pytest.raises(ExpressionError) as caught:
        parse("aaaaa + " * 50 + "$ + " + "bbbbb + " * 50 + "c")
    place = str(caught.value).splitlines()[1]
    assert len(place) < 150
    assert "+ $ +" in place


def test_a_long_sum_is_a_deep_tree_without_recursion():
    expression = parse("+".join(["x"] * 5000))
    assert names(expression) == {(None, "x")}
    again = pickle.loads(pickle.dumps(expression))
    assert again == expression
    assert names(again) == names(expression)


@given(st.text(alphabet="ab1.+-*/%<>=!&|~()[],` \n^'", max_size=30))
def test_any_text_is_an_expression_or_an_expression_error(text):
    with suppress(ExpressionError):
        parse(text)


@given(st.text(max_size=50))
def test_any_characters_are_an_expression_or_an_expression_error(text):
    with suppress(ExpressionError):
        parse(text)


def test_the_documentation_names_every_function():
    page = (ROOT / "docs" / "expressions.md").read_text()
    table = page[page.index("## Functions") : page.index("## Missing values")]
    assert set(FUNCTIONS) <= set(re.findall(r"\w+", table))
