"""Write what dbt needs to know of the rule columns from the one place that says it.

The catalogue `dbt_project/seeds/rule_catalogue.csv` holds each rule's description and severity.
The docs blocks of the rule columns and their entries in the two models that carry them follow
from it; `make rule-docs` writes them, and a test fails where they are stale.
"""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "dbt_project/seeds/rule_catalogue.csv"
DOCS = ROOT / "dbt_project/models/rules/rules.md"
MODELS = (
    ROOT / "dbt_project/models/rules/transaction_rules.yml",
    ROOT / "dbt_project/models/marts/transactions.yml",
)

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
        constraints: [{{type: not_null}}]
"""


def rendered() -> dict[Path, str]:
    """Return the text that each generated file should have, by path."""
    with CATALOGUE.open(newline="") as file:
        rules = list(csv.DictReader(file))
    docs = "Written by `make rule-docs` from rule_catalogue.csv.\n\n" + "\n".join(
        _DOCS_BLOCK.format(**rule) for rule in rules
    )
    columns = "".join(_COLUMN.format(**rule) for rule in rules)
    return {DOCS: docs} | {
        path: _SECTION.sub(lambda _: columns, path.read_text()) for path in MODELS
    }


def main() -> None:
    """Write the generated files."""
    for path, text in rendered().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
