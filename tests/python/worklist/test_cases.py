"""Cases, queue, decisions and snoozes, against the same computed row by row in Python."""

import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT, Warehouse
from smartsentry import inputs

WEEK = dt.timedelta(days=7)
BUDGET = 20
FOLLOW = ("build", "--exclude-resource-type", "unit_test", "--select")
WORK = ("stg_dispositions+", "stg_snoozes+", "column_catalogue")


def rows_of(warehouse: Warehouse, query: str) -> list[dict]:
    with warehouse.connect() as con:
        result = con.execute(query)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def expected_cases(warehouse: Warehouse) -> dict[str, list[dict]]:
    """The qualifying rows of each case, in order: one walk over each customer's rows."""
    lines = {r["month"]: r["case_line"] for r in rows_of(warehouse, "from case_lines")}
    rows = rows_of(
        warehouse,
        "select transaction_no, transaction_id, customer_id, sender_account_id, timestamp, amount,"
        " debit_credit, receiver_account_id, beneficiary_id, priority_score, rule_risk_score,"
        " label, scheme_id from transactions order by customer_id, timestamp, transaction_no",
    )
    cases: dict[str, list[dict]] = {}
    last: dict = {}
    for row in rows:
        if row["priority_score"] <= lines[row["timestamp"].date().replace(day=1)]:
            continue
        same = last and last["customer_id"] == row["customer_id"]
        if not same or row["timestamp"] - last["timestamp"] > WEEK:
            name = f"K{row['transaction_no']}"
            cases[name] = []
        cases[name].append(row)
        last = row
    return cases


def priority(rows: list[dict]) -> int:
    return max(row["priority_score"] for row in rows) + 10 * min(len(rows) - 1, 5)


@pytest.fixture(scope="module")
def expected(small_warehouse: Warehouse) -> dict[str, list[dict]]:
    cases = expected_cases(small_warehouse)
    assert len(cases) > 20 and max(map(len, cases.values())) > 6
    return cases


def test_the_cases_are_those_of_a_walk_over_the_rows(
    small_warehouse: Warehouse, expected: dict[str, list[dict]]
) -> None:
    found = {row["case_id"]: row for row in rows_of(small_warehouse, "from cases")}
    assert found.keys() == expected.keys()
    hits = defaultdict(list)
    for row in rows_of(
        small_warehouse,
        "select transaction_no, rule_name, customer_id, timestamp, severity from alerts"
        " inner join transactions using (transaction_id, customer_id, timestamp)",
    ):
        hits[row["customer_id"]].append(row)
    for name, rows in expected.items():
        case, first, last = found[name], rows[0], rows[-1]
        assert (case["opened_at"], case["last_qualifying_at"]) == (
            first["timestamp"],
            last["timestamp"],
        )
        assert case["qualifying_transactions"] == len(rows)
        for column, side in (("amount_in", "credit"), ("amount_out", "debit")):
            assert case[column] == sum(r["amount"] for r in rows if r["debit_credit"] == side)
        assert case["priority"] == priority(rows)
        assert case["accounts"] == len({r["sender_account_id"] for r in rows})
        others = {r["receiver_account_id"] for r in rows if r["receiver_account_id"] is not None}
        own = {r["sender_account_id"] for r in rows if r["receiver_account_id"] is not None}
        if not own & others:
            payees = {r["beneficiary_id"] for r in rows if r["beneficiary_id"] is not None}
            assert case["counterparties"] == len(others) + len(payees)
        alerts = [
            hit
            for hit in hits[first["customer_id"]]
            if first["timestamp"] <= hit["timestamp"] <= last["timestamp"]
        ]
        assert case["alerts"] == len(alerts)
        assert case["distinct_rules"] == len({hit["rule_name"] for hit in alerts})
        assert case["worst_severity"] == max((hit["severity"] for hit in alerts), default=0)
        strongest = max(rows, key=lambda r: (r["priority_score"], -r["timestamp"].timestamp()))
        assert strongest["transaction_id"] in case["main_reasons"] or any(
            r["priority_score"] == strongest["priority_score"]
            and r["timestamp"] == strongest["timestamp"]
            and r["transaction_id"] in case["main_reasons"]
            for r in rows
        )


def test_without_decisions_and_snoozes_the_queue_holds_every_case(
    small_warehouse: Warehouse, expected: dict[str, list[dict]]
) -> None:
    names = sorted(expected, key=lambda k: (-priority(expected[k]), expected[k][0]["timestamp"], k))
    queue = rows_of(small_warehouse, "from case_queue order by queue_position")
    assert [row["case_id"] for row in queue] == names
    assert [row["queue_position"] for row in queue] == list(range(1, len(names) + 1))


def test_the_daily_review_is_that_of_a_team_that_works_day_by_day(
    small_warehouse: Warehouse, expected: dict[str, list[dict]]
) -> None:
    schemes = {
        row["transaction_no"]: row["scheme_id"]
        for row in rows_of(small_warehouse, "from scheme_transactions")
    }
    days = sorted({row["day"] for row in rows_of(small_warehouse, "select day from case_budget")})
    orders: dict[str, Callable] = {
        "priority": lambda name, rows, day: -priority(rows),
        "rule_risk_score": lambda name, rows, day: -max(r["rule_risk_score"] for r in rows),
        "chance": lambda name, rows, day: hashlib.md5(f"{name} {day}".encode()).hexdigest(),
    }
    found = {(r["review_order"], r["day"]): r for r in rows_of(small_warehouse, "from case_budget")}
    assert len(found) == 3 * len(days) and len(days) > 100
    for order, key in orders.items():
        known: set[str] = set()
        before: dict[str, int] = {}
        for day in days:
            queue = []
            for name, rows in expected.items():
                until = [row for row in rows if row["timestamp"].date() <= day]
                if not until or until[-1]["timestamp"].date() != day:
                    continue
                if priority(until) > before.get(name, -1):
                    queue.append((key(name, until, day), until[0]["timestamp"], name, until))
                before[name] = max(before.get(name, -1), priority(until))
            reviewed = [until for *_, until in sorted(queue, key=lambda one: one[:3])[:BUDGET]]
            shown = {schemes[r["transaction_no"]] for u in reviewed for r in u if r["label"] == 1}
            fraudulent = sum(any(r["label"] == 1 for r in until) for until in reviewed)
            row = found[order, day]
            assert (row["queued_cases"], row["reviewed_cases"]) == (len(queue), len(reviewed))
            if reviewed:
                assert (row["fraudulent_cases"], row["schemes_found"]) == (
                    fraudulent,
                    len(shown - known),
                )
                assert float(row["precision"]) == round(fraudulent / len(reviewed), 4)
            else:
                assert (row["fraudulent_cases"], row["precision"]) == (None, None)
            known |= shown
    assert known


# ── Decisions and snoozes ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def worked(small_warehouse: Warehouse, expected: dict, tmp_path_factory) -> Warehouse:
    """A copy on which a team decided on half of the cases and snoozed some customers."""
    copy = small_warehouse.copy(tmp_path_factory.mktemp("worked"))
    decide(copy, decisions_on(expected))
    ran = copy.dbt(*FOLLOW, *WORK)
    assert ran.returncode == 0, ran.stdout
    return copy


def decisions_on(cases: dict[str, list[dict]]) -> list[tuple[str, dt.datetime, str]]:
    made = []
    for place, (name, rows) in enumerate(sorted(cases.items())):
        first, last = rows[0]["timestamp"], rows[-1]["timestamp"]
        second = dt.timedelta(seconds=1)
        match place % 6:
            case 0:
                made += [(name, last, "confirmed")]
            case 1:
                made += [(name, last, "cleared"), (name, last + second, "reopened")]
            case 2:
                made += [(name, last + second, "escalated"), (name, first, "confirmed")]
            case 3:
                made += [(name, first - second, "cleared")]
    return made


def decide(warehouse: Warehouse, decisions: list[tuple[str, dt.datetime, str]]) -> None:
    """Keep decisions and snoozes as a build does, from the bytes of the files."""
    lines = [",".join(inputs.DISPOSITIONS.header)]
    lines += [f"{name},{at},{decision},Jane," for name, at, decision in decisions]
    [(customer,)] = [
        tuple(row.values())
        for row in rows_of(warehouse, "select customer_id from case_queue where queue_position = 1")
    ]
    snoozes = [",".join(inputs.SNOOZES.header), f"*,{customer},2025-09-01,2025-12-31,Jane,known"]
    with warehouse.connect(read_only=False) as con:
        inputs.keep(
            con,
            [
                inputs.checked(one, Path(one.file_name), "\n".join(text).encode())
                for one, text in zip(inputs.INPUTS, (lines, snoozes), strict=True)
            ],
        )


def test_the_last_decision_says_the_status_of_what_happened_until_then(
    worked: Warehouse, expected: dict[str, list[dict]]
) -> None:
    found = {row["case_id"]: row for row in rows_of(worked, "from cases")}
    last: dict[str, tuple[dt.datetime, str]] = {}
    for name, at, decision in decisions_on(expected):
        if name not in last or at >= last[name][0]:
            last[name] = (at, decision)
    statuses = set()
    # What was decided teaches later months, so their cases are not all the same as before.
    for name, rows in expected_cases(worked).items():
        at, decision = last.get(name, (None, None))
        holds = at is not None and rows[-1]["timestamp"] <= at and decision != "reopened"
        assert found[name]["status"] == (decision if holds else "open"), name
        assert (found[name]["decided_at"], found[name]["decision"]) == (at, decision)
        statuses.add(found[name]["status"])
    assert statuses == {"open", "confirmed", "escalated"}
    queue = {row["case_id"] for row in rows_of(worked, "from case_queue")}
    assert queue == {
        name
        for name, row in found.items()
        if row["status"] in ("open", "escalated") and not row["is_snoozed"]
    }


def test_a_snooze_hides_and_deletes_nothing(small_warehouse: Warehouse, worked: Warehouse) -> None:
    [(customer,)] = [
        tuple(row.values()) for row in rows_of(worked, "select customer_id from snooze_cost")
    ]
    [cost] = rows_of(worked, "from snooze_cost")
    counts = "select count(*) as alerts, sum(is_snoozed) as snoozed from alerts"
    [before], [after] = rows_of(small_warehouse, counts), rows_of(worked, counts)
    assert before["alerts"] == after["alerts"] and before["snoozed"] == 0
    [own] = rows_of(
        worked,
        f"select count(*) as alerts, count(distinct transaction_id) as transactions from alerts"
        f" where customer_id = '{customer}'",
    )
    assert after["snoozed"] == cost["hidden_alerts"] == own["alerts"] > 0
    assert cost["hidden_transactions"] == own["transactions"]
    frauds = f"from transactions where customer_id = '{customer}' and label = 1"
    [fraud] = rows_of(
        worked,
        f"select count(*) as n {frauds} and rule_trigger_count + network_trigger_count > 0",
    )
    assert cost["fraudulent_transactions"] == fraud["n"]
    snoozed = {r["case_id"] for r in rows_of(worked, "from cases where is_snoozed = 1")}
    own_cases = {
        r["case_id"] for r in rows_of(worked, f"from cases where customer_id = '{customer}'")
    }
    assert snoozed == own_cases and cost["hidden_cases"] == len(snoozed) > 0


def test_what_nobody_reviewed_is_never_counted_as_cleared(
    worked: Warehouse, expected: dict[str, list[dict]]
) -> None:
    """One in six is confirmed at its end; whatever was cleared was reopened, or began later."""
    confirmed = sum(decision == "confirmed" for *_, decision in decisions_on(expected))
    rules = rows_of(worked, "from rule_dispositions")
    assert 0 < max(row["confirmed"] for row in rules) <= confirmed
    assert {row["cleared"] for row in rules} == {0}
    for row in rules:
        assert row["reviewed"] == row["confirmed"] + row["cleared"] <= row["cases"]


def known_at(warehouse: Warehouse, moment: str) -> list[dict]:
    return rows_of(
        warehouse,
        "select transaction_no, is_fraud from known_outcomes"
        f" where known_at < timestamp '{moment}'"
        f" and coalesce(known_until >= timestamp '{moment}', true) order by all",
    )


DAYS = ("2025-10-01", "2025-11-01", "2025-12-15")


def test_a_later_decision_changes_nothing_that_was_known_before(
    small_warehouse: Warehouse, worked: Warehouse, expected: dict, tmp_path: Path
) -> None:
    copy = worked.copy(tmp_path)
    for day in DAYS:
        earlier = [one for one in decisions_on(expected) if str(one[1]) < day]
        decide(copy, earlier)
        ran = copy.dbt("run", "--select", "decided_transactions")
        assert ran.returncode == 0, ran.stdout
        until_then = known_at(copy, f"{day} 00:00:00")
        assert until_then == known_at(worked, f"{day} 00:00:00")
        assert len({row["transaction_no"] for row in until_then}) == len(until_then) > 1000
    assert known_at(worked, "2199-01-01") != known_at(small_warehouse, "2199-01-01")


def test_a_file_from_before_there_were_decisions_gets_empty_tables(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute("drop view staging.stg_dispositions; drop table raw.dispositions")
        con.execute("drop view staging.stg_snoozes; drop table raw.snoozes")
    ran = copy.dbt(*FOLLOW, *WORK)
    assert ran.returncode == 0, ran.stdout
    assert rows_of(copy, "from raw.dispositions") == rows_of(copy, "from raw.snoozes") == []
    assert rows_of(copy, "from case_queue") == rows_of(small_warehouse, "from case_queue")


def test_a_build_refuses_a_bad_file_before_it_does_anything(tmp_path: Path) -> None:
    folder = tmp_path / "inputs"
    folder.mkdir()
    (folder / "snoozes.csv").write_text(
        "rule_name,customer_id,from,until,owner,reason\n*,C1,2025-12-01,,Jane,known\n"
    )
    environment = os.environ | {
        inputs.VARIABLE: str(folder),
        "SMARTSENTRY_DB": str(tmp_path / "a.duckdb"),
    }
    for program in ("build", "spark"):
        ran = subprocess.run(
            [sys.executable, "-m", "smartsentry.cli", program, "--scale", "0.01"],
            cwd=ROOT,
            env=environment | {"SMARTSENTRY_SPARK": str(tmp_path / "spark")},
            capture_output=True,
            text=True,
        )
        if program == "spark" and "is not installed" in ran.stderr:
            continue
        assert ran.returncode == 2, ran.stderr
        assert ran.stderr == (
            f"Error: {folder / 'snoozes.csv'}, line 2: until is empty; it must be given.\n"
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inputs"]
