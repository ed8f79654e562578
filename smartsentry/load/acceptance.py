"""Accept or reject each landed row: into its raw table with types, or with every reason.

A block of rows goes through the mapping's select and the checks in one query. If an expression
fails, the block is halved until each failing row is alone; its reason is DuckDB's message.
"""

import collections
import re
import threading
from importlib.resources.abc import Traversable

import duckdb
import pandas as pd

from raw_layer import contract
from raw_layer.errors import BadInputError, reason
from raw_layer.sql import literal, quoted
from smartsentry.load.landing import SKIPPED, Batch, Source
from smartsentry.load.mapping import KNOWN, Mapping
from smartsentry.load.statement import MACROS, SQL, Statement

CHECKS = SQL.joinpath("checks")
# What a row counts as in the receipt, where the checks of its table say it.
COUNTED = ("label", "debit_credit", "missed", "is_negative", "is_in_repeated_hour")
# The columns of a transaction that follow from its others where a mapping does not give them.
DERIVED = ("customer_id", "debit_credit", "cash_flag", "label", "fraud_type")
# If more rows than this fail and are more than half of all, the mapping is wrong, not the rows.
MANY_FAILED = 200
# Of so many rows of a block that a macro fails on the message is DuckDB's; it costs a query a row.
MANY_SAID = 100


class Judge:
    """Writes the rows of one mapped table into `raw`.

    Entity tables are collected first and written when their repeated keys are known. Transactions,
    which may be many, are written at once and removed again if a key is repeated.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        mapping: Mapping,
        statement: Statement,
        max_rejected: float,
        known: str | None = None,
    ) -> None:
        """Take the statement of a table.

        Args:
            con: The file to write.
            mapping: What the statement is part of.
            statement: What makes rows of the table.
            max_rejected: Share of rows, from 0 to 1, that may be rejected.
            known: The attached database whose customers, accounts and so on may be referred to.
        """
        self.known = known
        self.con, self.mapping, self.statement = con, mapping, statement
        self.table = statement.table
        self.max_rejected = max_rejected
        self.direct = self.table is contract.TRANSACTIONS
        self.target = f"raw.{self.table.name}" if self.direct else "raw.staged"
        self.number = "'T' || landed_no" if self.direct else "landed_no"
        # What neither the mapping nor the checks say stays null, which costs nothing.
        self.written = [
            name
            for name in self.table.column_names()
            if name in statement.columns or (self.direct and name in DERIVED)
        ]
        self.judged = CHECKS.joinpath(f"{self.table.name}.sql").read_text("utf-8")
        self.counted = COUNTED if self.direct else ("missed",)
        kept = dict.fromkeys(["line", "source_id", "reasons", *self.written, *self.counted])
        kept.pop("transaction_id", None)
        self.kept = ", ".join(map(quoted, kept))
        self.counts: collections.Counter[tuple[object, ...]] = collections.Counter()
        self.rows = self.failed = 0
        self._lock = threading.Lock()
        if not self.direct:
            con.execute(_sql("stage.sql").format(table=self.table.name))

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own that knows the macros, the relations and the domains."""
        con = self.con.cursor()
        con.execute(MACROS)
        con.execute(CHECKS.joinpath("macros.sql").read_text("utf-8"))
        for relation in self.mapping.further():
            con.execute(f"create temp view {relation.name} as from relations.{relation.name}")
        for table, key in KNOWN.items():
            view = f"create temp view known_{table} as from raw.{table}"
            if self.known:
                view += f" union all by name from {self.known}.raw.{table}"
                view += f" anti join raw.{table} using ({key})"
            con.execute(view)
        variables = {
            "bank_time_zone": self.mapping.bank_time_zone,
            "earliest": self.mapping.earliest,
            "latest": self.mapping.latest,
            "time_precision": self.mapping.time_precision or "second",
            "columns": list(self.statement.columns),
            "tables": self.mapping.gives(),
            # An account may have been opened after the first day of data that there are already.
            "lowest_age": -(10**6) if self.known else 0,
            "domains": {name: list(values) for name, values in contract.DOMAINS.items()},
            "cash_types": list(contract.CASH_TYPES["branch"]),
        }
        for name, value in variables.items():
            con.execute(f"set variable {name} = ?", [value])
        return con

    def judge(self, con: duckdb.DuckDBPyConnection, batch: Batch, file: Source, base: int) -> None:
        """Judge one batch on a connection of its own; its first row gets the number `base`."""
        columns = "".join(f", {quoted(name)}" for name in file.names)
        with batch.reading(con) as query:
            con.execute(f"create or replace temp view read_rows as {query}")
            con.execute(
                f"create or replace temp view source as select line, {literal(file.name)} as file"
                f"{columns} from read_rows where fault is null"
            )
            bad = dict(
                con.execute(
                    "select line, [fault] from read_rows where fault != ?", [SKIPPED]
                ).fetchall()
            )
            self._define(con)
            numbered = self._numbered(con, batch, base)
            try:
                con.execute(f"create or replace temp table batch as {numbered}")
            except duckdb.Error as error:
                if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException):
                    raise
                con.execute("create or replace temp table kept as from source")
                bad |= self._apart(con, batch.rows, numbered)
            self._refuse_doubled(con, file)
            self._write(con, batch, file, bad)

    def _define(self, con: duckdb.DuckDBPyConnection) -> None:
        """Define the steps from `source` to the checks, anew for each form of `source`."""
        con.execute(f"create or replace temp view mapped as {self.statement.mapped}")
        con.execute(f"create or replace temp view typed as {self.statement.typed}")

    def _apart(
        self, con: duckdb.DuckDBPyConnection, rows: int, numbered: str
    ) -> dict[int, list[str]]:
        """Judge the rows that can be judged; return the others with DuckDB's message.

        A macro's failures are found by two queries, see `failed` in macros.sql; those of other
        expressions by halving.
        """
        con.execute(_sql("piece.sql"))
        con.execute(f"create or replace temp table batch as {numbered} limit 0")
        lines = [line for (line,) in con.execute("select line from kept order by line").fetchall()]
        bad: dict[int, list[str]] = {}
        con.execute("update piece set low = ?, high = ?", [lines[0], lines[-1]])
        for filling in (1, 2):
            con.execute(f"set variable filling = {filling}")
            try:
                con.execute(f"create or replace temp table filled_{filling} as {numbered}")
            except duckdb.Error:
                break
        else:
            differing = ", ".join(
                f"case when filled_1.{name} is distinct from filled_2.{name}"
                f" then {literal(name.strip(chr(34)))} end"
                for name in self.kept.split(", ")[1:]
            )
            for line, columns in con.execute(
                _sql("failing.sql").format(differing=differing)
            ).fetchall():
                named = [name for name in columns.split(", ") if name in self.written]
                bad[line] = [f"{', '.join(named) or 'the row'} cannot be read"]
        con.execute("set variable filling = null")
        con.execute(f"prepare judge_piece as insert into batch {numbered}")
        for line in [*bad][:MANY_SAID]:
            bad[line] = [self._judge_piece(con, line, line) or bad[line][0]]
        con.execute("delete from kept where line in (select unnest(?::bigint[]))", [[*bad]])
        lines = [line for line in lines if line not in bad]
        waiting = [(0, len(lines))] if lines else []
        while waiting:
            first, end = waiting.pop()
            said = self._judge_piece(con, lines[first], lines[end - 1])
            if said and end - first > 1:
                middle = (first + end) // 2
                waiting += [(middle, end), (first, middle)]
            elif said:
                bad[lines[first]] = [said]
                self._stop_early(bad, rows)
        con.execute("deallocate judge_piece")
        return bad

    def _judge_piece(self, con: duckdb.DuckDBPyConnection, low: int, high: int) -> str | None:
        """Judge the rows of some lines; return the message if one of them fails."""
        con.execute("update piece set low = ?, high = ?", [low, high])
        try:
            con.execute("execute judge_piece")
        except duckdb.Error as error:
            return re.sub(r"^Invalid Input Error: ", "", reason(error))
        return None

    def _stop_early(self, bad: dict[int, list[str]], rows: int) -> None:
        if len(bad) <= MANY_FAILED or self.max_rejected > 0.5 or 2 * len(bad) < rows:
            return
        line, [said] = next(iter(bad.items()))
        raise BadInputError(
            f"{self.statement.path} fails on most rows, first on line {line}: {said}."
            " Nothing was loaded."
        )

    def _numbered(self, con: duckdb.DuckDBPyConnection, batch: Batch, base: int) -> str:
        """Return the query of the judged rows with their numbers; `numbered` has those of all."""
        if batch.first is not None:
            number, end = f"line + {base - batch.first} as landed_no", batch.first + batch.rows
            con.execute(
                f"create or replace temp table numbered as select line, {number}"
                f" from range({batch.first}, {end}) as all_rows (line)"
            )
            return f"select {self.kept}, {number} from ({self.judged})"
        con.execute(
            "create or replace temp table numbered as"
            f" select line, {base} - 1 + row_number() over (order by line) as landed_no"
            " from read_rows"
        )
        return f"select {self.kept}, landed_no from ({self.judged}) join numbered using (line)"

    def _refuse_doubled(self, con: duckdb.DuckDBPyConnection, file: Source) -> None:
        [[rows, lines]] = con.execute("select count(*), count(distinct line) from batch").fetchall()
        if rows == lines:
            return
        [[line, times]] = con.execute(_sql("doubled.sql")).fetchall()
        raise BadInputError(
            f"{self.statement.path} makes {times} rows of line {line} of {file.name}; it must make"
            " one or none (does a join find several rows?)."
        )

    def _write(
        self,
        con: duckdb.DuckDBPyConnection,
        batch: Batch,
        file: Source,
        bad: dict[int, list[str]],
    ) -> None:
        values = {name: quoted(name) for name in self.written}
        values["transaction_id" if self.direct else "landed_no"] = self.number
        con.execute(
            f"insert into {self.target} ({', '.join(map(quoted, values))})"
            f" select {', '.join(values.values())} from batch where reasons is null"
        )
        said = con.execute("select line, reasons from batch where reasons is not null").fetchall()
        bad |= {line: reasons.split("\n") for line, reasons in said}
        lines = sorted(bad)
        rejected = pd.DataFrame(
            {
                "line": pd.Series(lines, dtype="int64"),
                "row_text": pd.Series(batch.texts(lines) if lines else [], dtype=object),
                "reasons": pd.Series([bad[line] for line in lines], dtype=object),
            }
        )
        origin = {"table": self.table.name, "file": file.name}
        con.register("rejected", rejected)
        # Where every row was judged none is left out, and the batch has all numbers.
        [[judged]] = con.execute("select count(*) from batch").fetchall()
        con.execute(_sql("landed.sql" if judged < batch.rows else "landed_whole.sql"), origin)
        if lines:
            con.execute(_sql("rejected.sql"), origin)
        con.unregister("rejected")
        counted = [name if name in self.counted else f"null as {name}" for name in COUNTED]
        groups = con.execute(
            f"select {', '.join(counted)}, reasons is not null, count(*) from batch group by all"
        ).fetchall()
        with self._lock:
            self.rows += batch.rows
            for *group, count in groups:
                self.counts[tuple(group)] += count

    def finish(self, sources: dict[str, Source]) -> None:
        """Reject rows for reasons that need all rows, such as a repeated key; write the others."""
        name = self.table.name
        columns = [quoted(column) for column in self.table.column_names()]
        parts = {
            "table": name,
            "target": self.target,
            "number": "substr(transaction_id, 2)::bigint" if self.direct else "landed_no",
            "key": "transaction_id" if self.direct else " and ".join(self.table.key),
            "content": ", ".join(columns[1:] if self.direct else columns),
        }
        self.con.execute(_sql("repeated.sql").format(**parts))
        if not self.direct:
            self.con.execute(_sql("repeated_entities.sql").format(**parts))
        self._reject_repeated(parts, sources)
        if not self.direct:
            self.con.execute(
                f"insert into raw.{name} select {', '.join(columns)} from raw.staged"
                " order by landed_no"
            )
            self.con.execute("drop table raw.staged")
        elif "accounts" not in self.mapping.gives() and "customer_id" in self.statement.columns:
            self.con.execute(_sql("not_owner.sql"))
            self._reject_repeated(parts, sources)

    def _reject_repeated(self, parts: dict[str, str], sources: dict[str, Source]) -> None:
        """Move the rows in the table `repeated` from the accepted to the rejected ones."""
        lines: dict[str, set[int]] = {}
        for file, line in self.con.execute(
            "select source_file, source_line from repeated"
        ).fetchall():
            lines.setdefault(file, set()).add(line)
        texts = [
            (file, line, text)
            for file, wanted in lines.items()
            for line, text in sources[file].texts(wanted).items()
        ]
        if texts:
            names = ["source_file", "source_line", "row_text"]
            self.con.register("texts", pd.DataFrame(texts, columns=names))
            self.con.execute(_sql("reject_repeated.sql").format(**parts))
            self.con.unregister("texts")


def _sql(name: str) -> str:
    file: Traversable = SQL.joinpath(name)
    return file.read_text("utf-8")
