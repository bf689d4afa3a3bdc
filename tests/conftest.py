"""Fixtures and settings of all tests."""

import signal
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import promises, real_data
from tests.promises import promise as promise

hypothesis.settings.register_profile(
    "ci",
    max_examples=25,
    deadline=None,  # machines are shared
    derandomize=True,  # red means the change is at fault
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "long", max_examples=2000, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)


def pytest_configure(config: pytest.Config) -> None:
    # A shell's background jobs ignore Ctrl-C, and so would the processes that tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.load_profile("long" if config.option.markexpr == "long" else "ci")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real files; without it the test is skipped, or fails where the files are required."""
    folder = real_data.folder()
    if not folder.is_dir():
        if real_data.required():
            pytest.fail(real_data.reason(), pytrace=False)
        pytest.skip(real_data.reason())
    return folder


@pytest.fixture(scope="session")
def facts(data_dir: Path) -> dict[str, Any]:
    """What is known of the real files, computed without simdprep."""
    return real_data.facts()


@pytest.fixture(scope="session")
def sample() -> Path:
    """The bundled NanoAOD-like file of toy events."""
    return real_data.ROOT / "examples" / "toy_nano.root"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.getreports("skipped") if real_data.MISSING in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests on real files skipped: {real_data.reason()}", yellow=True)
    tried = promises.lines(terminalreporter.getreports("passed"))
    if tried:
        terminalreporter.write_sep("-", "what was tried behind the promises of docs/promises.md")
        for line in tried:
            terminalreporter.write_line(line)
