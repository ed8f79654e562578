"""`smartsentry add`: merge the rows of a loaded file into the raw tables of a copy.

What happens to the rows is said in `sql/add/`. This module asks first whether the two fit.
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from raw_layer import contract
from raw_layer.errors import BadInputError, in_one_sentence
from raw_layer.fingerprint import fingerprint, replaced
from raw_layer.settings import MEMORY_LIMIT, connect
from raw_layer.sql import literal, quoted
from raw_layer.tables import create_table
from smartsentry.added import NEVER, Added
from smartsentry.load.loader import load
from smartsentry.load.mapping import read_mapping
from smartsentry.load.statement import SQL

LOADER, SEEDER, HAND = "a loader", "the seeder", "hand"
# The mapping of the project's own raw tables, whose ids are those of the seeder.
OWN_MAPPING = "SmartSentry raw tables"
# Accounts come first: a customer whom the loader made of an account's id may have a name by now.
ENTITIES = (
    *(contract.ACCOUNTS, contract.CUSTOMERS, contract.DEVICES, contract.BENEFICIARIES),
    *(contract.ACCOUNT_DEVICES, contract.ACCOUNT_BENEFICIARIES, contract.DORMANT_ACCOUNTS),
    *(contract.INACTIVE_ACCOUNTS, contract.SCHEMES),
)
OUTCOMES = ("new", "known", "corrected", "rejected", "left out")
# The rows of made-up transactions that an addition writes or replaces: their ids are the source's.
WRITTEN = (
    "transaction_id in (select coalesce(known_id, source_id) from judged where outcome != 'known')"
)


def add_files(
    mapping_folder: Path,
    patterns: list[str],
    into: Path,
    max_rejected: float = 0.01,
    memory_limit: str | None = None,
    quiet: bool = True,
) -> Added:
    """Load files and merge their rows into the raw tables of a file.

    Args:
        mapping_folder: The mapping, as for `load`.
        patterns: Files, or patterns of files.
        into: The file, a copy of the published one.
        max_rejected: Share of a table's rows, from 0 to 1, that may be rejected.
        memory_limit: DuckDB's, such as `2GB`.
        quiet: Whether to show no progress.

    Returns:
        What was brought.

    Raises:
        BadInputError: the mapping or a file is not as it must be, or does not fit what is there.
        TooManyRejectedError: the share of rejected rows is above `max_rejected`.
    """
    name = read_mapping(mapping_folder).name
    with connect(into, read_only=True) as con:
        _require_same_mapping(_run(con, "raw"), name, None)
    added = into.with_name("added.duckdb")
    lines = load(mapping_folder, patterns, added, max_rejected, quiet, memory_limit, known=into)
    brought = add_file(added, into, memory_limit)
    added.unlink()
    # Of the lines of the load only reasons and warnings are told: the rows are counted below.
    said = [line for line in lines if line.startswith(("  ", "Look at this"))]
    return dataclasses.replace(brought, lines=said + brought.lines)


def add_file(added: Path, into: Path, memory_limit: str | None = None) -> Added:
    """Merge the raw tables of one file into those of another.

    Args:
        added: A file that `smartsentry load` or the seeder wrote.
        into: The file, a copy of the published one.
        memory_limit: DuckDB's, such as `2GB`.

    Returns:
        As `add_files`.

    Raises:
        BadInputError: the two do not fit.
    """
    with connect(into, settings={"memory_limit": memory_limit or MEMORY_LIMIT}) as con:
        if not added.is_file():
            raise BadInputError(f"--raw is {added}, but there is no such file.")
        with in_one_sentence(f"{added} holds no loaded data", refusal=BadInputError):
            con.execute(f"attach {literal(str(added))} as added (read_only)")
            con.execute("select seed from added.raw.generation_run")
        merging = _Merging(con, added)
        merging.judge()
        lines, changed, touched_from = merging.lines(), merging.changes(), None
        if changed:
            merging.apply()
            touched_from = merging.touched_from()
        con.execute("detach added")
        con.execute("checkpoint")
    return Added(lines, changed, touched_from)


class _Run:
    """The row of `generation_run`, and who made the file: a loader, the seeder or a hand."""

    def __init__(self, row: dict[str, object]) -> None:
        self.row = row
        config = json.loads(str(row["config"] or "{}"))
        self.mapping: str | None = config.get("mapping")
        self.tables = sorted(
            name.removesuffix(".sql") for name in config.get("files", {}) if name.endswith(".sql")
        )
        self.maker = LOADER if self.mapping else HAND if row["seed"] is None else SEEDER

    def said(self) -> str:
        if self.maker == LOADER:
            return f"were loaded by the mapping {self.mapping!r}"
        return f"have seed {self.row['seed']}" if self.maker == SEEDER else "were filled by hand"


def _run(con: duckdb.DuckDBPyConnection, schema: str) -> _Run:
    cursor = con.execute(f"from {schema}.generation_run")
    names = [column[0] for column in cursor.description or ()]
    return _Run(dict(zip(names, *cursor.fetchall(), strict=True)))


def _require_same_mapping(published: _Run, mapping: str, tables: list[str] | None) -> None:
    """Refuse a mapping that is not that of the published data, or gives other tables."""
    is_own = published.maker == SEEDER and mapping == OWN_MAPPING
    if published.mapping != mapping and not is_own:
        raise BadInputError(
            f"the mapping {mapping!r} does not fit: the published data {published.said()}."
        )
    differing = sorted({*(tables or ())} ^ {*published.tables})
    if tables is not None and not is_own and differing:
        raise BadInputError(
            f"the mapping {mapping!r} does not fit: only one of it and the published data has"
            f" {differing[0]}.sql."
        )


class _Merging:
    """The rows of one file on their way into the raw tables of another."""

    def __init__(self, con: duckdb.DuckDBPyConnection, added: Path) -> None:
        self.con, self.file = con, added
        self.published, self.added = _run(con, "raw"), _run(con, "added.raw")
        self._require_fit()
        self.before = "0:0"  # the fingerprint of the transactions that are written over
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
        for name, value in {
            "published_by": self.published.maker,
            "added_by": self.added.maker,
            "file": str(added),
            "added_at": now,
        }.items():
            con.execute(f"set variable {name} = ?", [value])
        self.given = [
            table
            for table in ENTITIES
            if self.added.maker != LOADER or table.name in self.added.tables
        ]

    def _require_fit(self) -> None:
        published, added = self.published, self.added
        if added.mapping is not None:
            _require_same_mapping(published, added.mapping, added.tables)
        elif published.maker != added.maker:
            raise BadInputError(
                f"{self.file} does not fit: its data {added.said()}, and the published data"
                f" {published.said()}."
            )
        elif any(
            published.row[name] != added.row[name]
            for name in ("seed", "scale", "fraud_rate", "config", "window_start")
        ):
            raise BadInputError(
                f"{self.file} does not fit: the seeder made it from other options than the"
                f" published data ({', '.join(_options(added))} and not"
                f" {', '.join(_options(published))})."
            )

    def judge(self) -> None:
        """Find out what each row is.

        Raises:
            BadInputError: the rows do not fit the published ones.
        """
        con, columns = self.con, contract.TRANSACTIONS.column_names()[1:]
        con.execute(_sql("incoming"))
        self._require_ids()
        content = {
            "content": ", ".join(map(quoted, columns)),
            **{
                alias: ", ".join(f"{alias}.{quoted(name)}" for name in columns)
                for alias in ("given", "published", "incoming", "known")
            },
        }
        con.execute(_sql("known_by_row" if self.lacks_ids else "known_by_id").format(**content))
        con.execute(_sql("judged").format(**content))
        for table in ENTITIES:
            con.execute(_sql("entities").format(**self._entity(table)))
        self._refuse("new_owners", "account {} would go from customer {} to {} ({})")
        self._refuse(
            "before_window",
            "{} is of {}, before the first day of the published data,"
            f" {self.published.row['window_start']}",
        )
        self._refuse("opened_later", "account {} was opened on {}, but has a transaction of {}")

    def _require_ids(self) -> None:
        """Refuse rows whose ids, or times, are of another kind than those of the published ones."""
        [[rows, ids, numbers]] = self.con.execute(
            "select count(*), count(source_id),"
            " count_if(regexp_full_match(source_id, 'T(0|[1-9][0-9]{0,17})')) from incoming"
        ).fetchall()
        self.lacks_ids = rows > 0 and not ids
        if not rows:
            return
        if self.published.maker != LOADER:
            if numbers < rows:
                raise BadInputError(
                    f"{self.file} does not fit: the published data have ids such as T123."
                )
        else:
            [[before, had]] = self.con.execute(
                "select count(*), count(source_id) from (select source_id from raw.landed_rows"
                " anti join raw.rejected_rows using (source_table, landed_no)"
                " where source_table = 'transactions' and is_left_out = 0)"
            ).fetchall()
            if before and bool(had) != bool(ids):
                raise BadInputError(
                    "the mapping does not fit: its transactions have"
                    f" {'ids' if ids else 'no ids'}, and the published ones have"
                    f" {'ids' if had else 'none'}."
                )
        precision = str(self.added.row["time_precision"])
        if self.published.row["time_precision"] == "day" and precision != "day":
            raise BadInputError(
                "the mapping does not fit: its times are to the"
                f" {precision}, and the published data know days alone."
            )

    def _entity(self, table: contract.Table) -> dict[str, str]:
        """Return the parts of `entities.sql` for a table."""
        attributes = [name for name in table.column_names() if name not in table.key]
        merged = {
            name: f"coalesce(given.{quoted(name)}, published.{quoted(name)})" for name in attributes
        }
        given = f"added.raw.{table.name}"
        days = f"{literal(str(self.added.row['window_start']))}::date"
        if table is contract.ACCOUNTS:
            # Ages count from the first day of a file's data; a stranger keeps the known owner.
            merged["account_open_days"] = (
                "coalesce((given.account_open_days - date_diff('day',"
                f" {literal(str(self.published.row['window_start']))}::date, {days}))::integer,"
                " published.account_open_days)"
            )
            merged["customer_id"] = (
                "if(given.customer_id = 'owner of ' || given.account_id,"
                " coalesce(published.customer_id, given.customer_id), given.customer_id)"
            )
        if table is contract.CUSTOMERS and table not in self.given:
            given = f"(from {given} semi join judged_accounts using (customer_id))"
        same = " and ".join(
            f"published.{quoted(name)} is not distinct from {merged[name]}" for name in attributes
        )
        return {
            "table": table.name,
            "given": given,
            "row_key": " || '-' || ".join(_key_part(key, len(table.key)) for key in table.key),
            "merged": ", ".join(
                [*table.key, *(f"{merged[name]} as {quoted(name)}" for name in attributes)]
            ),
            "key": table.key[0],
            "keys": ", ".join(table.key),
            "is_same": same or "true",
        }

    def _refuse(self, query: str, sentence: str) -> None:
        rows = self.con.execute(_sql(query)).fetchall()
        if rows:
            more = f", and {len(rows) - 1:,} more" if len(rows) > 1 else ""
            raise BadInputError(f"{sentence.format(*rows[0])}{more}.")

    def _outcomes(self) -> Iterator[str]:
        """Yield a query of the outcomes of each table whose rows were given."""
        for table, judged in self._judged():
            yield (
                f"select {literal(table.name)} as source_table, landed_no, source_file, outcome"
                f" from {judged}"
            )

    def _judged(self) -> Iterator[tuple[contract.Table, str]]:
        yield contract.TRANSACTIONS, "judged"
        for table in self.given:
            yield table, f"judged_{table.name}"

    def changes(self) -> bool:
        """Tell whether any row is new or a correction."""
        queries = [f"select outcome from judged_{table.name}" for table in ENTITIES]
        union = " union all ".join(["select outcome from judged", *queries])
        found = self.con.execute(f"select 1 from ({union}) where outcome != 'known' limit 1")
        return bool(found.fetchall())

    def lines(self) -> list[str]:
        """Return the outcomes of each file and table, as lines to print."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for table, file, outcome, rows in self.con.execute(
            _sql("outcomes").format(outcomes=" union all ".join(self._outcomes()))
        ).fetchall():
            found.setdefault((table, file), {})[outcome] = rows
        lines = []
        for (table, file), counts in found.items():
            if table != contract.TRANSACTIONS.name and counts.keys() == {"known"}:
                continue  # a list of all customers comes again every day
            said = [
                f"{counts.get(outcome, 0):,} {outcome}"
                for outcome in OUTCOMES
                if outcome in counts or outcome != "left out"
            ]
            lines.append(f"{table:<22}{', '.join(said)}  {Path(file).name}")
        if self.lacks_ids:
            lines.append("The transactions have no ids: rows equal in every column are one row.")
        return lines

    def apply(self) -> None:
        """Change the raw tables."""
        con = self.con
        for table in contract.TABLES:
            create_table(con, table, loaded=True, if_missing=True)
            for column in table.columns if self.added.maker == LOADER else ():
                if column.unsaid:
                    con.execute(
                        f"alter table raw.{table.name}"
                        f" alter column {quoted(column.name)} drop not null"
                    )
        for table, _ in self._judged():
            is_one = table is contract.TRANSACTIONS
            parts = {
                "table": table.name,
                "judged": "(select * replace (known_id as transaction_id), known_id as row_key"
                " from judged)"
                if is_one
                else f"judged_{table.name}",
                "old_row": _as_json([c.name for c in table.columns if not c.ground_truth]),
                "old_answers": _as_json([c.name for c in table.columns if c.ground_truth]),
                "keys": ", ".join(table.key),
                "is_landed": "landed.landed_no = substr(judged.row_key, 2)::bigint"
                if is_one
                else "landed.source_id = judged.row_key",
            }
            con.execute(_sql("superseded").format(**parts))
        con.execute(_sql("landed").format(outcomes=" union all ".join(self._outcomes())))
        columns = contract.TRANSACTIONS.column_names()[1:]
        if self.published.maker == SEEDER:
            self.before = self._fingerprint_of_written()
        con.execute(
            _sql("transactions").format(columns=", ".join(f"judged.{quoted(c)}" for c in columns))
        )
        con.execute(_sql("strangers"))
        for table in ENTITIES:
            con.execute(
                _sql("apply_entities").format(
                    table=table.name,
                    columns=", ".join(map(quoted, table.column_names())),
                    keys=", ".join(table.key),
                    is_key=" and ".join(f"{table.name}.{key} = judged.{key}" for key in table.key),
                )
            )
        con.execute(
            _sql("receipt").format(
                outcomes=_sql("outcomes").format(outcomes=" union all ".join(self._outcomes()))
            )
        )
        con.execute(_sql("run"))
        self._describe()

    def touched_from(self) -> dt.datetime | None:
        """Return the first moment from which rows may differ; see `Added`."""
        after = _run(self.con, "raw")
        if after.row["time_precision"] != self.published.row["time_precision"]:
            return None  # which hours and seconds are known
        [[moment]] = self.con.execute(_sql("touched")).fetchall()
        return NEVER if moment is None else moment

    def _describe(self) -> None:
        """Count the rows of the raw tables anew, and take fingerprints of those that had one."""
        for column, of_table in (("row_counts", self._rows), ("fingerprints", self._fingerprint)):
            if self.published.row[column] is not None:
                said = json.loads(str(self.published.row[column]))
                names = {*said, contract.SUPERSEDED_ROWS.name}
                new = {t.name: of_table(t.name) for t in contract.TABLES if t.name in names}
                self.con.execute(f"update raw.generation_run set {column} = ?", [json.dumps(new)])

    def _rows(self, table: str) -> int:
        [[rows]] = self.con.execute(f"select count(*) from raw.{table}").fetchall()
        return int(rows)

    def _fingerprint(self, table: str) -> str:
        if table != contract.TRANSACTIONS.name or self.published.maker != SEEDER:
            return fingerprint(self.con, contract.SCHEMA, table)
        said = json.loads(str(self.published.row["fingerprints"]))[table]
        return replaced(said, self.before, self._fingerprint_of_written())

    def _fingerprint_of_written(self) -> str:
        """Return that of the transactions that `apply` writes or writes over."""
        name = contract.TRANSACTIONS.name
        return fingerprint(self.con, contract.SCHEMA, name, where=WRITTEN)


def _options(run: _Run) -> list[str]:
    names = ("seed", "scale", "fraud_rate")
    return [f"{name} {run.row[name]}" for name in names] + [f"from {run.row['window_start']}"]


def _as_json(names: list[str]) -> str:
    """Return SQL for some columns of a published row as a JSON object."""
    pairs = ", ".join(f"{literal(name)}, published.{quoted(name)}::varchar" for name in names)
    return f"json_object({pairs})::varchar"


def _key_part(key: str, parts: int) -> str:
    """Return SQL for a part of a key, as the mapping's macro `ids` joins several."""
    return (
        quoted(key) if parts == 1 else (rf"replace(replace({quoted(key)}, '\', '\\'), '-', '\-')")
    )


def _sql(name: str) -> str:
    return SQL.joinpath("add", f"{name}.sql").read_text("utf-8")
