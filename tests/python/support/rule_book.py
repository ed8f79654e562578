"""What is said of a project's rules, and what is missing: each gap by the rule's name.

Reads the files alone, so that a project can be asked in milliseconds.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import sqlglot
import yaml
from sqlglot import exp

from smartsentry.upkeep import rule_docs

SECONDS = {"hr": 3_600, "h": 3_600, "d": 86_400}


class RuleBook:
    """The rule book of the project in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / rule_docs.RULE_BOOK
        self.conditions: dict[str, exp.Expression] = {}
        self.rule_sets: dict[str, str] = {}
        for rule_set, macro in (("notebook", "rule_lines"), ("network", "network_rule_lines")):
            tree = sqlglot.parse_one(f"select {self._macro(macro)}", dialect="duckdb")
            for column in tree.expressions:
                name = column.alias.removeprefix(rule_docs.PREFIXES[rule_set])
                self.conditions[name], self.rule_sets[name] = column.this, rule_set
        self.sentences = [
            name
            for macro in ("rule_reasons", "network_reasons")
            for name in re.findall(r"when '(\w+)'\s+then", self._macro(macro))
        ]
        with (self.folder / "rule_catalogue.csv").open(newline="") as file:
            self.catalogue = {row["rule_name"]: row for row in csv.DictReader(file)}
        self.unit_tests = [
            test["name"].removeprefix("unit_rule_")
            for path in sorted((self.folder / "unit_tests").glob("*.yml"))
            for test in yaml.safe_load(path.read_text())["unit_tests"]
        ]
        project = yaml.safe_load((root / "dbt_project.yml").read_text())
        self.vars = {name: value for name, value in project["vars"].items() if "__" in name}

    def _macro(self, name: str) -> str:
        text = (self.folder / f"{name.replace('network_rule', 'network')}.sql").read_text()
        return re.search(rf"{{% macro {name}\(\) -%}}(.*){{%- endmacro", text, re.DOTALL)[1]

    def reads(self, rule: str, table: str) -> set[str]:
        """The columns of `features` or `limits` that a rule's condition reads."""
        columns = self.conditions[rule].find_all(exp.Column)
        return {column.name for column in columns if column.table == table}

    def gaps(self) -> list[str]:
        """What is missing or says something else than the condition, a sentence each."""
        return [*self._parts(), *self._thresholds(), *self._inputs(), *self._docs()]

    def _parts(self) -> Iterator[str]:
        parts = {
            "CASE column in the lines of a rule set": list(self.conditions),
            "sentence in the reasons of a rule set": self.sentences,
            "row in rule_catalogue.csv": list(self.catalogue),
            "unit test in rule_book/unit_tests": self.unit_tests,
        }
        for rule in dict.fromkeys(name for names in parts.values() for name in names):
            for part, names in parts.items():
                if names.count(rule) != 1:
                    yield f"{rule}: {names.count(rule) or 'no'} {part}"

    def _thresholds(self) -> Iterator[str]:
        for rule in self.conditions:
            for name in sorted(self.reads(rule, "limits")):
                if name not in self.vars:
                    yield f"{rule}: no var {name} in dbt_project.yml"
                if not name.startswith(f"{rule}__"):
                    yield f"{rule}: threshold {name} is another rule's"
        read = {name for rule in self.conditions for name in self.reads(rule, "limits")}
        yield from (f"{name}: a var that no rule reads" for name in self.vars if name not in read)

    def _inputs(self) -> Iterator[str]:
        for rule in self.conditions.keys() & self.catalogue.keys():
            read, row = self.reads(rule, "features"), self.catalogue[rule]
            if row["rule_set"] != self.rule_sets[rule]:
                yield f"{rule}: of the {row['rule_set']} set, its column is the other's"
            stated = row["inputs"].split(" ")
            if sorted(stated) != sorted(read):
                yield f"{rule}: its inputs in the catalogue are not {' '.join(sorted(read))}"
            looks = (row["scope"], row["window_seconds"], row["window_kind"])
            expected = self._network_window(read)
            if expected is None:
                looks, expected = looks[:2], self._window(read)
            if looks != expected:
                yield f"{rule}: scope and window are {looks}, of its inputs {expected}"

    def _window(self, columns: set[str]) -> tuple[str, str]:
        """Whose rows the widest of some columns is made of, and how many seconds back."""
        widest = ("transaction", -1)
        for column in columns:
            back = re.search(r"_(\d+)(hr|h|d)$", column)
            if back or column in ("dormancy_flag", "no_of_inactive_days"):
                scope = "customer" if column.startswith("cust_") else "account"
                seconds = int(back[1]) * SECONDS[back[2]] if back else -1
                widest = (max(widest[0].replace("transaction", ""), scope), max(widest[1], seconds))
        return (widest[0], str(widest[1]) if widest[1] > 0 else "")

    @staticmethod
    def _network_window(columns: set[str]) -> tuple[str, str, str] | None:
        """The same of columns of the network, with the kind of window; None without one."""
        entities = {
            "net_device_customers_30d": ("device", str(30 * 86_400), "until_now"),
            "net_beneficiary_payers_30d": ("beneficiary", str(30 * 86_400), "until_now"),
            "net_return_hops": ("chain", "", "return_links"),
            "net_inflow_gap_seconds": ("chain", "", "chain_links"),
        }
        for column, window in entities.items():
            if column in columns:
                return window
        found = [
            (who or "own", way or "both", days)
            for column in sorted(columns)
            for who, way, days in re.findall(r"^net_(peer)?_?(?:(in|out)_)?.*_(7d|48h)$", column)
        ]
        if not found:
            return None
        scope = "peer" if any(who == "peer" for who, _, _ in found) else "account"
        ways = {way for _, way, _ in found}
        kind = "ledger" if len(ways) > 1 or ways == {"both"} else f"ledger_{min(ways)}"
        seconds = {"7d": 7 * 86_400, "48h": 48 * 3_600}
        return scope, str(max(seconds[days] for _, _, days in found)), kind

    def _docs(self) -> Iterator[str]:
        for path, text in rule_docs.rendered(self.root).items():
            if path.read_text() != text:
                yield f"{path.relative_to(self.root)} is stale: run `make rule-docs`"
