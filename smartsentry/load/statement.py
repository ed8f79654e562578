"""The `select` of one table of a mapping: what it may say, and what types its columns have.

It is bound against empty relations, on a connection that reaches nothing, before a row is read. It
runs on blocks of rows, so that it must say of each row what it says whatever the others are.
"""

import dataclasses
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from raw_layer import contract
from raw_layer.errors import BadInputError, reason
from raw_layer.settings import CLOSED
from raw_layer.sql import literal, quoted
from smartsentry.load.mapping import SOURCE

SQL = files(__package__).joinpath("sql")
MACROS = SQL.joinpath("macros.sql").read_text("utf-8")
# Other required columns of a transaction are derived where a mapping does not give them.
MADE = ("transaction_id", "customer_id", "debit_credit")

_INTEGERS = r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?"
# Of each kind of column: the types that are right as they are, and those that `read_KIND` reads.
_KINDS = {
    "id": (r"$^", rf"VARCHAR|UUID|{_INTEGERS}|DOUBLE|FLOAT|DECIMAL\(\d+,0\)"),
    "flag": (r"$^", rf"VARCHAR|BOOLEAN|{_INTEGERS}|DOUBLE|FLOAT"),
    "whole": (_INTEGERS, r"VARCHAR|DOUBLE|FLOAT|DECIMAL\(.*\)"),
    "amount": (rf"{_INTEGERS}|DECIMAL\(.*\)", "VARCHAR|DOUBLE|FLOAT"),
    "moment_iso": (r"TIMESTAMP(_S|_MS|_NS)?|DATE", "VARCHAR"),
    "category": (r"$^", r"VARCHAR|ENUM\(.*\)"),
}
_TABLE_FUNCTIONS = ("unnest", "range", "generate_series")
# Functions that are called without brackets, as if they were columns.
_CLOCKS = ("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp")


def kind(column: contract.Column) -> str:
    """Return how a column of the contract is read, one of `_KINDS`."""
    if column.name.endswith("_id"):
        return "id"
    kinds = {"tinyint": "flag", "integer": "whole", "bigint": "whole", "timestamp": "moment_iso"}
    return "amount" if column.type.startswith("decimal") else kinds.get(column.type, "category")


@dataclasses.dataclass(frozen=True)
class Statement:
    """A checked select.

    `mapped` is its text, with what the loader counts added to it; `typed` is the query that makes
    the contract's columns of it, which reads the relation `mapped`.
    """

    table: contract.Table
    path: Path
    mapped: str
    typed: str
    columns: tuple[str, ...]
    names: frozenset[str]  # the relations that it reads


def read_statement(
    path: Path,
    table: contract.Table,
    relations: dict[str, list[tuple[str, str]]],
    zone: str | None,
) -> Statement:
    """Read and check a statement.

    Args:
        path: The file.
        table: The table that it fills.
        relations: For `source` and each further relation, its columns with their types.
        zone: The bank's time zone, if the mapping names it.

    Raises:
        BadInputError: it is not a select, or says what it may not, or does not bind.
    """
    return _Reading(path, table, relations, zone).statement()


class _Reading:
    def __init__(
        self,
        path: Path,
        table: contract.Table,
        relations: dict[str, list[tuple[str, str]]],
        zone: str | None,
    ) -> None:
        self.path, self.table, self.relations, self.zone = path, table, relations, zone
        self.text = path.read_text("utf-8-sig")
        self.con = duckdb.connect(config={**CLOSED, "python_enable_replacements": False})

    def wrong(self, said: str, at: int | None = None) -> BadInputError:
        line = "" if at is None else f", line {self.text.encode()[:at].count(10) + 1}"
        return BadInputError(f"{self.path}{line}: {said}.")

    def statement(self) -> Statement:
        with self.con:
            node = self.parsed()
            names = self.vet(node)
            mapped = self.counting(node)
            columns = self.bound(mapped)
            return Statement(
                self.table,
                self.path,
                mapped,
                self.typed(node, columns),
                tuple(name for name in self.table.column_names() if name in columns),
                frozenset(names),
            )

    def parsed(self) -> dict[str, Any]:
        """Return the syntax tree of the one select that the file holds."""
        [[said]] = self.con.execute("select json_serialize_sql(?)", [self.text]).fetchall()
        tree = json.loads(said)
        if tree["error"]:
            at = int(tree["position"]) if "position" in tree else None
            if tree["error_type"] == "not implemented":
                raise self.wrong("it must be one select")
            raise self.wrong(f"{tree['error_message'].rstrip('!.')}", at)
        if len(tree["statements"]) != 1:
            raise self.wrong(
                f"it has {len(tree['statements'])} statements and must have one select"
            )
        node: dict[str, Any] = tree["statements"][0]["node"]
        if node["type"] != "SELECT_NODE":
            raise self.wrong("it must be one select, without union")
        # A semicolon cannot stand in a subquery. What comes before the select stays, as places and
        # lines are counted from there.
        self.text = re.sub(r"(;(\s|--[^\n]*(\n|$)|/\*.*?\*/)*)+$", "", self.text, flags=re.DOTALL)
        return node

    def vet(self, node: dict[str, Any]) -> set[str]:
        """Refuse what reaches out of the row; return the relations that the statement reads."""
        unstable = dict(
            self.con.execute(
                "select distinct function_name, stability from duckdb_functions()"
                " where stability != 'CONSISTENT' and function_name != 'error'"
            ).fetchall()
        )
        [[aggregates]] = self.con.execute(
            "select list(distinct function_name) from duckdb_functions()"
            " where function_type = 'aggregate'"
        ).fetchall()
        named = {
            item["key"]
            for found in _objects(node)
            for item in found.get("cte_map", {}).get("map", [])
        }
        read: set[str] = set()
        for item in _objects(node):
            at = item.get("query_location")
            name = str(item.get("function_name", "")).lower()
            if item.get("type") == "BASE_TABLE":
                place = ".".join(filter(None, (item["schema_name"], item["table_name"])))
                if place in self.relations:
                    read.add(place)
                elif place not in named:
                    raise self.wrong(
                        f"there is no relation {place}; there are"
                        f" {', '.join(sorted(self.relations))}",
                        at,
                    )
            elif item.get("type") == "TABLE_FUNCTION":
                name = item["function"]["function_name"].lower()
                if name not in _TABLE_FUNCTIONS:
                    raise self.wrong(f"{name}() cannot be read from; name a relation", at)
            elif item.get("class") == "COLUMN_REF" and self.is_clock(item["column_names"]):
                raise self.wrong(f"{item['column_names'][0]} gives another value each time", at)
            elif name in unstable:
                raise self.wrong(
                    f"{name}() gives another value each time, so it is not allowed", at
                )
        reading, selects = _reading_source(node)
        used = [item["table_name"] for item in _objects(node) if item.get("type") == "BASE_TABLE"]
        for name in reading:
            if used.count(name) > 1:
                raise self.wrong(f"it reads {name} twice, and so looks at several rows of source")
        for select in selects:
            for item in _own_expressions(select):
                at = item.get("query_location")
                if item.get("class") == "WINDOW":
                    raise self.wrong("a window function looks at other rows of source", at)
                if item.get("class") == "FUNCTION" and item["function_name"].lower() in aggregates:
                    raise self.wrong(
                        f"{item['function_name']}() looks at several rows of source", at
                    )
            shaping = [modifier["type"] for modifier in select["modifiers"]]
            grouping = select["group_sets"] or select["aggregate_handling"] != "STANDARD_HANDLING"
            sampling = any(item.get("sample") for item in _own_expressions(select))
            if grouping or sampling or select["sample"] or shaping != []:
                raise self.wrong(
                    "group by, distinct, order by, limit and sample look at several rows of source"
                )
            joins = {item.get("join_type") for item in _own_expressions(select)}
            if joins & {"RIGHT", "FULL", "OUTER"}:
                raise self.wrong("a right or full join makes rows that are not in source")
        self.refuse_unknown(node)
        if SOURCE not in read:
            raise self.wrong("it does not read source, the rows of the files")
        return read

    def refuse_unknown(self, node: dict[str, Any]) -> None:
        """Refuse a name in the select list that no relation has as a column.

        DuckDB would take that of another item in the list: `abs(sum) as amount, amount < 0 as …`
        looks at the amount without its sign.
        """
        inner = [item for item in _objects(node) if item.get("type") == "SELECT_NODE"]
        if len(inner) > 1:
            return  # the columns of an inner select are not known
        known = {name.lower() for rows in self.relations.values() for name, _ in rows}
        lambdas = [item for item in _objects(node) if item.get("class") == "LAMBDA"]
        known |= {item["column_names"][0] for one in lambdas for item in _objects(one["lhs"])}
        for item in _objects(node["select_list"]):
            names = item.get("column_names", [])
            if len(names) == 1 and names[0].lower() not in known | {"line", "file"}:
                there = ", ".join(column for column, _ in self.relations[SOURCE])[:300]
                raise self.wrong(
                    f"there is no column {names[0]} (source has {there})", item["query_location"]
                )

    def is_clock(self, names: list[str]) -> bool:
        """Return whether a name that may be a column's is a function's of the present time."""
        columns = {column for listed in self.relations.values() for column, _ in listed}
        return len(names) == 1 and names[0].lower() in _CLOCKS and names[0] not in columns

    def counting(self, node: dict[str, Any]) -> str:
        """Add to the select what the receipt counts: lookups that missed, and negative amounts."""
        place = next(
            (
                item["query_location"]
                for item in node["select_list"]
                if item["class"] == "COLUMN_REF"
                and item["column_names"][-1] == "line"
                and item["alias"] in ("", "line")
            ),
            None,
        )
        if place is None:
            raise self.wrong("its outermost select must have the column line, as it is in source")
        missed = ", ".join(
            f"case when {quoted(name)}.line is null then {literal(name)} end"
            for name, relation in _left_joined(node["from_table"])
            if relation in self.relations
        )
        negative = " or ".join(
            f"starts_with(cast({'.'.join(map(quoted, names))} as varchar), '-')"
            for names in _columns_of(node, "amount")
            if names[-1].lower() in {column.lower() for column, _ in self.relations[SOURCE]}
        )
        added = (
            f"nullif(concat_ws(chr(10), {missed or 'null'}), '') as missed,"
            f" coalesce({negative or 'false'}, false) as is_negative, "
        )
        text = self.text.encode()
        return (text[:place] + added.encode() + text[place:]).decode()

    def bound(self, mapped: str) -> dict[str, str]:
        """Bind the statement against empty relations; return its columns with their types."""
        self.con.execute(MACROS)
        self.con.execute("create schema rows")
        for name, listed in self.relations.items():
            types = ", ".join(f"{quoted(column)} {type_}" for column, type_ in listed)
            # Another type tells the lines of other files from those of source.
            line = "bigint" if name == SOURCE else "hugeint"
            self.con.execute(f"create table rows.{name} (line {line}, file varchar, {types})")
            self.con.execute(f"create view {name} as from rows.{name}")
        try:
            described = self.con.execute(f"describe {mapped}").fetchall()
        except duckdb.Error as error:
            raise self.unbound(error) from error
        # SQL does not look at case; DuckDB keeps a source's, even where `as` says another.
        found = [(name.lower(), type_) for name, type_, *_ in described]
        allowed = self.table.column_names()
        columns: dict[str, str] = {}
        if dict(reversed(found))["line"] != "BIGINT":
            raise self.wrong("line must be that of source, not of another relation")
        added = ["line", "missed", "is_negative"]
        for name, type_ in found:
            if name in added:
                added.remove(name)
                continue
            if name not in allowed:
                raise self.wrong(
                    f"{name} is no column of {self.table.name}; they are {', '.join(allowed)}"
                )
            if name in columns:
                raise self.wrong(f"the column {name} stands twice")
            columns[name] = type_
        made = MADE if self.table is contract.TRANSACTIONS else ()
        for name in self.table.required():
            if name not in columns and name not in made:
                raise self.wrong(f"the column {name} is missing")
        if self.table is contract.TRANSACTIONS and not (
            {"receiver_account_id", "beneficiary_id"} & set(columns)
        ):
            raise self.wrong("it must have receiver_account_id or beneficiary_id, the counterparty")
        return columns

    def unbound(self, error: duckdb.Error) -> BadInputError:
        said = str(error)
        line = re.search(r"^LINE (\d+):", said, re.MULTILINE)
        where = f", line {line[1]}" if line else ""
        there = ", ".join(column for column, _ in self.relations[SOURCE])[:300]
        what = re.sub(r"^[\w ]+ Error: ", "", reason(error)).rstrip("!")
        hint = f" (source has {there})" if "not found in FROM clause" in what else ""
        return BadInputError(f"{self.path}{where}: {what}{hint}.")

    def typed(self, node: dict[str, Any], columns: dict[str, str]) -> str:
        """Return the query that makes the contract's columns of `mapped`."""
        cleaned = {
            item["alias"]
            for item in node["select_list"]
            if item.get("function_name", "").lower() in ("id", "ids")
        }
        values, unread = [], ["null"]
        for column in self.table.columns:
            name, how, place = column.name, kind(column), quoted(column.name)
            type_ = columns.get(name)
            as_it_is, readable = _KINDS[how]
            if type_ is None or type_ == '"NULL"':
                values.append(f"cast(null as {column.type}) as {place}")
            elif name in cleaned or re.fullmatch(as_it_is, type_):
                as_time = f"cast({place} as timestamp)"
                values.append(f"{as_time if how == 'moment_iso' else place} as {place}")
            elif how == "moment_iso" and type_ == "TIMESTAMP WITH TIME ZONE":
                if self.zone is None:
                    raise self.wrong(
                        f"{name} has a zone; source.toml needs bank_time_zone, the bank's own"
                    )
                values.append(f"bank_time({place}) as {place}")
            elif re.fullmatch(readable, type_):
                values.append(f"read_{how}({place}) as {place}")
                unread.append(f"unread_{how}({literal(name)}, {place})")
            else:
                raise self.wrong(f"{name} is {type_}, which cannot become {column.type}")
        return (
            f"select line, missed, is_negative, {', '.join(values)},"
            f" nullif(concat_ws(chr(10), {', '.join(unread)}), '') as unread from mapped"
        )


def _objects(tree: object) -> Iterator[dict[str, Any]]:
    """Yield every object of a syntax tree."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _objects(item)


def _own_expressions(select: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a select, without those of the selects in it."""
    waiting: list[object] = [
        select[part] for part in ("select_list", "from_table", "where_clause", "having", "qualify")
    ]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if item.get("type") == "SELECT_NODE":
                continue
            yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _reading_source(node: dict[str, Any]) -> tuple[set[str], list[dict[str, Any]]]:
    """Return the relations and the selects whose rows come from `source`, directly or not."""
    reading = {SOURCE}
    selects = [item for item in _objects(node) if item.get("type") == "SELECT_NODE"]
    named = [
        (item["key"], item["value"]["query_node"])
        for found in _objects(node)
        for item in found.get("cte_map", {}).get("map", [])
    ]

    def reads(tree: object) -> bool:
        return any(
            item.get("type") == "BASE_TABLE" and item["table_name"] in reading
            for item in _objects(tree)
        )

    for _ in named:
        reading |= {key for key, query in named if reads(query)}
    return reading, [select for select in selects if reads(select["from_table"])]


def _left_joined(tree: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is left-joined in a `from`: the name that it has there, and its own."""
    if tree["type"] != "JOIN":
        return []
    found = _left_joined(tree["left"])
    right = tree["right"]
    if tree["join_type"] == "LEFT" and right["type"] == "BASE_TABLE":
        found.append((right["alias"] or right["table_name"], right["table_name"]))
    return found


def _columns_of(node: dict[str, Any], alias: str) -> list[list[str]]:
    """Return the columns that an item of the select list reads, each as its parts."""
    names = [
        found["column_names"]
        for item in node["select_list"]
        if alias in (item["alias"].lower(), item.get("column_names", [""])[-1].lower())
        for found in _objects(item)
        if found.get("class") == "COLUMN_REF"
    ]
    return [list(names) for names in dict.fromkeys(map(tuple, names))]
