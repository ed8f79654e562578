"""A rule is added as the rule book says; whatever step is forgotten, its gap is named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT, Warehouse
from rule_book import RuleBook
from smartsentry.upkeep import rule_docs

BOOK = "dbt_project/rule_book"
CASE_COLUMN = """,
case
    when
        features.debit_credit = 'debit'
        and features.txn_count_last_24hr > limits.busy_day_of_debits__txn_count
        then 1
    else 0
end as rule_busy_day_of_debits
{%- endmacro %}"""
SENTENCE = """\
    when 'busy_day_of_debits'
        then
            'A debit among ' || hits.txn_count_last_24hr || ' payments in and out of account '
            || hits.sender_account_id || ' within 24 hours, more than '
            || limits.busy_day_of_debits__txn_count || '.'
end
{%- endmacro %}"""
CATALOGUE_ROW = (
    "busy_day_of_debits,notebook,1,account_level_velocity,A debit on a busy day of the account.,"
    "The count is the project's.,illustrative,,,,"
    "debit_credit txn_count_last_24hr,account,86400,until_now\n"
)
UNIT_TEST = """
  - name: unit_rule_busy_day_of_debits
    model: transaction_rules
    description: A debit with more than 2 transactions within 24 hours.
    given:
      - input: ref('rule_thresholds')
        rows:
          - {busy_day_of_debits__txn_count: 2}
      - input: ref('transaction_features')
        rows:
          - {transaction_no: 1, debit_credit: debit, txn_count_last_24hr: 2} # at
          - {transaction_no: 2, debit_credit: debit, txn_count_last_24hr: 3} # just above
          - {transaction_no: 3, debit_credit: credit, txn_count_last_24hr: 3} # no debit
          - {transaction_no: 4, debit_credit: null, txn_count_last_24hr: null}
    expect:
      rows:
        - {transaction_no: 1, rule_busy_day_of_debits: 0}
        - {transaction_no: 2, rule_busy_day_of_debits: 1}
        - {transaction_no: 3, rule_busy_day_of_debits: 0}
        - {transaction_no: 4, rule_busy_day_of_debits: 0}
"""


NETWORK_CASE_COLUMN = """,
case
    when features.net_return_hops <= limits.short_return__hops then 1
    else 0
end as network_rule_short_return
{%- endmacro %}"""
NETWORK_SENTENCE = """\
    when 'short_return'
        then
            hits.movement_said || hits.counterparty_said || ', by which money may come back over '
            || hits.net_return_hops || ' transfers, at or below '
            || limits.short_return__hops || '.'
end
{%- endmacro %}"""
NETWORK_CATALOGUE_ROW = (
    "short_return,network,1,network_chains,Money that comes back over few transfers.,"
    "The count is the project's.,illustrative,,,,net_return_hops,chain,,return_links\n"
)
NETWORK_UNIT_TEST = """
  - name: unit_rule_short_return
    model: transaction_rules
    description: Money that comes back over at most 2 transfers.
    given:
      - input: ref('rule_thresholds')
        rows:
          - {short_return__hops: 2}
      - input: ref('transaction_features')
        rows:
          - {transaction_no: 1, net_return_hops: 2} # at
          - {transaction_no: 2, net_return_hops: 3} # just above
          - {transaction_no: 3, net_return_hops: null}
    expect:
      rows:
        - {transaction_no: 1, network_rule_short_return: 1}
        - {transaction_no: 2, network_rule_short_return: 0}
        - {transaction_no: 3, network_rule_short_return: 0}
"""


def put(path: Path, text: str, in_place_of: str = "") -> None:
    """Add text at the end of a file, or in the place of its end."""
    before = path.read_text()
    assert before.rstrip().endswith(in_place_of)
    path.write_text(
        before.rstrip().removesuffix(in_place_of) + ("" if in_place_of else "\n") + text
    )


STEPS: dict[str, Callable[[Path], None]] = {
    "CASE column": lambda root: put(
        root / BOOK / "rule_lines.sql", CASE_COLUMN, "\n{%- endmacro %}"
    ),
    "sentence": lambda root: put(
        root / BOOK / "rule_reasons.sql", SENTENCE, "end\n{%- endmacro %}"
    ),
    "catalogue row": lambda root: put(root / BOOK / "rule_catalogue.csv", CATALOGUE_ROW),
    "unit test": lambda root: put(
        root / BOOK / "unit_tests/account_level_velocity.unit_tests.yml", UNIT_TEST
    ),
    "var": lambda root: put(root / "dbt_project.yml", "  busy_day_of_debits__txn_count: 2\n"),
    "docs": rule_docs.rewrite,
}
NETWORK_STEPS: dict[str, Callable[[Path], None]] = {
    "CASE column": lambda root: put(
        root / BOOK / "network_lines.sql", NETWORK_CASE_COLUMN, "\n{%- endmacro %}"
    ),
    "sentence": lambda root: put(
        root / BOOK / "network_reasons.sql", NETWORK_SENTENCE, "end\n{%- endmacro %}"
    ),
    "catalogue row": lambda root: put(root / BOOK / "rule_catalogue.csv", NETWORK_CATALOGUE_ROW),
    "unit test": lambda root: put(
        root / BOOK / "unit_tests/network_chains.unit_tests.yml", NETWORK_UNIT_TEST
    ),
    "var": lambda root: put(root / "dbt_project.yml", "  short_return__hops: 2\n"),
    "docs": rule_docs.rewrite,
}


INPUTS = {"busy_day_of_debits": "txn_count", "short_return": "hops"}


def copied(folder: Path) -> Path:
    """A project of its own, as far as dbt reads it."""
    root = folder / "project"
    for name in ("dbt_project", "macros", "tests/dbt", "raw_layer"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, root)
    return root


@pytest.mark.parametrize(
    ("forgotten", "named"),
    [
        ("CASE column", "busy_day_of_debits: no CASE column in the lines of a rule set"),
        ("sentence", "busy_day_of_debits: no sentence in the reasons of a rule set"),
        ("catalogue row", "busy_day_of_debits: no row in rule_catalogue.csv"),
        ("unit test", "busy_day_of_debits: no unit test in rule_book/unit_tests"),
        ("var", "busy_day_of_debits: no var busy_day_of_debits__txn_count in dbt_project.yml"),
        ("docs", "dbt_project/models/rules/rules.md is stale: run `make rule-docs`"),
        (None, None),
    ],
)
@pytest.mark.parametrize(
    ("rule", "steps"), [("busy_day_of_debits", STEPS), ("short_return", NETWORK_STEPS)]
)
def test_a_forgotten_step_is_named(
    tmp_path: Path,
    rule: str,
    steps: dict[str, Callable[[Path], None]],
    forgotten: str | None,
    named: str | None,
) -> None:
    root = copied(tmp_path)
    for step, take in steps.items():
        if step != forgotten:
            take(root)
    said = (
        [named.replace("busy_day_of_debits__txn_count", f"{rule}__{INPUTS[rule]}")] if named else []
    )
    said = [gap.replace("busy_day_of_debits", rule) for gap in said]
    assert [gap for gap in RuleBook(root).gaps() if gap in said] == said
    assert bool(RuleBook(root).gaps()) == bool(named)


@pytest.mark.parametrize(
    ("end_of_row", "said"),
    [
        (",transaction,,", "scope and window are ('transaction', ''), of its inputs ('account',"),
        (",customer,86400,until_now", "scope and window are ('customer', '86400'), of its inputs"),
        (",account,3600,until_now", "scope and window are ('account', '3600'), of its inputs"),
    ],
)
def test_a_forgotten_window_is_named(tmp_path: Path, end_of_row: str, said: str) -> None:
    root = copied(tmp_path)
    for take in STEPS.values():
        take(root)
    put(root / BOOK / "rule_catalogue.csv", end_of_row, ",account,86400,until_now")
    (gap,) = RuleBook(root).gaps()
    assert gap.startswith(f"busy_day_of_debits: {said}")


def test_forgotten_inputs_are_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    for take in STEPS.values():
        take(root)
    catalogue = root / BOOK / "rule_catalogue.csv"
    catalogue.write_text(catalogue.read_text().replace("debit_credit txn_", "txn_"))
    assert RuleBook(root).gaps() == [
        "busy_day_of_debits: its inputs in the catalogue are not debit_credit txn_count_last_24hr"
    ]


def test_the_steps_are_all_that_a_rule_takes(small_warehouse: Warehouse, tmp_path: Path) -> None:
    """Every test of dbt passes, and every table knows the rules: one of each set."""
    root = copied(tmp_path)
    for take in (*NETWORK_STEPS.values(), *STEPS.values()):
        take(root)
    copy = small_warehouse.copy(tmp_path)
    place = ("--project-dir", str(root), "--profiles-dir", str(root))
    built = copy.dbt("build", "--warn-error", "--show-all-deprecations", *place)
    assert built.returncode == 0, built.stdout
    with copy.connect() as con:
        fired = con.execute("select sum(rule_busy_day_of_debits) from transactions").fetchone()
        expected = con.execute(
            "select count(*) from transactions"
            " where debit_credit = 'debit' and txn_count_last_24hr > 2"
        ).fetchone()
        assert fired == expected
        alert_id, count, reason = con.execute(
            "select alert_id, txn_count_last_24hr, reason from alerts"
            " inner join transactions using (transaction_id)"
            " where rule_name = 'busy_day_of_debits' order by 2 desc, 1 limit 1"
        ).fetchone()
        rows = con.execute("from alert_transactions(?)", [alert_id]).fetchall()
        assert len(rows) == count > 2
        assert reason.startswith(f"A debit among {count} payments in and out of account ")
        assert reason.endswith(" within 24 hours, more than 2.")
        assert con.execute(
            "select thresholds, scope, window_seconds from rule_catalogue"
            " where rule_name = 'busy_day_of_debits'"
        ).fetchone() == ("txn_count 2", "account", 86400)
        for table in ("rule_performance", "rule_applicability", "threshold_sweep"):
            assert con.execute(
                f"select distinct rule_name, rule_set from {table} where rule_name in ?"
                " order by rule_name",
                [list(INPUTS)],
            ).fetchall() == [("busy_day_of_debits", "notebook"), ("short_return", "network")]
        fired = "select sum(network_rule_short_return), sum((net_return_hops <= 2)::integer)"
        found, expected = con.execute(f"{fired} from transactions").fetchone()
        assert found == expected > 0
        (alert_id,) = con.execute(
            "select min(alert_id) from alerts where rule_name = 'short_return'"
        ).fetchone()
        assert len(con.execute("from alert_transactions(?)", [alert_id]).fetchall()) >= 2
