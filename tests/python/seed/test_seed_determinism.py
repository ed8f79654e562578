"""Equal seed and figures give equal content, whatever else differs."""

from __future__ import annotations

import json
import re

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raw_layer.fingerprint import fingerprint, replaced
from seed_gen import cli
from seed_gen.blocks.generate import generate
from seed_gen.blocks.plan import Plan, apportion, draw_distinct
from seed_gen.config import load_config
from seed_gen.draws.randomness import Permutation, Streams, draw_index, weighted_table
from seed_gen.figures.fields import Distribution
from seed_gen.writer import rechunk
from seed_helpers import ROOT, frame, seed_gen, seeded, value

# Content of scale 0.02, seed 42, everything else by default. A change of these is a change of the
# data that everyone gets: make it on purpose and write it into docs/generator.md.
LOADED = ("landed_rows", "rejected_rows", "load_receipt", "superseded_rows")
EMPTY = dict.fromkeys(LOADED, "0:0")
GOLDEN = {
    "customers": "400:c784b229a84e0d9273",
    "accounts": "500:104805c8e74d6180aa4",
    "devices": "360:b68e010ca916c88234",
    "beneficiaries": "600:127360c1c149e50a30a",
    "account_devices": "500:f7008ecc7fec79e654",
    "account_beneficiaries": "1710:358bc07944c1ffd4f03",
    "dormant_accounts": "25:d6e0e90d88b5cfc20",
    "inactive_accounts": "25:c38d08b5a3404d53b",
    "transactions": "26291:336d1c74e07871985547",
    "schemes": "232:77f525cc4e687263be",
    **EMPTY,
}


def prints(path):
    with duckdb.connect(str(path), read_only=True) as con:
        sql = "select fingerprints::varchar from raw.generation_run"
        return json.loads(con.execute(sql).fetchall()[0][0])


def seed(path, chunk_rows=500_000, threads=None, **options):
    cli.run(load_config(None, options), path, chunk_rows=chunk_rows, threads=threads)
    return prints(path)


def test_golden_fingerprints():
    assert prints(seeded(scale="0.02")) == GOLDEN


def test_the_docs_say_which_change_the_golden_fingerprints_are_of():
    text = (ROOT / "docs/generator.md").read_text()
    [table] = re.findall(r"\| what changed the data \|.*?\n((?:\|.*\n)+)", text)
    last = table.splitlines()[-1]
    assert GOLDEN["transactions"] in last
    assert GOLDEN["schemes"] in last


@pytest.mark.parametrize(("chunk_rows", "threads"), [(7_777, 1), (50_000, 4), (10**9, 2)])
def test_chunks_and_threads_change_nothing(tmp_path, chunk_rows, threads):
    # Two blocks of accounts, ties in time present.
    usual = prints(seeded(scale="0.2"))
    found = seed(tmp_path / "a.duckdb", chunk_rows=chunk_rows, threads=threads, scale="0.2")
    assert found == usual


def test_a_second_process_another_time_zone_and_hash_seed_change_nothing(tmp_path):
    out = str(tmp_path / "a.duckdb")
    surroundings = {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    done = seed_gen("--scale", "0.02", "--out", out, "--quiet", **surroundings)
    assert done.returncode == 0
    assert prints(out) == prints(seeded(scale="0.02"))


def test_another_seed_gives_other_data(tmp_path):
    usual, other = prints(seeded(scale="0.02")), prints(seeded(scale="0.02", seed="43"))
    assert all(usual[table] != other[table] for table in usual if table not in EMPTY)


# Means over the rows; what a row adds, as SQL over raw.transactions.
STATISTICS = {
    "by mobile": "(channel = 'mobile')::int",
    "by web": "(channel = 'web')::int",
    "cash": "cash_flag",
    "debits": "(debit_credit = 'debit')::int",
    "log of the amount": "ln(amount::double)",
    "square of it": "ln(amount::double) ** 2",
    "round amounts": "(amount % 1000 = 0)::int",
    "at night": '(hour("timestamp") < 6)::int',
    "on the first ten days": '(day("timestamp") <= 10)::int',
    "on a Sunday": '(isodow("timestamp") = 7)::int',
    "external": "(beneficiary_id is not null)::int",
    "salaries": "(transaction_type = 'salary_credit')::int",
    "crimes": "label",
    "takeovers": "(fraud_type = 'ATO')::int",
}


def statistics(seed_number):
    """Return mean and standard error of each statistic; rows of one account are no sample alone."""
    sums = ", ".join(f'sum({sql})::double as "{name}"' for name, sql in STATISTICS.items())
    accounts = frame(
        f"select count(*) as rows, {sums} from raw.transactions group by sender_account_id",
        scale="0.3",
        seed=seed_number,
    )
    rows = accounts.pop("rows")
    # The few large businesses are a sixth of the rows and are drawn anew with every seed.
    accounts, rows = accounts[rows < 1_000], rows[rows < 1_000]
    mean = accounts.sum() / rows.sum()
    rest = accounts - np.outer(rows, mean)
    return mean, np.sqrt((rest**2).sum()) / rows.sum()


def test_two_seeds_give_the_same_statistics_within_sampling_error():
    one, error = statistics("42")
    two, other_error = statistics("7")
    off = (one - two).abs() / np.hypot(error, other_error)
    assert off.max() < 4, off.sort_values()
    # The test is sharp enough: a tenth of a statistic more would show in most of them.
    sharp = 0.1 * one.abs() / np.hypot(error, other_error)
    assert (sharp > 4).mean() > 0.6, sharp.sort_values()


def test_a_fraud_rate_does_not_touch_the_entities():
    usual, other = prints(seeded()), prints(seeded(fraud_rate="0.01"))
    changed = {table for table in usual if usual[table] != other[table]}
    assert changed == {"transactions", "schemes"}


def test_ids_are_a_permutation_of_the_rows():
    rows, low, high = frame(
        "select count(*), min(n), max(n) from "
        "(select distinct substr(transaction_id, 2)::bigint as n from raw.transactions)"
    ).iloc[0]
    assert (low, high) == (0, rows - 1)
    assert rows == value("select count(*) from raw.transactions")


@given(size=st.integers(1, 5_000), seed_number=st.integers(0, 2**63 - 1))
def test_permutations_hit_every_number_once(size, seed_number):
    permutation = Permutation(size, Streams(seed_number).get("test"))
    found = permutation(np.arange(size))
    assert sorted(found.tolist()) == list(range(size))
    # Any part can be had alone, in any order.
    part = np.arange(size)[::-3]
    assert (permutation(part) == found[part]).all()


def test_a_permutation_scatters_neighbours():
    found = Permutation(100_000, Streams(1).get("test"))(np.arange(100_000))
    assert abs(np.corrcoef(np.arange(100_000), found)[0, 1]) < 0.02
    assert (np.abs(np.diff(found)) < 100).mean() < 0.01


def test_streams_are_independent_of_each_other_and_start_over():
    streams = Streams(42)
    assert (streams.get("a").random(9) == streams.get("a").random(9)).all()
    for name, block in (("b", 0), ("a", 1)):
        assert (streams.get("a").random(9) != streams.get(name, block).random(9)).all()
    assert (Streams(43).get("a").random(9) != streams.get("a").random(9)).all()


@given(weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(lambda w: sum(w) > 1e-3))
def test_weighted_tables_meet_their_weights(weights):
    table = weighted_table(weights)
    assert len(table) == 65_536
    counts = np.bincount(table, minlength=len(weights))
    expected = np.array(weights) / sum(weights) * 65_536
    assert np.abs(counts - expected).max() <= 1.0


def test_draw_index_never_draws_what_has_no_probability():
    drawn = draw_index(Streams(3).get("x"), [0.0, 0.5, 0.0, 0.5, 0.0], 10_000)
    assert set(drawn.tolist()) == {1, 3}


@given(total=st.integers(0, 10**6), sizes=st.lists(st.integers(0, 5_000), min_size=1, max_size=20))
def test_apportion_adds_up_and_keeps_to_the_shares(total, sizes):
    parts = apportion(total, sizes)
    whole = sum(sizes)
    assert sum(parts) == (total if whole else 0)
    for part, size in zip(parts, sizes, strict=True):
        assert not whole or abs(part - total * size / whole) < 1 + 1e-9


@given(
    weights=st.lists(st.integers(1, 50), min_size=10, max_size=60),
    rows=st.integers(0, 50),
    seed_number=st.integers(0, 1_000),
)
def test_those_drawn_for_one_scheme_are_all_different(weights, rows, seed_number):
    drawn = draw_distinct(Streams(seed_number).get("x"), np.array(weights), rows, 8)
    assert drawn.shape == (rows, 8)
    assert all(len(set(row)) == 8 and max(row) < len(weights) for row in drawn.tolist())


@pytest.mark.parametrize("size", [999, 5_000, 10**9])
def test_rechunking_keeps_rows_and_order(size):
    made = Plan(load_config(None, {"scale": "0.02"}))
    [whole] = list(rechunk(generate(made), 10**9))
    parts = list(rechunk(generate(made), size))
    assert all(len(part.rows) == size for part in parts[:-1])
    assert (np.concatenate([part.number for part in parts]) == whole.number).all()
    cents = np.concatenate([part.rows.cents for part in parts])
    assert (cents == whole.rows.cents).all()


def test_fingerprints_see_every_change_and_no_order():
    con = duckdb.connect()
    con.execute("create schema s")
    con.execute("create table s.a as select range as i, 'x' as t, null::int as n from range(9)")
    con.execute("create table s.b as select range as i, 'x' as t, null::int as n from range(9) ")
    con.execute("create table s.c as select * from s.a order by i desc")
    con.execute("create table s.d as select * replace (nullif(i, 3) as i) from s.a")
    con.execute("create table s.e as select * from s.a union all select * from s.a")
    a, b, c, d, e = (fingerprint(con, "s", table) for table in "abcde")
    assert a == b == c
    assert len({a, d, e}) == 3
    with pytest.raises(ValueError, match=r"no table s\.x"):
        fingerprint(con, "s", "x")


@pytest.mark.parametrize("columns", [2, 20])
def test_the_fingerprint_of_a_table_follows_from_that_of_replaced_rows(columns: int) -> None:
    con = duckdb.connect()
    names = ", ".join(f"(hash(i + {c}) % 1000)::int as c{c}" for c in range(columns))
    con.execute(f"create table t as select i, {names} from range(100) as t(i)")

    def of(where: str = "true") -> str:
        return fingerprint(con, "main", "t", numbers_as_one=True, where=where)

    whole, old = of(), of("i >= 90")
    con.execute("delete from t where i >= 95")
    con.execute("update t set c0 = 7 where i = 92")
    con.execute(f"insert into t select i, {names} from range(200, 300) as t(i)")
    assert replaced(whole, old, of("i >= 90")) == of() != whole
    assert of().startswith("195:+" if columns > 8 else "195:")


def test_numbers_as_one_see_every_value_type_and_null():
    con = duckdb.connect()
    kinds = {
        "tinyint": ("-128", "127", "0"),
        "smallint": ("-32768", "32767", "0"),
        "integer": ("-2147483648", "2147483647", "0"),
        "bigint": ("-9223372036854775808", "9223372036854775807", "0"),
        "decimal(18,2)": ("-9999999999999999.99", "9999999999999999.99", "9999999999999999.98"),
        "decimal(5,2)": ("-999.99", "999.99", "0"),
        "decimal(38,4)": ("-0.0001", "0.0001", "0"),
        "timestamp": ("2025-01-01", "2025-01-01 00:00:00.000001", "1969-12-31"),
        "date": ("2025-01-01", "2025-01-02", "1969-12-31"),
        "double": ("0.1", "0.2", "inf"),
        "varchar": ("a", "~~", ""),
    }
    columns = ", ".join(f"c{i} {kind}" for i, kind in enumerate(kinds))
    con.execute(f"create table main.t ({columns})")
    firsts = [values[0] for values in kinds.values()]
    seen = []

    def add(rows: list[list]) -> None:
        con.execute("delete from t")
        con.executemany(f"insert into t values ({', '.join('?' * len(kinds))})", rows)
        seen.append(fingerprint(con, "main", "t", numbers_as_one=True))

    add([firsts])
    for i, values in enumerate(kinds.values()):
        for other in (*values[1:], None):
            add([[*firsts[:i], other, *firsts[i + 1 :]]])
    add([[None] * len(kinds)])
    add([firsts, firsts])
    assert len(set(seen)) == len(seen)
    add([firsts, [None] * len(kinds)])
    add([[None] * len(kinds), firsts])
    assert seen[-1] == seen[-2]
    con.execute("alter table t rename c0 to c99")
    assert fingerprint(con, "main", "t", numbers_as_one=True) != seen[-1]
    for null in (False, True):  # 128 columns of each kind at their ends cannot overflow
        for kind, end in (
            ("tinyint", "-128"),
            ("bigint", "-9223372036854775808"),
        ):
            value = "null" if null else end
            many = ", ".join(f"cast({value} as {kind}) as c{i}" for i in range(128))
            con.execute(f"create or replace table main.wide as select {many}")
            fingerprint(con, "main", "wide", numbers_as_one=True)


def test_a_distribution_keeps_the_order_of_its_categories():
    figures = load_config(None, {}).customers.kyc_level
    assert figures == Distribution(("low", "medium", "high"), (0.2, 0.5, 0.3))
