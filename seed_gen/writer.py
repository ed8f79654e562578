"""Write the plan's columns of numbers as the raw tables, in DuckDB or as Parquet."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from raw_layer import __version__, contract
from raw_layer.fingerprint import fingerprint
from raw_layer.sql import literal, quoted
from raw_layer.tables import create_tables, one_thread_each
from seed_gen.blocks.generate import Numbered, generate, scheme_traits
from seed_gen.blocks.plan import Plan
from seed_gen.config import Config
from seed_gen.draws.rows import KINDS, NONE, ROLES, concatenate
from seed_gen.figures.fields import Distribution

T = TypeVar("T")
Report = Callable[[str, int, float], None]

# Four of DuckDB's row groups: a chunk fills them, so none is written twice.
DEFAULT_CHUNK_ROWS = 4 * 122_880
# A part of Parquet is one chunk of 34 MB, in row groups that are large enough for a task each.
PARQUET_CHUNK_ROWS = 2 * DEFAULT_CHUNK_ROWS
_PARQUET = f"format parquet, compression zstd, row_group_size {DEFAULT_CHUNK_ROWS}"
_EMPTY = (*contract.KEPT_BY_THE_LOADER, *contract.INPUTS)  # a loader and a build fill them
MOST_WRITERS = 3  # more would wait for rows


def write_tables(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    report: Report,
    chunk_rows: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    folder: Path | None = None,
) -> None:
    """Create, fill and comment all raw tables; call `report(table, rows, seconds)` for each.

    `progress(done, total)` is called with the rows of `transactions` after each chunk of them.
    With a `folder` the tables are written into it as Parquet, `<table>/part-00000.parquet` and so
    on; the transactions never enter the file of `con`.
    """
    create_tables(con)
    if folder is not None:
        for table in contract.TABLES:
            (folder / table.name).mkdir()
    filled: dict[str, _Filled] = {}
    # No reader relies on the order of rows in the file.
    con.execute("set preserve_insertion_order = false")
    # The small tables are filled in parallel with the large one, which keeps all cores busy.
    with ThreadPoolExecutor(max_workers=1) as beside:
        with one_thread_each(con) as threads:
            small = beside.submit(_fill_small_tables, con, plan)
            began = time.perf_counter()
            writers = min(threads, MOST_WRITERS)
            _insert_transactions(con, plan, chunk_rows, writers, progress, folder)
            filled |= small.result()
            if folder is not None:
                _read_transactions_from(con, folder)
        con.execute("reset preserve_insertion_order")
        schemes = beside.submit(_fill, con, contract.SCHEMES, partial(_insert_schemes, plan=plan))
        name = contract.TRANSACTIONS.name
        filled[name] = _Filled(_print(con, contract.TRANSACTIONS), time.perf_counter() - began)
        filled[contract.SCHEMES.name] = schemes.result()
    for table in contract.TABLES[:-1]:
        if table not in _EMPTY:
            report(table.name, filled[table.name].rows, filled[table.name].seconds)
    began = time.perf_counter()
    _insert_run(con, plan.config, filled)
    if folder is not None:
        _export_small_tables(con, folder)
    report(contract.GENERATION_RUN.name, 1, time.perf_counter() - began)


class _Filled(NamedTuple):
    fingerprint: str
    seconds: float

    @property
    def rows(self) -> int:
        return int(self.fingerprint.split(":")[0])


def _fill(
    con: duckdb.DuckDBPyConnection,
    table: contract.Table,
    insert: Callable[[duckdb.DuckDBPyConnection], None],
) -> _Filled:
    """Insert into a table, on a connection of its own, and take its fingerprint."""
    began = time.perf_counter()
    with con.cursor() as own:
        insert(own)
        return _Filled(_print(own, table), time.perf_counter() - began)


def _print(con: duckdb.DuckDBPyConnection, table: contract.Table) -> str:
    return fingerprint(con, contract.SCHEMA, table.name)


def _fill_small_tables(con: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, _Filled]:
    """Fill all tables that do not depend on the transactions."""
    others = (contract.TRANSACTIONS, contract.SCHEMES, contract.GENERATION_RUN)
    return {
        table.name: _fill(con, table, partial(_insert_entities, plan=plan, table=table))
        for table in contract.TABLES
        if table not in others
    }


def _insert(
    con: duckdb.DuckDBPyConnection, table: str, frame: Mapping[str, Any], select: list[str]
) -> None:
    columns = ", ".join(select)
    _take_in(con, frame, f"insert into {contract.SCHEMA}.{table} select {columns} from incoming")


def _take_in(con: duckdb.DuckDBPyConnection, frame: Mapping[str, Any], statement: str) -> None:
    """Run a statement that reads columns as the table `incoming`."""
    con.register("incoming", pd.DataFrame(dict(frame), copy=False))
    try:
        con.execute(statement)
    finally:
        con.unregister("incoming")


def _part(folder: Path, table: contract.Table, number: int = 0) -> str:
    """Return the path of a table's part as a SQL literal."""
    return literal(str(folder / table.name / f"part-{number:05}.parquet"))


def _read_transactions_from(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Replace `raw.transactions` with a view of the Parquet parts."""
    name = f"{contract.SCHEMA}.{contract.TRANSACTIONS.name}"
    parts = literal(str(folder / contract.TRANSACTIONS.name / "*.parquet"))
    con.execute(f"drop table {name}")
    con.execute(f"create view {name} as from read_parquet({parts})")


def _export_small_tables(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write all tables but the transactions, in the order in which their rows were inserted."""
    with one_thread_each(con):
        for table in contract.TABLES:
            if table is not contract.TRANSACTIONS:
                # JSON is text to most readers of Parquet.
                texts = [quoted(column.name) for column in table.columns if column.type == "json"]
                replaced = ", ".join(f"{name}::varchar as {name}" for name in texts)
                columns = f"* replace ({replaced})" if texts else "*"
                query = f"select {columns} from {contract.SCHEMA}.{table.name}"
                con.execute(f"copy ({query}) to {_part(folder, table)} ({_PARQUET})")


def _categories(codes: NDArray[np.integer], names: tuple[str, ...]) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(codes, categories=pd.Index(names))


_MONEY = "(cents / 100)::decimal(18, 2)"


def _insert_entities(con: duckdb.DuckDBPyConnection, plan: Plan, table: contract.Table) -> None:
    """Fill one of the tables of customers, accounts, devices and beneficiaries."""
    people, name = plan.population, table.name
    if name in ("customers", "devices", "beneficiaries"):
        columns: dict[str, Any] = {}
        drawn: dict[str, NDArray[np.integer]] = getattr(people, name)
        figures = getattr(plan.config, name)
        for column, codes in drawn.items():
            figure = getattr(figures, column)
            is_category = isinstance(figure, Distribution)
            columns[column] = _categories(codes, figure.names) if is_category else codes
        columns["number"] = np.arange(len(next(iter(drawn.values()))))
        _insert(con, name, columns, [f"'{name[0].upper()}' || number", *table.column_names()[1:]])
    elif name == "accounts":
        columns = {
            "number": np.arange(people.size),
            "owner": people.owner,
            "cents": people.balance_cents,
            "days": people.open_days,
        }
        _insert(con, name, columns, ["'A' || number", "'C' || owner", _MONEY, "days"])
    elif name == "account_devices":
        columns = {"number": np.arange(people.size), "device": people.home_device}
        _insert(con, name, columns, ["'A' || number", "'D' || device"])
    elif name == "account_beneficiaries":
        account, place = np.nonzero(people.known != NONE)
        columns = {"number": account, "beneficiary": people.known[account, place]}
        _insert(con, name, columns, ["'A' || number", "'B' || beneficiary"])
    elif table not in _EMPTY:
        chosen = people.dormant if name == "dormant_accounts" else people.inactive
        # In ascending order: the order of the draws would reveal what the accounts will do.
        _insert(con, name, {"number": np.sort(chosen)}, ["'A' || number"])


def _insert_transactions(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    chunk_rows: int,
    writers: int,
    progress: Callable[[int, int], None],
    folder: Path | None,
) -> None:
    """Insert the chunks in parallel, each on its own connection; or write each as a part."""
    start = f"timestamp '{plan.clock.start} 00:00:00'"
    moment = "make_timestamp(epoch_us({start}) + {column}::bigint * 1000000)"
    values = [
        "'T' || number",
        "'C' || customer",
        "'A' || account",
        "'A' || nullif(receiver, -1)",
        "'B' || nullif(beneficiary, -1)",
        "'D' || device",
        moment.format(start=start, column="second"),
        _MONEY,
        "channel",
        "debit_credit",
        "transaction_type",
        "cash_flag",
        "'F' || nullif(flow, -1)",
        "nullif(depth, -1)",
        "nullif(hop, -1)",
        moment.format(start=start, column="nullif(origin, -1)"),
        "fraud_type",
        "label",
        "'S' || nullif(scheme, -1)",
        "role",
    ]
    table = contract.TRANSACTIONS
    columns = ", ".join(
        f"({value})::{column.type} as {quoted(column.name)}"
        for value, column in zip(values, table.columns, strict=True)
    )

    def statement(number: int) -> str:
        query = f"select {columns} from incoming"
        if folder is None:
            return f"insert into {contract.SCHEMA}.{table.name} {query}"
        return f"copy ({query}) to {_part(folder, table, number)} ({_PARQUET})"

    under_way: deque[Future[int]] = deque()
    done = 0
    chunks = _ahead(_text_columns(plan, chunk) for chunk in rechunk(generate(plan), chunk_rows))
    with ThreadPoolExecutor(max_workers=writers) as pool:
        for number, chunk in enumerate(chunks):
            under_way.append(pool.submit(_write_chunk, con, chunk, statement(number)))
            if len(under_way) > writers:
                done += under_way.popleft().result()
                progress(done, plan.rows)
        for written in under_way:
            done += written.result()
            progress(done, plan.rows)


def _write_chunk(con: duckdb.DuckDBPyConnection, columns: dict[str, Any], statement: str) -> int:
    """Write a chunk of transactions on a connection of its own; return its rows."""
    with con.cursor() as own:
        _take_in(own, columns, statement)
    return len(columns["number"])


_SCHEMES = """
    insert into raw.schemes
    with sums as (
        select
            scheme_id,
            min("timestamp") as start_at,
            max("timestamp") as end_at,
            count(*)::integer as transactions,
            sum(amount)::decimal(18, 2) as amount
        from raw.transactions
        where scheme_id is not null
        group by scheme_id
    ),

    parties as (
        select scheme_id, count(distinct account_id)::integer as accounts
        from (
            select scheme_id, sender_account_id as account_id from raw.transactions
            where scheme_id is not null
            union all
            select scheme_id, receiver_account_id from raw.transactions
            where scheme_id is not null and receiver_account_id is not null
        )
        group by scheme_id
    )

    select
        scheme_id, fraud_type, start_at, end_at, accounts, transactions, amount, skipped, slow
    from (select 'S' || number as scheme_id, * from traits)
    join sums using (scheme_id)
    join parties using (scheme_id)
    order by number
"""


def _insert_schemes(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Fill `schemes` with sums of the written rows and with traits that only the plan knows."""
    con.execute(
        "create temporary table traits"
        " (number integer, fraud_type varchar, skipped varchar, slow tinyint)"
    )
    for block in plan.blocks:
        traits = scheme_traits(plan, block)
        columns = {
            "number": traits["number"],
            "fraud_type": _categories(traits["fraud"], plan.fraud_types),
            "skipped": _categories(traits["skipped"], plan.signals),
            "slow": traits["slow"],
        }
        _take_in(con, columns, "insert into traits from incoming")
    con.execute(_SCHEMES)
    con.execute("drop table traits")


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield `items` in order, and make the next one while the caller works on one."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = worker.submit(next, items, None)
            yield item


def _text_columns(plan: Plan, chunk: Numbered) -> dict[str, Any]:
    """Return the columns of the insert: numbers, and categories as codes with names."""
    rows = chunk.rows
    columns: dict[str, Any] = {
        "number": chunk.number,
        "customer": plan.population.owner[rows.account],
        "account": rows.account,
        "receiver": rows.receiver,
        "beneficiary": rows.beneficiary,
        "device": rows.device,
        "second": rows.second,
        "cents": rows.cents,
        "cash_flag": _CASH_FLAG[rows.kind],
        "flow": rows.flow,
        "depth": rows.depth,
        "hop": rows.hop,
        "origin": rows.origin,
        "fraud_type": _categories(rows.fraud, plan.fraud_types),
        "label": (rows.fraud > 0).astype(np.int8),
        "scheme": rows.scheme,
        "role": _categories(rows.role, ROLES),
    }
    for name, (codes, names) in _KIND_COLUMNS.items():
        columns[name] = _categories(codes[rows.kind], names)
    return columns


def _kind_column(name: str) -> tuple[NDArray[np.int8], tuple[str, ...]]:
    """Return a text column of `KINDS` as each kind's code and the names of the codes."""
    texts = [getattr(kind, name) for kind in KINDS]
    names = tuple(dict.fromkeys(texts))
    return np.array([names.index(text) for text in texts], dtype=np.int8), names


_KIND_COLUMNS = {
    name: _kind_column(name) for name in ("channel", "debit_credit", "transaction_type")
}
_CASH_FLAG = np.array([kind.cash_flag for kind in KINDS], dtype=np.int8)


def rechunk(blocks: Iterator[Numbered], rows: int) -> Iterator[Numbered]:
    """Yield the same rows in the same order, in pieces of `rows` (the last one smaller)."""
    held: list[Numbered] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block.rows)
        if size < rows:
            continue
        whole = _join(held)
        at = 0
        while size - at >= rows:
            yield _slice(whole, at, at + rows)
            at += rows
        held, size = [_slice(whole, at, size)], size - at
    if size:
        yield _join(held)


def _join(parts: list[Numbered]) -> Numbered:
    if len(parts) == 1:
        return parts[0]
    numbers = np.concatenate([part.number for part in parts])
    return Numbered(numbers, concatenate(part.rows for part in parts))


def _slice(whole: Numbered, start: int, end: int) -> Numbered:
    return Numbered(whole.number[start:end], whole.rows.take(slice(start, end)))


def _insert_run(con: duckdb.DuckDBPyConnection, config: Config, filled: dict[str, _Filled]) -> None:
    order = [table.name for table in contract.TABLES[:-1] if table not in contract.INPUTS]
    values = [
        config.seed,
        config.scale,
        config.fraud_rate,
        config.start,
        config.end,
        "second",
        json.dumps(config.as_json()),
        __version__,
        np.__version__,
        json.dumps({name: filled[name].rows for name in order}),
        json.dumps({name: filled[name].fingerprint for name in order}),
    ]
    marks = ", ".join("?" * len(values))
    con.execute(f"insert into {contract.SCHEMA}.generation_run values ({marks})", values)
