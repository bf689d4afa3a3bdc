"""Restoration: parts of a dataset that are damaged or missing are made again from the inputs they record."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import _core
from ..errors import ConfigError, DatasetError, InputError, SimdprepError, SimdprepWarning
from ..schema import EVENTS, Schema
from ..schema.config import Config
from ..schema.config_yaml import parse_document
from ..storage import verify
from ..storage.manifest import MANIFEST, Manifest, ManifestPart
from ..storage.merge import merge_parts
from ..storage.output import file_error
from ..storage.recorded_part import categories_of, recorded
from .chunks import chunks
from .inputs import EntryRange, Inputs
from .opening import Opening
from .recipe import make_recipe
from .writer import Writer

#: Strings of a list of which every beginning is tried.
_MOST_STRINGS = 64

#: What tells an input from any other, beside its name.
_IDENTITY = ("uuid", "sha256", "size", "tree")


@dataclass
class RepairReport:
    """What :func:`repair` did.

    Attributes:
        path: As given.
        parts: Part files that were looked at.
        repaired: Those that were made again.
        failed: Those that could not be, and why.
        told: Anything else that is wrong.
    """

    path: str
    parts: int = 0
    repaired: list[str] = field(default_factory=list)
    failed: dict[str, SimdprepError] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True where the dataset is sound now."""
        return not self.failed and not self.told


@dataclass(frozen=True)
class _Try:
    """One way in which a part may have been made.

    Attributes:
        categories: Strings of the parts before it.
        first_event: The number its first event was given.
        shift: What was added to the numbers afterwards.
    """

    categories: Mapping[tuple[str, str], tuple[str, ...]]
    first_event: int = 0
    shift: int = 0


def repair(
    path: str | os.PathLike[str],
    *,
    config: str | os.PathLike[str] | None = None,
    threads: int | None = None,
) -> RepairReport:
    """Make damaged and missing parts of a dataset again, each alone, from the inputs and the config they record.

    A part is only replaced by one that has the bytes the manifest promises; a dataset of one file by one of the same
    schema and provenance. What cannot be made again stays as it is, and is named.

    Args:
        path: A file, or a folder with its manifest.
        config: The resolved config as a file, where none of the parts can say it any more.
        threads: Threads that decode and encode; ``None`` for one per core.

    Raises:
        DatasetError: there is no dataset of that name, or its manifest is damaged.
        OutputError: somebody writes to it.
    """
    place = Path(path)
    lock = _core.OutputLock(str(place))
    try:
        report = RepairReport(str(path))
        _clean(place)
        found = verify(place, threads=threads)
        report.parts = found.parts
        manifest = Manifest.read(place) if place.is_dir() else None
        names = {str(place)} if manifest is None else {str(part.path) for part in manifest.parts}
        bad = [name for name in found.bad_parts if name in names]
        if bad:
            _Restorer(place, manifest, config, threads).restore(sorted(bad), report)
            found = verify(place, threads=threads)
        report.told = [str(problem) for problem in found.problems if problem.part not in report.failed]
        return report
    finally:
        lock.release()


class _Restorer:
    """Makes parts of one dataset again."""

    def __init__(
        self, place: Path, manifest: Manifest | None, config: str | os.PathLike[str] | None, threads: int | None
    ) -> None:
        self._place, self._manifest, self._threads = place, manifest, threads
        paths = [place] if manifest is None else [part.path for part in manifest.parts]
        self._records = [recorded(path) for path in paths]
        self._configs: dict[str, str] = {} if manifest is None else dict(manifest.configs)
        for record in self._records:
            if record is not None:
                self._configs.update(record.configs)
        if config is not None:
            text = Path(config).read_text(encoding="utf-8")
            self._configs[_core.sha256_bytes(text.encode())] = text
        self._work = place.with_name(f"{place.name}.repair.tmp-{os.getpid()}")

    def restore(self, bad: Sequence[str], report: RepairReport) -> None:
        """Make parts again, in the order of their rows: later ones go on with the strings of those before."""
        try:
            with _file_errors(self._work):
                self._work.mkdir()
            for name in bad:
                try:
                    with _file_errors(Path(name)):
                        self._restore_one(name)
                    report.repaired.append(name)
                except SimdprepError as error:
                    report.failed[name] = error
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    def _restore_one(self, name: str) -> None:
        if self._manifest is None:
            self._restore_file()
        else:
            number = next(at for at, part in enumerate(self._manifest.parts) if str(part.path) == name)
            self._restore_part(self._manifest, number)

    def _restore_part(self, manifest: Manifest, number: int) -> None:
        part = manifest.parts[number]
        text = self._config_text(part.config_sha256 or manifest.config_sha256, str(part.path))
        runs = _check_runs(part.inputs, str(part.path))
        for way in self._ways(manifest.schema, number):
            made = self._make(text, manifest.schema, runs, way)
            if made.stat().st_size == part.num_bytes and _core.sha256_file(str(made)) == part.sha256:
                _core.commit_existing(str(made), str(part.path))
                self._records[number] = recorded(part.path)
                return
        raise _differs(part, manifest)

    def _restore_file(self) -> None:
        record = self._records[0]
        if record is None:
            raise DatasetError(
                "provenance of the dataset",
                got="none that can be read",
                expected="what its rows come from",
                where=str(self._place),
                hint="converting its inputs again",
            )
        if len(record.configs) != 1:
            raise DatasetError(
                "configs of the dataset",
                got=str(len(record.configs)),
                expected="one, with which its rows can be made again",
                where=str(self._place),
                hint="merging its parts again",
            )
        [(digest, _)] = record.configs.items()
        text = self._config_text(digest, str(self._place))
        runs = _check_runs(record.runs, str(self._place))
        made = self._make(text, record.schema, runs, _Try({}), as_file=True)
        again = recorded(made)
        same = again is not None and (again.schema_sha256, again.provenance_sha256, again.num_rows) == (
            record.schema_sha256,
            record.provenance_sha256,
            record.num_rows,
        )
        if not same:
            raise DatasetError(
                "dataset that was made again",
                got="another schema, provenance or number of rows",
                expected="those of the damaged one",
                where=str(self._place),
                hint="the same version of simdprep",
            )
        _core.commit_existing(str(made), str(self._place))

    def _config_text(self, digest: str | None, where: str) -> str:
        if not digest:
            raise DatasetError(
                "config of the part",
                got="none recorded",
                expected="one, with which its rows can be made again",
                where=where,
            )
        if digest not in self._configs:
            raise ConfigError(
                "config of the part",
                got="none that can be read",
                expected=f"the text with SHA-256 {digest}",
                where=where,
                hint="--config FILE, the resolved config as another part or a log has it",
            )
        return self._configs[digest]

    def _ways(self, schema: Schema, number: int) -> Iterator[_Try]:
        """How the part may have been made: by a writer of all parts, or by a task of its own.

        Its list of strings began as that of the part before, or empty. It may hold strings that only later entries
        have: of all that were read at once, as the list of a part beside it does.
        """
        lists: list[Mapping[tuple[str, str], tuple[str, ...]]] = []
        around = (number, number - 1, number + 1)
        near = [self._records[at] for at in around if 0 <= at < len(self._records)]
        whole = categories_of(schema)
        for found in [*(record.categories for record in near if record is not None), {}, whole, *_beginnings(whole)]:
            if found not in lists:
                lists.append(found)
        numbers = [(0, 0)]
        if schema.rows != EVENTS and schema.layout == "compound" and number:
            events = [record.num_events for record in self._records[:number] if record is not None]
            if len(events) == number:
                numbers = [(sum(events), 0), (0, sum(events)), (0, 0)]
        for categories in lists:
            for first, shift in numbers:
                yield _Try(categories, first, shift)

    def _make(
        self, text: str, schema: Schema, runs: Sequence[Mapping[str, Any]], way: _Try, *, as_file: bool = False
    ) -> Path:
        """Convert the recorded entries; returns the file."""
        output = self._work / ("again.h5" if as_file else "again")
        if output.is_dir():
            shutil.rmtree(output)
        config = Config.from_document(parse_document(text, str(self._place)))
        empty = {(spec.name, one.name): () for spec in schema.objects for one in spec.fields if one.is_string}
        start = schema.with_categories({**empty, **way.categories})
        num_rows = sum(run["rows"][1] - run["rows"][0] for run in runs)
        writer = Writer(
            output,
            start,
            threads=self._threads,
            part_rows=None if as_file else max(num_rows, 1),
            config_text=text,
            first_event=way.first_event,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SimdprepWarning)  # what was truncated was told when it was
            with writer:
                for run in runs:
                    _fill(writer, config, run)
        if as_file:
            return output
        [made] = sorted(output.glob("part-*.h5"))
        if way.shift:
            shifted = self._work / "shifted.h5"
            merge_parts([made], shifted, threads=self._threads or 0, event_shifts=[way.shift])
            return shifted
        return made


def _fill(writer: Writer, config: Any, run: Mapping[str, Any]) -> None:
    inputs = Inputs.expand(
        [run["name"]], opening=Opening.from_config(config), entries=EntryRange(*run["entries"]), skip_bad_files=False
    )
    with inputs:
        source = inputs.first()
        _check_same("an input", run, source.identity)
        for was, now in zip(run.get("friends", ()), source.identity.get("friends", ()), strict=False):
            _check_same("a friend of an input", was, now)
        for chunk in chunks(make_recipe(source, config), inputs):
            if chunk.events is not None:
                writer.fill(chunk.events, origin=chunk.origin, ordered=True)


def _check_same(what: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    changed = [key for key in _IDENTITY if key in was and now.get(key) != was[key]]
    if changed:
        raise InputError(
            f"{changed[0]} of {what} that rows are made again from",
            got=now.get(changed[0], "none"),
            expected=str(was[changed[0]]),
            where=str(was["name"]),
            hint="the file as it was converted",
        )


def _beginnings(
    whole: Mapping[tuple[str, str], tuple[str, ...]],
) -> Iterator[Mapping[tuple[str, str], tuple[str, ...]]]:
    """The first strings of a single list, as many as one likes; nothing where there are several, or too many."""
    if len(whole) == 1:
        [(key, texts)] = whole.items()
        if len(texts) <= _MOST_STRINGS:
            yield from ({key: texts[:count]} for count in range(1, len(texts)))


def _check_runs(runs: Sequence[Any], where: str) -> list[dict[str, Any]]:
    """Return the entries that the rows of a part come from.

    Raises:
        DatasetError: none are recorded, or not as they should be.
    """
    sound = all(
        isinstance(run, dict)
        and isinstance(run.get("name"), str)
        and all(isinstance(run.get(key), list) and len(run[key]) == 2 for key in ("entries", "rows"))
        for run in runs
    )
    if not runs or not sound:
        got = "none recorded" if not runs else "another kind of record"
        raise DatasetError("inputs of the part", got=got, expected="entries of files", where=where)
    return list(runs)


def _differs(part: ManifestPart, manifest: Manifest) -> DatasetError:
    version = part.version or manifest.version
    ours = version == _core.__version__
    return DatasetError(
        "part that was made again",
        got="other bytes",
        expected=f"SHA-256 {part.sha256}, as in the manifest",
        where=str(part.path),
        hint="converting again" if ours else f"simdprep {version}, which wrote it; this is {_core.__version__}",
    )


@contextmanager
def _file_errors(place: Path) -> Iterator[None]:
    """Make one of our errors of those of the file system."""
    try:
        yield
    except OSError as error:
        raise file_error(error, place) from error


def _clean(place: Path) -> None:
    """Remove what a killed repair left."""
    if place.is_dir() and not (place / MANIFEST).is_file():
        return
    for left in sorted(place.parent.glob(f"{place.name}.repair.tmp-*")):
        shutil.rmtree(left, ignore_errors=True)
