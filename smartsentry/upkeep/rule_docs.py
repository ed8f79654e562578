"""Write what dbt needs to know of the rules from the one place that says it.

The catalogue `dbt_project/seeds/rule_catalogue.csv` holds each rule's description and severity.
The docs blocks of the rule columns, their entries in the models that carry them and the rows that
try each rule's place in the totals follow from it; `make rule-docs` writes them, and a test fails
where they are stale.
"""

import csv
import re
from pathlib import Path

from smartsentry.project import ROOT

CATALOGUE = ROOT / "dbt_project/seeds/rule_catalogue.csv"
MODELS = ROOT / "dbt_project/models"
DOCS = MODELS / "rules/rules.md"

_SECTION = re.compile(
    r"(?<= # rules: begin \(written by `make rule-docs`\)\n).*?(?=^ +# rules: end)",
    re.DOTALL | re.MULTILINE,
)

_DOCS_BLOCK = """\
{{% docs rule_{rule_name} %}}
{description} 1 = the rule fires, else 0. Severity {severity}, category `{category}`.
{{% enddocs %}}
"""

_COLUMN = """\
      - name: rule_{rule_name}
        data_type: tinyint
        description: '{{{{ doc("rule_{rule_name}") }}}}'
"""
_NOT_NULL = "        constraints: [{{type: not_null}}]\n"

# A row on which one rule fired; its position serves as its severity: no two rules have the same.
_FIRED = "          - {{transaction_no: {position}, rule_{rule_name}: 1}}\n"
_TOTALS = "rule_trigger_count: 1, max_rule_severity: {position}, weighted_rule_score: {position}"

# For each section of a file, what stands there for each rule.
_SECTIONS = {
    "rules/transaction_rules.yml": [_COLUMN],  # views have no constraints
    "marts/transactions.totals.unit_tests.yml": [
        _FIRED,
        "          - {{rule_name: {rule_name}, severity: {position}}}\n",
        "        - {{transaction_no: {position}, " + _TOTALS + "}}\n",
    ],
    "rules/rule_hits.unit_tests.yml": [
        _FIRED,
        "        - {{transaction_no: {position}, rule_name: {rule_name}}}\n",
    ],
    "marts/transactions.yml": [_COLUMN + _NOT_NULL],
}


def rendered() -> dict[Path, str]:
    """Return the text that each generated file should have, by path."""
    with CATALOGUE.open(newline="") as file:
        rules = [
            rule | {"position": position} for position, rule in enumerate(csv.DictReader(file), 2)
        ]

    def each_rule(template: str) -> str:
        return "".join(template.format(**rule) for rule in rules)

    texts = {
        DOCS: "Written by `make rule-docs` from rule_catalogue.csv.\n\n"
        + "\n".join(_DOCS_BLOCK.format(**rule) for rule in rules)
    }
    for name, templates in _SECTIONS.items():
        sections = iter(templates)
        text = (MODELS / name).read_text()
        texts[MODELS / name] = _SECTION.sub(
            lambda _, sections=sections: each_rule(next(sections)), text
        )
    return texts


def rewrite() -> None:
    """Write the generated files."""
    for path, text in rendered().items():
        path.write_text(text)
