"""The README's table of figures."""

import pytest

from benchmarks import figures, session


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    session.run("pad", "tiny", memory=False, told=lambda line: None).write(folder)
    return figures.results(folder)


def _cells(line):
    return [cell.strip() for cell in line.split("|")[1:-1]]


def _lines(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def test_a_table_has_a_line_per_case_and_peer(result):
    lines = _lines(figures.tables(result))
    pairs = [{(ratio["ours"], ratio["peer"]) for ratio in case["ratios"]} for case in result[0]["cases"]]
    assert len(lines) == 2 + sum(map(len, pairs))
    assert len({line.count("|") for line in lines}) == 1
    assert "awkward pad_none+fill_none" in lines[2]


def test_the_headlines_are_the_first_case_of_each_peer_with_a_target(result):
    aims = [aim for aim in result[0]["targets"] if aim["what"] == "speed"]
    assert len({aim["case"] for aim in aims}) > 1
    lines = _lines(figures.headlines(result))[2:]
    assert {_cells(line)[1] for line in lines} == {aim["peer"] for aim in aims}
    assert len(lines) == len({aim["peer"] for aim in aims})
    assert all(_cells(line)[0].endswith(aims[0]["case"]) for line in lines)


def test_threads_not_measured_are_a_dash(result):
    cases = [
        {**case, "ratios": [ratio for ratio in case["ratios"] if ratio["threads"] == 1]} for case in result[0]["cases"]
    ]
    row = next(line for line in figures.tables([{**result[0], "cases": cases}]).splitlines() if "| toy tracks" in line)
    cells = _cells(row)
    assert cells[2].startswith("**")
    assert cells[3:] == ["–", "–", "–", "–"]


@pytest.mark.parametrize("shown", [figures.headlines, figures.tables])
def test_conditions_are_told(result, shown):
    text = shown(result)
    for value in (result[0]["machine"]["model"], result[0]["versions"]["h5py"], result[0]["versions"]["deflate"]):
        assert value in text


def test_only_what_is_between_the_marks_changes():
    page = f"before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n"
    assert figures.replaced(page, "new") == f"before\n{figures.BEGIN}\nnew\n{figures.END}\nafter\n"
    with pytest.raises(ValueError, match="figures"):
        figures.replaced("a page", "new")
