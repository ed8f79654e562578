"""Whatever is changed in the SQL of features, rules, score and work list, a test notices.

`equivalent_mutants.yml` lists the changes that cannot be noticed, since no data tell them from the
original, each with the reason and a query that gives no row while the reason holds.
"""

from collections import Counter
from collections.abc import Iterator

import pytest
import yaml

import mutation
import network_oracle
from compiled import Compiled
from conftest import ROOT, Warehouse
from mutation import Bench, Verdict
from test_rules import CELL

MODELS = (
    *("beneficiary_risk", "account_velocity", "customer_velocity", "account_balances"),
    *("account_ledger", "account_network", "entity_network", "transfer_links", "chains"),
    "transaction_network",
    *("transaction_features", "rule_thresholds", "transaction_rules", "rule_hits"),
    *("known_outcomes", "rule_patterns", "scorecard", "transaction_priority", "case_lines"),
    "transactions",
    *("case_members", "case_transactions", "snooze_hits", "cases", "case_queue"),
    *("case_decisions", "decided_transactions", "rule_dispositions", "snooze_cost"),
    *("case_days", "case_budget", "case_budget_means"),
)
LISTED = yaml.safe_load((ROOT / "tests/python/models/equivalent_mutants.yml").read_text())
VARS = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]


def _vars(test: dict) -> dict[str, object]:
    return test.get("overrides", {}).get("vars", {})


@pytest.fixture(scope="module")
def bench(compiled: Compiled) -> Iterator[Bench]:
    tests = [
        test
        for path in sorted((ROOT / "dbt_project").rglob("*.unit_tests.yml"))
        for test in yaml.safe_load(path.read_text())["unit_tests"]
        if _vars(test).items() <= VARS.items()  # others are compiled anew, with other vars
    ]
    # What a unit test of the vars cannot say: the built thresholds are those of both sets.
    built = CELL | {name: float(value) for name, value in network_oracle.THRESHOLDS.items()}
    cell = {
        "name": "cell C-4",
        "model": "rule_thresholds",
        "given": [],
        "expect": {"rows": [built]},
    }
    bench = Bench(compiled, [*tests, cell])
    yield bench
    bench.con.close()


@pytest.mark.parametrize("model", MODELS)
def test_every_mutant_is_killed_or_known_to_be_equivalent(
    bench: Bench, verdicts: list[Verdict], model: str
) -> None:
    verdict = mutation.judge(bench, model)
    verdicts.append(verdict)
    assert verdict.made
    alive = Counter(str(mutant) for mutant in verdict.survivors)
    listed = Counter(
        {
            known["mutant"]: known.get("times", 1)
            for known in LISTED
            if known["mutant"].startswith(f"{model}: ")
        }
    )
    assert alive - listed == Counter(), "no test notices these"
    assert listed - alive == Counter(), "these are listed, and a test notices them"


def test_few_mutants_are_equivalent(verdicts: list[Verdict]) -> None:
    if len(verdicts) != len(MODELS):
        pytest.skip("only some models were mutated")
    made = sum((verdict.made for verdict in verdicts), Counter())
    assert made.total() > 1_000
    assert made.keys() == {
        *("comparison", "constant", "conjunction", "window", "frame", "partition", "order"),
        *("arithmetic", "function", "join"),
    }
    # What a loop in the SQL repeats for each number of hops is one mutant, with one reason.
    assert len(LISTED) <= 0.02 * made.total()


@pytest.mark.parametrize("known", LISTED, ids=lambda known: known["mutant"][:60])
def test_the_reason_of_an_equivalent_mutant_holds(
    small_warehouse: Warehouse, known: dict[str, str]
) -> None:
    assert len(known["why"]) > 20
    with small_warehouse.connect() as con:
        assert con.execute(known["query"]).fetchall() == []
