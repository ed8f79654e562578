"""The folder of a mapping: `source.toml` and one `.sql` file for each table that it fills.

It is read and checked before any data file is opened. `docs/own-data.md` describes it.
"""

import dataclasses
import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import duckdb

from raw_layer import contract
from raw_layer.errors import BadInputError, reason
from smartsentry.load.landing import ENCODINGS, Reader

LOADABLE = {
    table.name: table
    for table in contract.TABLES
    if table not in (*contract.KEPT_BY_THE_LOADER, *contract.INPUTS, contract.GENERATION_RUN)
}
SOURCE = "source"
# The tables that rows of others refer to.
KNOWN = {
    "customers": "customer_id",
    "accounts": "account_id",
    "devices": "device_id",
    "beneficiaries": "beneficiary_id",
    "dormant_accounts": "account_id",
}
PRECISIONS = ("second", "minute", "day")
PAGE = "docs/own-data.md says how a mapping is written"
# What the loader itself calls its steps.
_RESERVED = (
    *("typed", "mapped", "batch", "kept", "piece", "read_rows", "numbered", "rejected", "repeated"),
    *("texts", "counted", "counted_rows", "renumbered"),
    *(f"known_{name}" for name in KNOWN),
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
    """A mapping, checked but for its SQL. `text` holds all of its files, as JSON.

    `absent` are the tables that it gives and that have no file this time, see `present`.
    """

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
    absent: frozenset[str] = frozenset()

    def gives(self) -> list[str]:
        """Return the tables that files give, be it this time or another."""
        return [*self.statements, *self.absent]

    def present(self, relations: Container[str]) -> "Mapping":
        """Return what is left of the mapping where only some of its relations have a file."""
        absent = {name for name in self.statements if self.source_of(name).name not in relations}
        return dataclasses.replace(
            self,
            statements={n: path for n, path in self.statements.items() if n not in absent},
            relations={n: relation for n, relation in self.relations.items() if n in relations},
            absent=frozenset(absent),
        )

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


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_date(value: object) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _is_zone(value: object) -> bool:
    known = "select count(*) from pg_timezone_names() where name = ?"
    return _is_text(value) and duckdb.execute(known, [value]).fetchall() != [(0,)]


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isascii() and value not in '"\r\n\0'


def _is_header(value: object) -> bool:
    return isinstance(value, bool) or _is_text(value) or (isinstance(value, int) and value > 0)


# What each key may be: how that is checked, and how a refusal says it.
_Keys = dict[str, tuple[Callable[[Any], bool], str]]
_TEXT = (_is_text, "a text that is not empty")
_DATE = (_is_date, "a date such as 2025-09-01")
_KEYS: _Keys = {
    "name": _TEXT,
    "bank_time_zone": (_is_zone, "the name of a time zone, such as Asia/Kolkata"),
    **dict.fromkeys(("earliest", "latest", "window_start", "window_end"), _DATE),
    "time_precision": (PRECISIONS.__contains__, f"one of {', '.join(PRECISIONS)}"),
    "newest_first": (lambda value: isinstance(value, bool), "true or false"),
}
_SECTION_KEYS: _Keys = {
    "files": _TEXT,
    "table": _TEXT,
    "delimiter": (_is_mark, "one character other than a quote and a line end"),
    "quote": (('"', "'", "").__contains__, "\", ' or empty"),
    "encoding": (ENCODINGS.__contains__, f"one of {', '.join(ENCODINGS)}"),
    "header": (_is_header, "true, false, a line's number or its beginning"),
    **dict.fromkeys(
        ("names", "nulls", "skip"),
        (lambda value: isinstance(value, list) and value != [], "a list of texts"),
    ),
}


class _Checker:
    """Turns a TOML document into a `Mapping`, or refuses it with one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def wrong(self, where: str, value: object, allowed: str) -> BadInputError:
        shown = value if isinstance(value, dt.date) else repr(value)
        return BadInputError(f"{self.path}: {where} is {shown}; it must be {allowed}.")

    def checked(self, section: str, given: dict[str, Any], keys: _Keys) -> dict[str, Any]:
        """Return the values of a section, its lists as tuples."""
        options: dict[str, Any] = {}
        for key, value in given.items():
            where = f"{section}.{key}" if section else key
            if key not in keys:
                raise BadInputError(
                    f"{self.path}: {where} is unknown; allowed are {', '.join(sorted(keys))}."
                )
            fits, allowed = keys[key]
            if not fits(value):
                raise self.wrong(where, value, allowed)
            options[key] = value
            if isinstance(value, list):
                for number, item in enumerate(value):
                    if not _is_text(item):
                        raise self.wrong(f"{where}[{number}]", item, _TEXT[1])
                options[key] = tuple(value)
        return options

    def mapping(self, document: dict[str, Any], statements: dict[str, Path], text: str) -> Mapping:
        sections = {key: value for key, value in document.items() if isinstance(value, dict)}
        plain = {key: value for key, value in document.items() if key not in sections}
        options = {"name": self.path.parent.name} | self.checked("", plain, _KEYS)
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
        options = self.checked(name, section, _SECTION_KEYS)
        files, table = options.pop("files", None), options.pop("table", None)
        reader = Reader(**options)
        if reader.header is False and not reader.names:
            raise self.wrong(f"{name}.header", False, f"true where {name}.names is not given")
        if len({column.casefold() for column in reader.names}) < len(reader.names):
            raise self.wrong(f"{name}.names", list(reader.names), "names that differ")
        if reader.quote and reader.quote == reader.delimiter:
            raise self.wrong(f"{name}.quote", reader.quote, "another character than the delimiter")
        return Relation(name, files, table, reader)
