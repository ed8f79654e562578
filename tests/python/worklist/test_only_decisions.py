"""Data without a label: the severities order the work until decisions on cases teach.

The first build knows no outcome. A team then decides on cases of that build, its files are put
where a build finds them, and the same data are built again. What the scorecards should know then is
computed here from the files, the transactions and the alerts.
"""

import csv
import datetime as dt
import html
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ROOT, Warehouse
from smartsentry import inputs
from smartsentry.pages import cases as case_pages
from smartsentry.query.summary import FALLBACK
from test_scorecard import A_SEVERITY, DELAY, FIRST_LINE, groups, points

WEEK = dt.timedelta(days=7)
SECOND = dt.timedelta(seconds=1)
OCTOBER, NOVEMBER, DECEMBER = (dt.date(2025, month, 1) for month in (10, 11, 12))
MONTHS = (dt.date(2025, 9, 1), OCTOBER, NOVEMBER, DECEMBER)
IS_FRAUD = {"confirmed": 1, "cleared": 0}

Decision = tuple[str, dt.datetime, str]  # case, when, what
Rules = frozenset[str]


def too_late_for(month: dt.date) -> dt.datetime:
    """The first moment of a decision that the scorecard of a month does not know."""
    return dt.datetime.combine(month, dt.time()) - DELAY


def rows_of(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect() as con:
        return con.execute(query).fetchall()


def decisions(opened: list[tuple[str, dt.datetime]]) -> list[Decision]:
    """What a team decides on cases of the first build, which are given with their first moments.

    Nothing is decided in time for October. Of the cases of November every other one is decided in
    the last second that December's scorecard knows, the rest a second later.
    """
    early = [(case, at) for case, at in opened if at.date() < NOVEMBER]
    in_time = too_late_for(DECEMBER) - dt.timedelta(seconds=1)
    later = [case for case, at in opened if at.date() >= NOVEMBER and at < in_time]
    assert len(early) > 12 and len(later) > 8
    made = [
        (
            case,
            max(at + dt.timedelta(days=2), too_late_for(OCTOBER)),
            "cleared" if place % 3 else "confirmed",
        )
        for place, (case, at) in enumerate(early)
    ]
    # One is taken back, one is unknown again, and one is decided anew too late to count.
    made += [
        (early[0][0], dt.datetime(2025, 11, 3, 9), "cleared"),
        (early[3][0], dt.datetime(2025, 11, 3, 9), "reopened"),
        (early[6][0], too_late_for(DECEMBER), "cleared"),
    ]
    made += [
        (
            case,
            too_late_for(DECEMBER) if place % 2 else in_time,
            "cleared" if place % 4 > 1 else "confirmed",
        )
        for place, case in enumerate(later)
    ]
    return made


@dataclass(frozen=True)
class Built:
    """A build, and what it printed."""

    warehouse: Warehouse
    said: str

    @classmethod
    def of(cls, folder: Path, raw: Path, made: list[Decision]) -> "Built":
        """Build as a user does, from loaded data and from the files of a team."""
        files = folder / "inputs"
        files.mkdir(parents=True)
        if made:
            path = files / inputs.DISPOSITIONS.file_name
            with path.open("w", encoding="utf-8", newline="") as file:
                lines = csv.writer(file)
                lines.writerow(inputs.DISPOSITIONS.header)
                lines.writerows((case, at, decision, "Jane", "") for case, at, decision in made)
        warehouse = Warehouse.of(folder)
        ran = subprocess.run(
            [sys.executable, "-m", "smartsentry.cli", "build", "--raw", str(raw)],
            cwd=ROOT,
            env=os.environ | {"SMARTSENTRY_DB": str(warehouse.path), inputs.VARIABLE: str(files)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        read = f"{len(made)} rows of dispositions.csv" if made else "no dispositions.csv"
        assert read in ran.stderr
        return cls(warehouse, ran.stdout)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Transactions as the loader leaves those of a source without labels.

    The scale is the smallest at which a month has more than a few cases.
    """
    data = Warehouse.of(tmp_path_factory.mktemp("raw"))
    seeded = data.seed("--scale", "0.05")
    assert seeded.returncode == 0, seeded.stderr
    with data.connect(read_only=False) as con:
        con.execute("update raw.transactions set label = null, fraud_type = null, scheme_id = null")
        con.execute("delete from raw.schemes")
    return data.path


@pytest.fixture(scope="module")
def first(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The build before anybody has decided."""
    return Built.of(tmp_path_factory.mktemp("first"), raw, [])


@pytest.fixture(scope="module")
def made(first: Built) -> list[Decision]:
    return decisions(
        rows_of(first.warehouse, "select case_id, opened_at from cases order by opened_at, case_id")
    )


@pytest.fixture(scope="module")
def second(raw: Path, made: list[Decision], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The build of the same data after the decisions."""
    return Built.of(tmp_path_factory.mktemp("second"), raw, made)


# ── Before anybody has decided ───────────────────────────────────────────────────────────────


def test_without_outcomes_there_are_cases_and_nothing_is_learnt(first: Built) -> None:
    unlabelled = first.warehouse
    assert rows_of(
        unlabelled,
        "select count(*) > 1000, count(label), count(fraud_type), count(scheme_id)"
        " from raw.transactions",
    ) == [(True, 0, 0, 0)]
    for table in ("raw.schemes", "known_outcomes", "scorecard", "scorecard_performance"):
        assert rows_of(unlabelled, f"select count(*) from {table}") == [(0,)], table
    lines = rows_of(unlabelled, "select month, is_fallback from case_lines order by month")
    assert lines == [(month, 1) for month in MONTHS]
    assert rows_of(unlabelled, "select case_line from case_lines order by month limit 1") == [
        (FIRST_LINE,)
    ]
    ((cases, waiting, months),) = rows_of(
        unlabelled,
        "select count(*), (select count(*) from case_queue), count(distinct opened_at.month())"
        " from cases",
    )
    assert cases == waiting > 40 and months == len(MONTHS)
    assert rows_of(unlabelled, "select count(*) from integrity_checks where not passed") == [(0,)]
    ((judged, reviewed),) = rows_of(
        unlabelled,
        "select count(precision) + count(fraudulent_cases) + count(schemes_found),"
        " sum(reviewed_cases) from case_budget",
    )
    assert judged == 0 < reviewed, "what a review finds is not known, and not nothing"


def test_summary_and_pages_say_what_is_not_known(first: Built) -> None:
    assert FALLBACK in first.said
    assert "fraud rate" not in first.said and "mean score" not in first.said
    with first.warehouse.connect() as con:
        pages = dict(case_pages.pages(con, 1))
    index, case, *_ = map(html.unescape, pages.values())  # and the cases of the last day
    assert case_pages.FALLBACK in index and case_pages.LEARNT not in index
    assert "no scorecard" in case and "nobody has decided yet" in case


# ── After the decisions ──────────────────────────────────────────────────────────────────────


class Bank:
    """The transactions of a build: when, whose, and which rules of each group fired."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.groups = groups()
        self.happened: dict[int, dt.datetime] = {}
        self.of_customer: dict[str, list[int]] = defaultdict(list)
        for number, customer, at in rows_of(
            warehouse, "select transaction_no, customer_id, timestamp from transactions"
        ):
            self.happened[number] = at
            self.of_customer[customer].append(number)
        self.customer = {no: name for name, rows in self.of_customer.items() for no in rows}
        self.rules: dict[int, set[str]] = defaultdict(set)
        for number, rule in rows_of(
            warehouse,
            "select transaction_no, rule_name from alerts inner join transactions"
            " using (transaction_id)",
        ):
            self.rules[number].add(rule)

    def patterns(self, number: int) -> dict[str, Rules]:
        """The rules of each group that fire on a transaction."""
        return {name: self.rules[number].intersection(rules) for name, rules in self.groups.items()}

    def spoken_for(self, case: str, at: dt.datetime) -> list[int]:
        """The opening transaction, and what looks like it until a week later or the decision."""
        opening = int(case.removeprefix("K"))
        first = self.happened[opening]
        return [
            number
            for number in self.of_customer[self.customer[opening]]
            if first <= self.happened[number] <= min(first + WEEK, at)
            and self.rules[opening] <= self.rules[number]
        ]

    def known(self, made: list[Decision], month: dt.date) -> dict[int, int]:
        """What a month's scorecard may know of each transaction: 1 for a fraud."""
        last: dict[int, str] = {}
        for case, at, decision in sorted(made, key=lambda one: one[1]):
            if at < too_late_for(month):
                last |= dict.fromkeys(self.spoken_for(case, at), decision)
        return {no: IS_FRAUD[said] for no, said in last.items() if said in IS_FRAUD}

    def scorecard(self, made: list[Decision], month: dt.date) -> dict[tuple[str, Rules], tuple]:
        """Rows, frauds and points of each group and pattern; none without a fraud and an honest."""
        known = self.known(made, month)
        frauds = sum(known.values())
        if not 0 < frauds < len(known):
            return {}
        seen: Counter = Counter()
        confirmed: Counter = Counter()
        for number, is_fraud in known.items():
            for key in self.patterns(number).items():
                key = (key[0], frozenset(key[1]))
                seen[key] += 1
                confirmed[key] += is_fraud
        return {
            key: (rows, confirmed[key], points(rows, confirmed[key], len(known), frauds))
            for key, rows in seen.items()
        }


@pytest.fixture(scope="module")
def bank(second: Built) -> Bank:
    return Bank(second.warehouse)


def scorecards(warehouse: Warehouse) -> dict[dt.date, dict[tuple[str, Rules], tuple]]:
    found: dict[dt.date, dict] = defaultdict(dict)
    for month, group, fired, *figures in rows_of(
        warehouse,
        "select month, score_group, fired_rules, known_rows, known_frauds, points from scorecard",
    ):
        names = frozenset() if fired == "no rule of this group" else frozenset(fired.split(", "))
        found[month][group, names] = tuple(figures)
    return found


def test_a_scorecard_knows_the_decided_rows_alone_and_only_after_the_delay(
    second: Built, made: list[Decision], bank: Bank
) -> None:
    found = scorecards(second.warehouse)
    expected = {month: bank.scorecard(made, month) for month in MONTHS}
    assert {month: card for month, card in expected.items() if card} == found
    assert found.keys() == {NOVEMBER, DECEMBER}
    # The cases test what they should: what counts differs from month to month, and is little.
    november, december = (bank.known(made, month) for month in (NOVEMBER, DECEMBER))
    assert 10 < len(november) < len(december) < 0.1 * len(bank.happened)
    assert any(november[number] > december.get(number, 1) for number in november), "taken back"
    assert november.keys() - december.keys(), "unknown again"
    assert december != bank.known(made, dt.date(2026, 1, 1)), "decided too late"
    assert any(row[2] > 0 for row in found[NOVEMBER].values())


def test_the_priority_is_learnt_from_then_on_and_as_before_until_then(
    first: Built, second: Built, bank: Bank
) -> None:
    query = (
        "select transaction_no, priority_score, weighted_rule_score from transactions"
        " order by transaction_no"
    )
    before, after = rows_of(first.warehouse, query), rows_of(second.warehouse, query)
    cards = scorecards(second.warehouse)
    scored: Counter = Counter()
    for (number, earlier, weight), (_, score, _) in zip(before, after, strict=True):
        month = bank.happened[number].date().replace(day=1)
        assert earlier == A_SEVERITY * weight
        if month in cards:
            expected = sum(
                cards[month].get((group, frozenset(rules)), (0, 0, 0))[2]
                for group, rules in bank.patterns(number).items()
            )
        else:
            expected = earlier
        assert score == expected, number
        scored[month] += 1
    assert scored.keys() == set(MONTHS) and min(scored.values()) > 1000


def test_lines_and_cases_of_the_months_before_stay(first: Built, second: Built) -> None:
    lines = "select month, case_line, is_fallback from case_lines order by month"
    before, after = rows_of(first.warehouse, lines), rows_of(second.warehouse, lines)
    assert before[:2] == after[:2]
    assert [row[2] for row in after] == [1, 1, 0, 0]
    cases = f"select case_id from cases where opened_at < '{NOVEMBER}' order by all"
    assert rows_of(first.warehouse, cases) == rows_of(second.warehouse, cases)


def test_summary_and_pages_say_from_when_on_the_order_is_learnt(second: Built) -> None:
    assert FALLBACK not in second.said
    # Cases of November are others now that their month has a scorecard, and the summary names them.
    gone = "select distinct case_id from case_decisions where is_known_case = 0 order by all"
    names = [name for (name,) in rows_of(second.warehouse, gone)]
    assert f"decisions on cases that these data do not have: {', '.join(names)}\n" in second.said
    with second.warehouse.connect() as con:
        index = dict(case_pages.pages(con, 0))["index.html"]
    assert case_pages.LEARNT in index and case_pages.FALLBACK not in index
    assert "Before November 2025 none was known" in index
