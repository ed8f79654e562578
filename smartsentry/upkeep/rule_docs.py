"""Write docs, columns and unit-test rows of the rules from the rule book.

`dbt_project/rule_book` holds each rule's condition, its catalogue row and the inputs of thresholds.
`make rule-docs` writes what follows from it: docs blocks and YAML entries of the rule columns, the
columns of `rule_thresholds`, unit-test rows for each rule's part in the totals, and the macro that
says which category each rule is in. A test fails if they are stale.
"""

import csv
import re
from pathlib import Path
from typing import Any

import jinja2

from smartsentry.project import ROOT

RULE_BOOK = "dbt_project/rule_book"
RULE_LINES = ("rule_lines.sql", "network_lines.sql")
MODELS = "dbt_project/models"
PREFIXES = {"notebook": "rule_", "network": "network_rule_"}  # of a rule's column, by its set

_SECTION = re.compile(
    r"(?<= # rules: begin \(written by `make rule-docs`\)\n).*?(?=^ +# rules: end)",
    re.DOTALL | re.MULTILINE,
)

_DOCS_BLOCK = """\
{{% docs {flag} %}}
{description} 1 = the rule fires, else 0. Severity {severity}, category `{category}`.
{{% enddocs %}}
"""

_COLUMN = """\
      - name: {flag}
        data_type: tinyint
        description: '{{{{ doc("{flag}") }}}}'
"""
_NOT_NULL = "        constraints: [{{type: not_null}}]\n"

_THRESHOLD = """\
      - name: {threshold}
        data_type: {data_type}
        description: Rule `{rule_name}` fires {comparison} this {unit}.
        constraints: [{{type: not_null}}]
"""
_COMPARISONS = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below"}

# A row on which one rule fired; its position serves as its severity: no two rules have the same.
_FIRED = "          - {{transaction_no: {position}, {flag}: 1}}\n"
# By rule set: a network rule is in no total but its own.
_TOTALS = {
    "notebook": "rule_trigger_count: 1, max_rule_severity: {position}, "
    "weighted_rule_score: {position}, network_trigger_count: 0",
    "network": "rule_trigger_count: 0, max_rule_severity: 0, "
    "weighted_rule_score: 0, network_trigger_count: 1",
}

_CATEGORIES = """\
{{#- Written by `make rule-docs` from rule_catalogue.csv. -#}}
{{% macro rule_categories() -%}}
    {{{{ return({{
{entries}
    }}) }}}}
{{%- endmacro %}}
"""

# By file: for each of its sections, the template for each rule or threshold.
_SECTIONS = {
    "marts/rule_thresholds.yml": [_THRESHOLD],
    "rules/transaction_rules.yml": [_COLUMN],  # views have no constraints
    "marts/transactions.totals.unit_tests.yml": [
        _FIRED,
        "          - {{rule_name: {rule_name}, severity: {position}}}\n",
        "        - {{transaction_no: {position}, {totals}}}\n",
    ],
    "rules/rule_hits.unit_tests.yml": [
        _FIRED,
        "        - {{transaction_no: {position}, rule_name: {rule_name}}}\n",
    ],
    "marts/transactions.yml": [_COLUMN + _NOT_NULL],
}


def _rules(book: Path) -> list[dict[str, str | int]]:
    """Return the catalogue's rows, each with its column, position and totals.

    The position serves as severity.
    """
    with (book / "rule_catalogue.csv").open(newline="") as file:
        return [
            rule
            | {
                "position": number,
                "flag": PREFIXES[rule["rule_set"]] + rule["rule_name"],
                "totals": _TOTALS[rule["rule_set"]].format(position=number),
            }
            for number, rule in enumerate(csv.DictReader(file), 2)
        ]


def _thresholds(book: Path) -> list[dict[str, str]]:
    """Return the thresholds of the rule lines, each once, in their order.

    A threshold with an unknown input is left out: dbt refuses it by name.
    """
    inputs: list[dict[str, dict[str, str]]] = []
    macro = jinja2.Template((book / "threshold_inputs.sql").read_text())
    module: Any = macro.make_module({"return": inputs.append})
    module.threshold_inputs()
    lines = "".join((book / name).read_text() for name in RULE_LINES)
    read = re.findall(r"([<>]=?)\s*limits\.((\w+?)__(\w+))", lines)
    return [
        {"threshold": name, "rule_name": rule, "comparison": _COMPARISONS[sign]} | inputs[0][of]
        for sign, name, rule, of in dict.fromkeys(read)
        if of in inputs[0]
    ]


def _categories(rules: list[dict[str, str | int]]) -> str:
    """Return the macro that says of each rule's column which category it is in."""
    entries = (f'        "{rule["flag"]}": "{rule["category"]}",' for rule in rules)
    return _CATEGORIES.format(entries="\n".join(entries))


def rendered(root: Path = ROOT) -> dict[Path, str]:
    """Return the text that each generated file of a project should have, by path."""
    rules, thresholds = _rules(root / RULE_BOOK), _thresholds(root / RULE_BOOK)

    def each(template: str) -> str:
        rows = thresholds if template is _THRESHOLD else rules
        return "".join(template.format(**row) for row in rows)

    texts = {
        root / MODELS / "rules/rules.md": "Written by `make rule-docs` from rule_catalogue.csv.\n\n"
        + "\n".join(_DOCS_BLOCK.format(**rule) for rule in rules),
        root / RULE_BOOK / "rule_categories.sql": _categories(rules),
    }
    for name, templates in _SECTIONS.items():
        path = root / MODELS / name
        before, *rest = _SECTION.split(path.read_text())
        sections = zip(map(each, templates), rest, strict=True)
        texts[path] = before + "".join(section + after for section, after in sections)
    return texts


def rewrite(root: Path = ROOT) -> None:
    """Write the generated files of a project."""
    for path, text in rendered(root).items():
        path.write_text(text)
