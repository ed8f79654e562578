"""The scorecard and what follows from it against an oracle in Python, and what it must not know."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from compiled import CompiledModels
from conftest import ROOT, Warehouse
from rule_book import RuleBook

JOINED = {
    "account_level_velocity": "velocity",
    "customer_level_velocity": "velocity",
    "amount_and_cash": "amount_and_balance",
    "cash_structuring_patterns": "amount_and_balance",
    "balance_and_ratio": "amount_and_balance",
    "beneficiary_risk": "counterparty",
    "combined_multi_signal_rules": "counterparty",
}
PRIOR, DELAY = 20, timedelta(days=7)
A_SEVERITY = 8  # points, where there is no scorecard
FIRST_LINE, SHARE = 184, Decimal("0.01")

Patterns = dict[str, tuple[str, ...]]  # group → the rules that fired


def groups() -> dict[str, list[str]]:
    """The rules of each group."""
    found: dict[str, list[str]] = {}
    for name, row in RuleBook(ROOT).catalogue.items():
        found.setdefault(JOINED.get(row["category"], row["category"]), []).append(name)
    return found


def points(rows: int, frauds: int, all_rows: int, all_frauds: int) -> int:
    """The log-odds of a pattern, shrunk, in whole hundredths towards 0; with fifty digits."""
    with localcontext() as context:
        context.prec = 50
        share = Decimal(all_frauds) / all_rows
        odds = (frauds + PRIOR * share) / (rows - frauds + PRIOR * (1 - share))
        exact = 100 * (odds / (share / (1 - share))).ln()
        return int(exact.to_integral_value("ROUND_DOWN"))


class Oracle:
    """Scorecards, priorities and case lines, row by row, from the flags and labels of a file."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        by_group = groups()
        flags = {
            name: f"{'network_' if row['rule_set'] == 'network' else ''}rule_{name}"
            for name, row in RuleBook(ROOT).catalogue.items()
        }
        names = list(flags)
        found = con.execute(
            "select transaction_id, timestamp, label, weighted_rule_score,"
            f" {', '.join(flags.values())} from transactions"
        ).fetchall()
        self.month: dict[str, date] = {}
        self.weighted: dict[str, int] = {}
        self.patterns: dict[str, Patterns] = {}
        self.known: list[tuple[datetime, str, int]] = []
        for id_, moment, label, weighted, *values in found:
            fired = {name for name, value in zip(names, values, strict=True) if value == 1}
            self.month[id_] = moment.date().replace(day=1)
            self.weighted[id_] = weighted
            self.patterns[id_] = {
                group: tuple(name for name in rules if name in fired)
                for group, rules in by_group.items()
            }
            if label is not None:
                self.known.append((moment, id_, label))
        self.months = sorted(set(self.month.values()))
        self.cards = {month: card for month in self.months if (card := self._card(month))}

    def _card(self, month: date) -> dict[tuple[str, tuple[str, ...]], tuple[int, int, int]]:
        begins = datetime.combine(month, datetime.min.time())
        rows: Counter = Counter()
        frauds: Counter = Counter()
        known = [(id_, label) for at, id_, label in self.known if at + DELAY < begins]
        for id_, label in known:
            for key in self.patterns[id_].items():
                rows[key] += 1
                frauds[key] += label
        total = sum(label for _, label in known)
        if not 0 < total < len(known):
            return {}
        return {
            key: (rows[key], frauds[key], points(rows[key], frauds[key], len(known), total))
            for key in rows
        }

    def score(self, id_: str, month: date) -> int:
        """The sum of a transaction's points by the scorecard of a month."""
        if month not in self.cards:
            return A_SEVERITY * self.weighted[id_]
        card = self.cards[month]
        return sum(card.get(key, (0, 0, 0))[2] for key in self.patterns[id_].items())

    def line(self, month: date) -> int:
        """The lowest score above which at most the share of the month before lies."""
        earlier = [other for other in self.months if other < month]
        if not earlier:
            return FIRST_LINE
        scores = [self.score(id_, month) for id_, at in self.month.items() if at == earlier[-1]]
        allowed = SHARE * len(scores)
        for line in sorted(set(scores)):
            if sum(score > line for score in scores) <= allowed:
                return line
        raise AssertionError


@pytest.fixture(scope="module")
def oracle(small_warehouse: Warehouse) -> Oracle:
    with small_warehouse.connect() as con:
        return Oracle(con)


def test_the_scorecard_is_the_oracles(small_warehouse: Warehouse, oracle: Oracle) -> None:
    with small_warehouse.connect() as con:
        found = {
            (month, group, () if fired == "no rule of this group" else tuple(fired.split(", "))): (
                rows,
                frauds,
                given,
            )
            for month, group, fired, rows, frauds, given in con.execute(
                "select month, score_group, fired_rules, known_rows, known_frauds, points"
                " from scorecard"
            ).fetchall()
        }
    expected = {
        (month, *key): values
        for month, card in oracle.cards.items()
        for key, values in card.items()
    }
    assert len(expected) > 300
    assert len(oracle.cards) == 3
    assert found == expected


def test_priorities_and_lines_are_the_oracles(small_warehouse: Warehouse, oracle: Oracle) -> None:
    with small_warehouse.connect() as con:
        found = dict(
            con.execute("select transaction_id, priority_score from transactions").fetchall()
        )
        lines = con.execute("select month, case_line, is_fallback from case_lines").fetchall()
    assert found == {id_: oracle.score(id_, month) for id_, month in oracle.month.items()}
    assert {month: (line, fallback) for month, line, fallback in lines} == {
        month: (oracle.line(month), int(month not in oracle.cards)) for month in oracle.months
    }


def test_the_reasons_add_up_to_the_priority(small_warehouse: Warehouse, oracle: Oracle) -> None:
    with small_warehouse.connect() as con:
        asked = con.execute(
            "(from transactions order by priority_score desc, transaction_no limit 5)"
            " union all (from transactions order by timestamp, transaction_no limit 3)"
            " union all (from transactions where month = 11 order by transaction_no limit 5)"
        ).df()
        for id_, priority in zip(asked["transaction_id"], asked["priority_score"], strict=True):
            rows = con.execute("from priority_reasons(?)", [id_.lower()]).fetchall()
            assert rows == con.execute("from priority_reasons(?)", [id_]).fetchall()
            assert sum(row[3] for row in rows) == priority
            month = oracle.month[id_]
            assert {row[0] for row in rows} == {month}
            if month not in oracle.cards:
                (row,) = rows
                assert row[1] == "no scorecard"
                assert row[2].endswith(f" {oracle.weighted[id_]}")
                continue
            assert [row[3] for row in rows] == sorted((row[3] for row in rows), reverse=True)
            for _, group, fired, given, known, frauds in rows:
                key = (group, oracle.patterns[id_][group])
                assert fired == (", ".join(key[1]) or "no rule of this group")
                assert (known, frauds, given) == oracle.cards[month].get(key, (0, 0, 0))


def test_every_rule_is_in_one_group_and_its_number_fits() -> None:
    by_group = groups()
    assert sum(map(len, by_group.values())) == len(RuleBook(ROOT).catalogue)
    assert max(map(len, by_group.values())) <= 31  # bits of a whole number


def test_no_step_is_near_a_tie() -> None:
    """exp() of an engine may differ in its last bits: never in the sixth decimal of a step."""
    with localcontext() as context:
        context.prec = 50
        for step in range(1, 1001):
            millionths = 1_000_000 * (Decimal(step) / 100).exp()
            from_a_tie = abs(millionths % 1 - Decimal("0.5"))
            assert from_a_tie > millionths * Decimal("1e-15")  # four times what a double can be off
            assert round(millionths) == round(1_000_000 * math.exp(step / 100))


# ── Nothing later is known ───────────────────────────────────────────────────────────────────


@pytest.fixture
def labels(models: CompiledModels) -> Iterator[CompiledModels]:
    """The small warehouse in memory, for a test that changes labels."""
    models.run_on_built(order="rowid")
    yield models
    models.run_on_built(order="rowid")


def scores(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[datetime, int]]:
    rows = con.execute("select transaction_id, timestamp, priority_score from main.transactions")
    return {id_: (at, score) for id_, at, score in rows.fetchall()}


@pytest.mark.parametrize("day", ["2025-10-20", "2025-11-24", "2025-12-10"])
def test_later_labels_change_no_earlier_score_or_line(labels: CompiledModels, day: str) -> None:
    con, moment = labels.con, datetime.fromisoformat(day)
    before = scores(con)
    lines = con.execute("select * from main.case_lines order by month").fetchall()
    con.execute(f"update raw.transactions set label = 1 - label where timestamp >= '{day}'")
    labels.rebuild()
    after = scores(con)
    assert {i: v for i, v in before.items() if v[0] < moment} == {
        i: v for i, v in after.items() if v[0] < moment
    }
    # The line of the day's own month was set when the month began.
    now = con.execute("select * from main.case_lines order by month").fetchall()
    assert [line for line in lines if line[0] <= moment.date()] == [
        line for line in now if line[0] <= moment.date()
    ]


def test_earlier_labels_change_later_scores(labels: CompiledModels) -> None:
    """Else the test above could not fail."""
    before = scores(labels.con)
    labels.con.execute(
        "update raw.transactions set label = 1 - label where timestamp < '2025-11-23'"
    )
    labels.rebuild()
    after = scores(labels.con)
    december = [id_ for id_, (at, _) in before.items() if at.month == 12]
    assert sum(before[id_] != after[id_] for id_ in december) > 0.9 * len(december)
    september = [id_ for id_, (at, _) in before.items() if at.month == 9]
    assert all(before[id_] == after[id_] for id_ in september)


def test_from_shuffled_labels_nothing_is_learnt(labels: CompiledModels) -> None:
    con = labels.con
    areas = []
    for turn in range(3):
        con.execute(
            f"""
            create or replace temp table shuffled as
            select given.transaction_id, taken.label
            from (
                select transaction_id, row_number() over (order by transaction_id) as place
                from raw.transactions
            ) as given
            inner join (
                select
                    label,
                    row_number() over (order by md5(transaction_id || '{turn}'), transaction_id)
                        as place
                from built.raw.transactions
            ) as taken using (place)
            """
        )
        con.execute(
            "update raw.transactions set label = shuffled.label from shuffled"
            " where raw.transactions.transaction_id = shuffled.transaction_id"
        )
        labels.rebuild()
        rows = con.execute(
            "select label, priority_score from main.transactions where timestamp >= '2025-10-01'"
        ).fetchall()
        areas.append(roc_auc_score(*zip(*rows, strict=True)))
    assert abs(sum(areas) / len(areas) - 0.5) <= 0.02, areas


# ── Without outcomes, with other vars ────────────────────────────────────────────────────────


def test_without_labels_the_severities_decide(unlabelled: Warehouse) -> None:
    with unlabelled.connect() as con:
        assert con.execute("select count(*) from scorecard").fetchone() == (0,)
        assert con.execute("select count(*) from scorecard_performance").fetchone() == (0,)
        assert con.execute(
            f"select bool_and(priority_score = {A_SEVERITY} * weighted_rule_score)"
            " from transactions"
        ).fetchone() == (True,)
        lines = con.execute("select is_fallback, rows_before > 0 from case_lines order by month")
        assert lines.fetchall() == [(1, False), (1, True), (1, True), (1, True)]


def test_a_share_is_a_question(small_warehouse: Warehouse, tmp_path: Path) -> None:
    """What a larger share would bring is one small table."""
    lines = (
        "select month, case_line, avg((next_score > case_line)::int) from case_lines"
        " left join transaction_priority on month = next_month group by all order by month"
    )
    with small_warehouse.connect() as con:
        before = con.execute(lines).fetchall()
    asked = small_warehouse.copy(tmp_path)
    ran = asked.dbt("run", "--select", "case_lines", "--vars", "{case_share: 0.02}")
    assert ran.returncode == 0, ran.stdout
    with asked.connect() as con:
        after = con.execute(lines).fetchall()
    assert after[0] == before[0]
    for (_, line, share), (_, wider, larger) in zip(before[1:], after[1:], strict=True):
        assert wider < line
        assert share <= 0.01 < larger <= 0.02


# ── How good it is ───────────────────────────────────────────────────────────────────────────


def test_the_measures_are_those_of_scikit_learn(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        found = con.execute(
            "select period, score_name, roc_auc, average_precision from scorecard_performance"
        ).fetchall()
        rows = con.execute(
            "select strftime(timestamp, '%Y-%m-01'), label, priority_score, rule_risk_score"
            " from transactions where timestamp >= '2025-10-01'"
        ).fetchall()
    periods: dict[str, list] = defaultdict(list)
    for month, *row in rows:
        periods[month].append(row)
        periods["all months"].append(row)
    assert {(period, name) for period, name, *_ in found} == {
        (period, name) for period in periods for name in ("priority_score", "rule_risk_score")
    }
    for period, name, area, precision in found:
        label, *both = zip(*periods[period], strict=True)
        score = both[0 if name == "priority_score" else 1]
        assert abs(float(area) - roc_auc_score(label, score)) <= 0.0001
        assert abs(float(precision) - average_precision_score(label, score)) <= 0.0001


def test_it_finds_what_it_must_on_data_that_no_choice_was_made_on(
    default_warehouse: Warehouse,
) -> None:
    """The last seven weeks, each row by a scorecard that had not seen it."""
    with default_warehouse.connect() as con:
        rows = con.execute(
            "select label, priority_score, rule_risk_score from transactions"
            " where date > (select max(date) from transactions) - 49"
            " order by priority_score desc, transaction_no"
        ).fetchall()
    label, priority, risk = zip(*rows, strict=True)
    percent = math.ceil(len(rows) / 100)
    assert sum(label[:percent]) / percent >= 0.60
    assert sum(label[:1000]) / 1000 >= 0.80
    assert average_precision_score(label, priority) >= 2.5 * average_precision_score(label, risk)
