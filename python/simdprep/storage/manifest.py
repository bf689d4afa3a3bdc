"""Manifest: what a folder says its dataset consists of. The core writes it; it is read here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import _core
from ..errors import DatasetError
from ..schema import Schema
from .attributes import parse_schema

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ManifestPart:
    """What the manifest says of one part.

    Attributes:
        path: The file.
        num_rows: Rows of the row object.
        rows: Entries stored of every object.
        num_bytes: Size of the file.
        sha256: Of the file.
        inputs: Which entries of which inputs the rows come from.
        config_sha256: Of the config, where it is not that of the manifest.
        version: Of the simdprep that wrote it, where it is not that of the manifest.
    """

    path: Path
    num_rows: int
    rows: dict[str, int]
    num_bytes: int
    sha256: str
    inputs: list[Any]
    config_sha256: str | None = None
    version: str | None = None

    def check_place(self) -> None:
        """Raise unless the part is a file of the folder itself.

        Raises:
            DatasetError: there is none, or a link, which may lead anywhere.
        """
        if self.path.is_symlink():
            raise DatasetError(
                "part of the dataset",
                got="a link",
                expected="a file of its own: no other place is ever read",
                where=str(self.path),
                hint=f'opening "{self.path.parent}/part-*.h5", which follows links',
            )
        if not self.path.is_file():
            raise DatasetError(
                "part of the dataset", got="no such file", expected="the part its manifest names", where=str(self.path)
            )


@dataclass(frozen=True)
class Manifest:
    """The manifest of a folder.

    Attributes:
        path: Of the manifest.
        schema: Of all parts, with all their strings.
        config_sha256: Of the config; ``None`` without one.
        configs: Texts of the configs of all parts, by their SHA-256; older manifests have none.
        num_rows: Rows of all parts.
        num_bytes: Bytes of all parts.
        version: The simdprep that wrote it.
        parts: In order of their rows.
    """

    path: Path
    schema: Schema
    config_sha256: str | None
    configs: Mapping[str, str]
    num_rows: int
    num_bytes: int
    version: str
    parts: tuple[ManifestPart, ...]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of ``folder`` and compare what it says twice.

        Raises:
            DatasetError: it cannot be read, or contradicts itself.
        """
        path = folder / MANIFEST
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls._from_data(data, path)
        except OSError as error:
            raise DatasetError(
                "manifest", got=error.strerror or str(error), expected="a readable file", where=str(path)
            ) from error
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError, RecursionError) as error:
            got = f"{type(error).__name__} {error}"
            raise DatasetError("manifest", got=got, expected="JSON of format 1", where=str(path)) from error

    @classmethod
    def _from_data(cls, data: dict[str, Any], path: Path) -> Manifest:
        version = str(data["simdprep_format"])
        if version.partition(".")[0] != _core.format_version.partition(".")[0]:
            raise DatasetError(
                "format of the dataset", got=version, expected="1.x", where=str(path), hint="a newer simdprep"
            )
        schema = parse_schema(json.dumps(data["schema"], ensure_ascii=False), str(path))
        if _core.sha256_bytes(schema.to_json().encode()) != data["schema_sha256"]:
            raise DatasetError(
                "schema in the manifest",
                got="another than was written",
                expected="SHA-256 " + str(data["schema_sha256"]),
                where=str(path),
            )
        manifest = cls(
            path,
            schema,
            data["config_sha256"],
            _configs(data.get("configs", {}), path),
            int(data["num_rows"]),
            int(data["bytes"]),
            str(data["version"]),
            tuple(_part(entry, path.parent) for entry in data["parts"]),
        )
        manifest._check_sums()
        return manifest

    def _check_sums(self) -> None:
        for what, total, parts in (
            ("num_rows", self.num_rows, [part.num_rows for part in self.parts]),
            ("bytes", self.num_bytes, [part.num_bytes for part in self.parts]),
        ):
            if total != sum(parts):
                rule = f"{sum(parts)}, the sum over the parts"
                raise DatasetError(f"{what} in the manifest", got=total, expected=rule, where=str(self.path))


def _configs(data: dict[str, Any], path: Path) -> dict[str, str]:
    for digest, text in data.items():
        if _core.sha256_bytes(text.encode()) != digest:
            raise DatasetError(
                "config in the manifest", got="another than was written", expected=f"SHA-256 {digest}", where=str(path)
            )
    return data


def _part(data: dict[str, Any], folder: Path) -> ManifestPart:
    name = data["name"]
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
        raise ValueError(f"name of a part {name!r}")  # nothing outside of the folder is ever read
    return ManifestPart(
        folder / name,
        int(data["num_rows"]),
        {str(key): int(value) for key, value in data["rows"].items()},
        int(data["bytes"]),
        str(data["sha256"]),
        list(data["inputs"]),
        *(None if key not in data else str(data[key]) for key in ("config_sha256", "version")),
    )
