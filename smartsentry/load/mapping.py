"""The folder of a mapping: `source.toml` and one `.sql` file for each table that it fills.

It is read and checked before any data file is opened. `docs/own-data.md` describes it.
"""

import dataclasses
import datetime as dt
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import duckdb

from raw_layer import contract
from raw_layer.errors import BadInputError, reason
from smartsentry.load.landing import ENCODINGS, Reader

LOADABLE = {
    table.name: table
    for table in contract.TABLES
    if table.name not in ("generation_run", "landed_rows", "rejected_rows", "load_receipt")
}
SOURCE = "source"
PRECISIONS = ("second", "minute", "day")
PAGE = "docs/own-data.md says how a mapping is written"
# What the loader itself calls its steps.
_RESERVED = (
    *("typed", "mapped", "batch", "kept", "piece", "read_rows", "numbered", "rejected", "repeated"),
    *("texts", "counted", "counted_rows", "renumbered"),
)


@dataclasses.dataclass(frozen=True)
class Relation:
    """Files with rows of one form; `files` and `table` as in source.toml."""

    name: str
    files: str | None = None
    table: str | None = None
    reader: Reader = dataclasses.field(default_factory=Reader)


@dataclasses.dataclass(frozen=True)
class Mapping:
    """A mapping, checked but for its SQL. `text` holds all of its files, as JSON."""

    name: str
    text: str
    statements: dict[str, Path]
    relations: dict[str, Relation]
    bank_time_zone: str | None = None
    earliest: dt.date = dt.date(1980, 1, 1)
    latest: dt.date = dt.date(2100, 1, 1)
    window_start: dt.date | None = None
    window_end: dt.date | None = None
    time_precision: str | None = None
    newest_first: bool = False

    def source_of(self, table: str) -> Relation:
        """Return the relation that a table's statement reads as `source`."""
        return self.relations.get(table) or self.relations[SOURCE]

    def further(self) -> list[Relation]:
        """Return the relations that statements may join."""
        return [relation for name, relation in self.relations.items() if name != SOURCE]


def read_mapping(folder: Path) -> Mapping:
    """Read and check `source.toml`, and find the statements.

    Raises:
        BadInputError: it cannot be read, or something in it is not allowed: which, and what is.
    """
    if folder.is_file():
        raise BadInputError(
            f"{folder} is a file; a mapping is a folder with source.toml and transactions.sql,"
            f" and {PAGE}."
        )
    texts = {path.name: _text(path) for path in [folder / "source.toml", *_statements(folder)]}
    try:
        document = tomllib.loads(texts["source.toml"])
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"{folder / 'source.toml'} is not TOML: {error}.") from error
    statements = {path.stem: path for path in _statements(folder)}
    return _Checker(folder / "source.toml").mapping(document, statements, json.dumps(texts))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({reason(error)}); {PAGE}.") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} cannot be read (it is not UTF-8).") from error


def _statements(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.sql"))
    for path in found:
        if path.stem not in LOADABLE:
            raise BadInputError(
                f"{path} is for no table; the tables are {', '.join(sorted(LOADABLE))}."
            )
    return found


class _Checker:
    """Turns a TOML document into a `Mapping`, or refuses it with one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def wrong(self, where: str, value: object, allowed: str) -> BadInputError:
        shown = value if isinstance(value, dt.date) else repr(value)
        return BadInputError(f"{self.path}: {where} is {shown}; it must be {allowed}.")

    def known(self, where: str, keys: dict[str, Any], allowed: set[str]) -> None:
        for key in keys:
            if key not in allowed:
                place = f"{where}.{key}" if where else key
                raise BadInputError(
                    f"{self.path}: {place} is unknown; allowed are {', '.join(sorted(allowed))}."
                )

    def text(self, where: str, value: object, allowed: str = "a text that is not empty") -> str:
        if not isinstance(value, str) or not value:
            raise self.wrong(where, value, allowed)
        return value

    def texts(self, where: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise self.wrong(where, value, "a list of texts")
        return tuple(self.text(f"{where}[{number}]", item) for number, item in enumerate(value))

    def date(self, where: str, value: object) -> dt.date:
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise self.wrong(where, value, "a date such as 2025-09-01")
        return value

    def zone(self, where: str, value: object) -> str:
        name = self.text(where, value)
        [found] = duckdb.execute(
            "select count(*) from pg_timezone_names() where name = ?", [name]
        ).fetchall()
        if not found[0]:
            raise self.wrong(where, value, "the name of a time zone, such as Asia/Kolkata")
        return name

    def mapping(self, document: dict[str, Any], statements: dict[str, Path], text: str) -> Mapping:
        sections = {key: value for key, value in document.items() if isinstance(value, dict)}
        plain = {key: value for key, value in document.items() if key not in sections}
        every = {field.name for field in dataclasses.fields(Mapping)}
        self.known("", plain, every - {"text", "statements", "relations"})
        options: dict[str, Any] = {"name": self.path.parent.name}
        for key, value in plain.items():
            if key == "name":
                options[key] = self.text(key, value)
            elif key == "bank_time_zone":
                options[key] = self.zone(key, value)
            elif key == "time_precision":
                if value not in PRECISIONS:
                    raise self.wrong(key, value, f"one of {', '.join(PRECISIONS)}")
                options[key] = value
            elif key == "newest_first":
                if not isinstance(value, bool):
                    raise self.wrong(key, value, "true or false")
                options[key] = value
            else:
                options[key] = self.date(key, value)
        relations = {name: self.relation(name, item) for name, item in sections.items()}
        mapping = Mapping(text=text, statements=statements, relations=relations, **options)
        self.complete(mapping)
        return mapping

    def complete(self, mapping: Mapping) -> None:
        if "transactions" not in mapping.statements:
            raise BadInputError(f"{self.path.parent} has no transactions.sql; {PAGE}.")
        if "customers" in mapping.statements and "accounts" not in mapping.statements:
            raise BadInputError(
                f"{self.path.parent} has customers.sql and no accounts.sql, which says who owns an"
                " account."
            )
        for name in mapping.statements:
            if name not in mapping.relations and SOURCE not in mapping.relations:
                raise BadInputError(
                    f"{self.path}: the section [{SOURCE}] is missing, or a section [{name}]: one"
                    f" of them says which files {name}.sql reads as {SOURCE}."
                )
        if mapping.earliest >= mapping.latest:
            raise self.wrong("latest", mapping.latest, f"after earliest, {mapping.earliest}")
        first, last = mapping.window_start, mapping.window_end
        if first and last and last < first:
            raise self.wrong("window_end", last, f"on or after window_start, {first}")

    def relation(self, name: str, section: dict[str, Any]) -> Relation:
        words = duckdb.execute(
            "select count(*) from duckdb_keywords() where keyword_category = 'reserved'"
            " and keyword_name = ?",
            [name],
        ).fetchall()
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in _RESERVED or words != [(0,)]:
            raise BadInputError(
                f"{self.path}: [{name}] cannot be the name of a relation; it must be of small"
                f" letters, digits and _, no word of SQL, and none of {', '.join(_RESERVED)}."
            )
        settings = {field.name for field in dataclasses.fields(Reader)}
        self.known(name, section, {"files", "table"} | settings)
        options: dict[str, Any] = {}
        if "files" in section:
            options["files"] = self.text(f"{name}.files", section["files"])
        if "table" in section:
            options["table"] = self.text(f"{name}.table", section["table"])
        reader = {key: value for key, value in section.items() if key in settings}
        return Relation(name, reader=self.reader(name, reader), **options)

    def reader(self, name: str, section: dict[str, Any]) -> Reader:
        options: dict[str, Any] = {}
        for key, value in section.items():
            where = f"{name}.{key}"
            if key == "delimiter":
                allowed = "one character other than a quote and a line end"
                options[key] = self.text(where, value, allowed)
                if len(value) != 1 or value in '"\r\n\0' or ord(value) > 127:
                    raise self.wrong(where, value, allowed)
            elif key == "quote":
                if value not in ('"', "'", ""):
                    raise self.wrong(where, value, "\", ' or empty")
                options[key] = value
            elif key == "encoding":
                if value not in ENCODINGS:
                    raise self.wrong(where, value, f"one of {', '.join(ENCODINGS)}")
                options[key] = value
            elif key == "header":
                number = isinstance(value, int) and not isinstance(value, bool) and value > 0
                if not (isinstance(value, bool) or number or (isinstance(value, str) and value)):
                    raise self.wrong(where, value, "true, false, a line's number or its beginning")
                options[key] = value
            else:
                options[key] = self.texts(where, value)
        reader = Reader(**options)
        if reader.header is False and not reader.names:
            raise self.wrong(f"{name}.header", False, f"true where {name}.names is not given")
        if len({column.casefold() for column in reader.names}) < len(reader.names):
            raise self.wrong(f"{name}.names", list(reader.names), "names that differ")
        if reader.quote and reader.quote == reader.delimiter:
            raise self.wrong(f"{name}.quote", reader.quote, "another character than the delimiter")
        return reader
