"""The mapping file of a loader: which column of a source becomes which column of the contract.

It is read and checked in full before any data file is opened. `docs/own-data.md` describes it.
"""

import dataclasses
import datetime as dt
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from raw_layer import contract
from raw_layer.errors import BadInputError, reason

LOADED_ELSEWHERE = ("generation_run", "landed_rows", "rejected_rows", "load_receipt")
LOADABLE = {table.name: table for table in contract.TABLES if table.name not in LOADED_ELSEWHERE}
# Other required columns of a transaction are derived if a file lacks them.
MADE = ("transaction_id", "customer_id", "debit_credit")
ENCODINGS = ("utf-8", "latin-1", "windows-1252", "iso-8859-15")
UNITS = ("second", "minute", "hour", "day")

_ANY = {
    *("column", "columns", "separator", "constant", "prefix", "only_if", "except_if", "lookup"),
    *("map", "default"),
}
_NUMBER = {"thousands", "decimal_mark"}
_MONEY = {*_NUMBER, "factor", "factor_by", "round", "absolute"}
_TIME = {"format", "time_zone", "origin", "unit"}


@dataclasses.dataclass(frozen=True)
class Field:
    """How one column of the contract is read; the steps are in the order in which they are taken.

    Either `constant` is set, or `columns`: the source columns whose texts are joined by
    `separator`. `factor_by` is a source column and the factor for each of its values.
    """

    columns: tuple[str, ...] = ()
    separator: str = ""
    constant: str | None = None
    only_if: str | None = None
    except_if: str | None = None
    lookup: str | None = None
    map: dict[str, str] | None = None
    default: str | None = None
    prefix: str = ""
    by_sign: bool = False
    thousands: str = ""
    decimal_mark: str = "."
    absolute: bool = False
    round: bool = False
    factor: Decimal | None = None
    factor_by: tuple[str, dict[str, Decimal]] | None = None
    format: str | None = None
    time_zone: str | None = None
    origin: dt.datetime | None = None
    unit: str = "second"

    def source_columns(self) -> tuple[str, ...]:
        """Return every source column that the field reads."""
        return self.columns + ((self.factor_by[0],) if self.factor_by else ())


@dataclasses.dataclass(frozen=True)
class TableMapping:
    """Where the rows of one raw table come from; `files` and `source` as in the mapping file."""

    table: contract.Table
    fields: dict[str, Field]
    files: str | None = None
    source: tuple[str, str] | None = None

    def source_columns(self) -> tuple[str, ...]:
        """Return the source columns that are read, each once, in a fixed order."""
        every = [name for field in self.fields.values() for name in field.source_columns()]
        return tuple(dict.fromkeys(every))


@dataclasses.dataclass(frozen=True)
class Lookup:
    """A file of its own that has a value for each key: the texts of two of its columns.

    Of its rows only those count whose columns have the texts that `where` gives.
    """

    name: str
    files: str
    key: str
    value: str
    where: dict[str, str]

    def source_columns(self) -> tuple[str, ...]:
        """Return the columns that are read: the key, the value, then those of `where`."""
        return tuple(dict.fromkeys((self.key, self.value, *self.where)))


@dataclasses.dataclass(frozen=True)
class Reader:
    """How CSV files are written."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    names: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Mapping:
    """A mapping file, checked. `text` is the file itself, which the warehouse keeps."""

    name: str
    text: str
    tables: tuple[TableMapping, ...]
    lookups: tuple[Lookup, ...] = ()
    reader: Reader = Reader()
    bank_time_zone: str | None = None
    earliest: dt.date = dt.date(1980, 1, 1)
    latest: dt.date = dt.date(2100, 1, 1)
    window_start: dt.date | None = None
    window_end: dt.date | None = None


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        BadInputError: it cannot be read, or something in it is not allowed: which, and what is.
    """
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise BadInputError(f"The mapping {path} cannot be read ({reason(error)}).") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"The mapping {path} cannot be read (it is not UTF-8).") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"The mapping {path} is not TOML: {error}.") from error
    return _Checker(path).mapping(document, text)


class _Checker:
    """Turns a TOML document into a `Mapping`, or refuses it with one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def wrong(self, where: str, value: object, allowed: str) -> BadInputError:
        shown = value if isinstance(value, Decimal | dt.date) else repr(value)
        return BadInputError(f"{self.path}: {where} is {shown}; it must be {allowed}.")

    def section(self, where: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(where, value, "a section of the file")
        return value

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

    def flag(self, where: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(where, value, "true or false")
        return value

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

    def number(self, where: str, value: object) -> Decimal:
        allowed = "a number above 0 with at most 10 digits before and 8 after its point"
        try:
            if isinstance(value, bool):
                raise ValueError
            number = Decimal(value if isinstance(value, int | str | Decimal) else str(value))
            fits = number.is_finite() and 0 < number < 10**10 and number == round(number, 8)
        except (ValueError, ArithmeticError):
            fits = False
        if not fits:
            raise self.wrong(where, value, allowed)
        return number

    def pattern(self, where: str, value: object) -> str:
        pattern = self.text(where, value)
        try:
            duckdb.execute("select regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.Error:
            raise self.wrong(where, value, "a regular expression") from None
        return pattern

    def value_map(self, where: str, value: object) -> dict[str, str]:
        if not isinstance(value, dict) or not value:
            raise self.wrong(where, value, "a table of source values and contract values")
        return {key: self.scalar(f"{where}.{key}", item) for key, item in value.items()}

    def scalar(self, where: str, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal | dt.date):
            raise self.wrong(where, value, "a text, a number or a time")
        return str(value)

    def mapping(self, document: dict[str, Any], text: str) -> Mapping:
        plain = {
            *("name", "bank_time_zone", "earliest", "latest", "window_start", "window_end"),
            *("reader", "lookups"),
        }
        self.known("", document, plain | set(LOADABLE))
        if "transactions" not in document:
            raise BadInputError(f"{self.path}: the section [transactions] is missing.")
        options: dict[str, Any] = {"name": self.path.stem}
        if "name" in document:
            options["name"] = self.text("name", document["name"])
        if "bank_time_zone" in document:
            options["bank_time_zone"] = self.zone("bank_time_zone", document["bank_time_zone"])
        for key in ("earliest", "latest", "window_start", "window_end"):
            if key in document:
                options[key] = self.date(key, document[key])
        if "reader" in document:
            options["reader"] = self.reader(self.section("reader", document["reader"]))
        if "customers" in document and "accounts" not in document:
            raise BadInputError(
                f"{self.path}: [customers] needs [accounts], which say who owns an account."
            )
        options["lookups"] = self.lookups(document.get("lookups", {}))
        tables = tuple(
            self.table(LOADABLE[name], self.section(name, document[name]), options)
            for name in LOADABLE
            if name in document
        )
        mapping = Mapping(text=text, tables=tables, **options)
        used = {field.lookup for table in tables for field in table.fields.values()}
        for lookup in mapping.lookups:
            if lookup.name not in used:
                raise BadInputError(f"{self.path}: lookups.{lookup.name} is used by no column.")
        if mapping.earliest >= mapping.latest:
            raise self.wrong("latest", mapping.latest, f"after earliest, {mapping.earliest}")
        first, last = mapping.window_start, mapping.window_end
        if first and last and last < first:
            raise self.wrong("window_end", last, f"on or after window_start, {first}")
        return mapping

    def reader(self, section: dict[str, Any]) -> Reader:
        self.known("reader", section, {field.name for field in dataclasses.fields(Reader)})
        options: dict[str, Any] = {}
        for key, value in section.items():
            where = f"reader.{key}"
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
                options[key] = self.flag(where, value)
            else:
                options[key] = self.texts(where, value)
        reader = Reader(**options)
        if not reader.header and not reader.names:
            raise self.wrong("reader.header", False, "true where reader.names is not given")
        if len(set(reader.names)) < len(reader.names):
            raise self.wrong("reader.names", list(reader.names), "names that differ")
        if reader.quote and reader.quote == reader.delimiter:
            raise self.wrong("reader.quote", reader.quote, "another character than the delimiter")
        return reader

    def lookups(self, value: object) -> tuple[Lookup, ...]:
        found = []
        for name, item in self.section("lookups", value).items():
            where = f"lookups.{name}"
            section = self.section(where, item)
            self.known(where, section, {"files", "key", "value", "where"})
            for key in ("files", "key", "value"):
                if key not in section:
                    raise BadInputError(f"{self.path}: {where}.{key} is missing.")
            texts = {
                key: self.text(f"{where}.{key}", section[key]) for key in section.keys() - {"where"}
            }
            conditions = {}
            if "where" in section:
                conditions = self.value_map(f"{where}.where", section["where"])
            found.append(Lookup(name, where=conditions, **texts))
        return tuple(found)

    def table(
        self, table: contract.Table, section: dict[str, Any], options: dict[str, Any]
    ) -> TableMapping:
        where = table.name
        self.known(where, section, {"files", "table", "columns"})
        if "columns" not in section:
            raise BadInputError(f"{self.path}: the section [{where}.columns] is missing.")
        columns = self.section(f"{where}.columns", section["columns"])
        self.known(f"{where}.columns", columns, set(table.column_names()))
        made = MADE if table is contract.TRANSACTIONS else ()
        for name in table.required():
            if name not in columns and name not in made:
                raise BadInputError(f"{self.path}: {where}.columns.{name} is missing.")
        counterparty = {"receiver_account_id", "beneficiary_id"}
        if table is contract.TRANSACTIONS and not counterparty & set(columns):
            raise BadInputError(
                f"{self.path}: {where}.columns must have receiver_account_id or beneficiary_id,"
                " the counterparty."
            )
        types = {column.name: column.type for column in table.columns}
        fields = {
            name: self.field(f"{where}.columns.{name}", name, types[name], value, options)
            for name, value in columns.items()
        }
        source = None
        if "table" in section:
            name = self.text(f"{where}.table", section["table"])
            if not re.fullmatch(r"([^.]+\.)?[^.]+", name):
                raise self.wrong(f"{where}.table", name, "a table, or schema.table")
            schema, _, plain = name.rpartition(".")
            source = (schema or "main", plain)
        files = self.text(f"{where}.files", section["files"]) if "files" in section else None
        return TableMapping(table, fields, files, source)

    def field(
        self, where: str, name: str, data_type: str, value: object, mapping: dict[str, Any]
    ) -> Field:
        if isinstance(value, str):
            return Field(columns=(self.text(where, value),))
        if not isinstance(value, dict):
            raise self.wrong(where, value, "the name of a source column, or a table such as {…}")
        allowed = set(_ANY)
        if data_type.startswith("decimal"):
            allowed |= _MONEY
        elif data_type == "timestamp":
            allowed |= _TIME
        elif data_type in ("integer", "tinyint"):
            allowed |= _NUMBER
        if name == "debit_credit":
            allowed.add("by_sign")
        self.known(where, value, allowed)
        if len({"column", "columns", "constant"} & set(value)) != 1:
            raise self.wrong(where, value, "a table with one of column, columns and constant")
        options: dict[str, Any] = {}
        for key, item in value.items():
            place = f"{where}.{key}"
            if key == "column":
                options["columns"] = (self.text(place, item),)
            elif key == "columns":
                options["columns"] = self.texts(place, item)
            elif key in ("constant", "default"):
                options[key] = self.scalar(place, item)
            elif key in ("separator", "prefix", "format"):
                options[key] = self.text(place, item)
            elif key in ("only_if", "except_if"):
                options[key] = self.pattern(place, item)
            elif key == "lookup":
                options[key] = self.text(place, item)
                names = [lookup.name for lookup in mapping["lookups"]]
                if item not in names:
                    listed = ", ".join(names)
                    raise self.wrong(place, item, f"one of the file's lookups ({listed or 'none'})")
            elif key == "map":
                options[key] = self.value_map(place, item)
            elif key in ("thousands", "decimal_mark"):
                options[key] = self.text(place, item, "one character")
                if len(item) != 1 or item.isalnum() or item in "+-":
                    raise self.wrong(place, item, "one character that no number is made of")
            elif key in ("round", "absolute", "by_sign"):
                options[key] = self.flag(place, item)
            elif key == "factor":
                options[key] = self.number(place, item)
            elif key == "factor_by":
                options[key] = self.factor_by(place, item)
            elif key == "time_zone":
                options[key] = self.zone(place, item)
            elif key == "origin":
                if isinstance(item, dt.date) and not isinstance(item, dt.datetime):
                    item = dt.datetime.combine(item, dt.time())
                if not isinstance(item, dt.datetime) or item.tzinfo is not None:
                    raise self.wrong(place, item, "a time without zone")
                options[key] = item
            else:  # unit
                if item not in UNITS:
                    raise self.wrong(place, item, f"one of {', '.join(UNITS)}")
                options[key] = item
        self.combination(where, value, mapping)
        return Field(**options)

    def combination(self, where: str, value: dict[str, Any], mapping: dict[str, Any]) -> None:
        """Refuse keys that need another key, or that contradict each other."""
        needs = {"separator": "columns", "unit": "origin"}
        for key, other in needs.items():
            if key in value and other not in value:
                raise BadInputError(f"{self.path}: {where}.{key} needs {where}.{other}.")
        if "default" in value and not {"map", "lookup"} & set(value):
            raise BadInputError(f"{self.path}: {where}.default needs {where}.map or a lookup.")
        for pair in (("factor", "factor_by"), ("format", "origin")):
            if set(pair) <= set(value):
                raise BadInputError(f"{self.path}: {where} must have only one of {pair}.")
        if "time_zone" in value and "bank_time_zone" not in mapping:
            raise BadInputError(f"{self.path}: {where}.time_zone needs bank_time_zone.")
        zoned = "format" in value and re.search(r"(?<!%)(%%)*%[zZ]", str(value["format"]))
        if zoned and "bank_time_zone" not in mapping:
            raise BadInputError(f"{self.path}: {where}.format has a zone: it needs bank_time_zone.")
        if zoned and "time_zone" in value:
            raise BadInputError(f"{self.path}: {where}.format has a zone, so has no time_zone.")

    def factor_by(self, where: str, value: object) -> tuple[str, dict[str, Decimal]]:
        section = self.section(where, value)
        self.known(where, section, {"column", "factors"})
        for key in ("column", "factors"):
            if key not in section:
                raise BadInputError(f"{self.path}: {where}.{key} is missing.")
        factors = self.section(f"{where}.factors", section["factors"])
        if not factors:
            raise self.wrong(f"{where}.factors", factors, "a table of source values and numbers")
        return self.text(f"{where}.column", section["column"]), {
            key: self.number(f"{where}.factors.{key}", item) for key, item in factors.items()
        }
