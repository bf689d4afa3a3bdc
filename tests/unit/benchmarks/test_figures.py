"""The README's table of figures."""

import pytest

from benchmarks import figures, session


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    session.run("pad", "tiny", memory=False, told=lambda line: None).write(folder)
    return figures.results(folder)


def test_the_table_has_a_line_per_case_and_peer(result):
    lines = [line for line in figures.table(result).splitlines() if line.startswith("|")]
    pairs = [{(ratio["ours"], ratio["peer"]) for ratio in case["ratios"]} for case in result[0]["cases"]]
    assert len(lines) == 2 + sum(map(len, pairs))
    assert len({line.count("|") for line in lines}) == 1
    assert "awkward pad_none+fill_none" in lines[2]


def test_threads_not_measured_are_a_dash(result):
    cases = [
        {**case, "ratios": [ratio for ratio in case["ratios"] if ratio["threads"] == 1]} for case in result[0]["cases"]
    ]
    row = next(line for line in figures.table([{**result[0], "cases": cases}]).splitlines() if "toy tracks" in line)
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[2].startswith("**")
    assert cells[3:] == ["–", "–", "–", "–"]


def test_conditions_are_told(result):
    text = figures.table(result)
    for value in (result[0]["machine"]["model"], result[0]["versions"]["h5py"], result[0]["versions"]["deflate"]):
        assert value in text


def test_only_what_is_between_the_marks_changes():
    page = f"before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n"
    assert figures.replaced(page, "new") == f"before\n{figures.BEGIN}\nnew\n{figures.END}\nafter\n"
    with pytest.raises(ValueError, match="figures"):
        figures.replaced("a page", "new")
