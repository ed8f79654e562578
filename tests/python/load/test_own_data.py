"""docs/own-data.md, followed to the letter by a new user."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb

from conftest import ROOT

PAGE = (ROOT / "docs/own-data.md").read_text()


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[number]


def test_the_page_leads_to_a_first_list_of_alerts(tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(block("csv"))
    (tmp_path / "bank.toml").write_text(block("toml"))
    (tmp_path / "warehouse").mkdir()
    # As the default is in the checkout.
    settings = {"PYTHONPATH": str(ROOT), "SMARTSENTRY_DB": "warehouse/smartsentry.duckdb"}
    environment = os.environ | settings
    commands = [shlex.split(line) for line in block("sh").splitlines()]
    assert [command[1] for command in commands] == ["load", "build", "sql"]
    for command in commands:
        assert command[0] == ".venv/bin/smartsentry"
        ran = subprocess.run(
            [sys.executable, "-m", "smartsentry.cli", *command[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "structuring_pattern" in ran.stdout

    with duckdb.connect(tmp_path / "warehouse/smartsentry.duckdb", read_only=True) as con:
        assert con.execute(
            "select customer_id, debit_credit, amount::varchar from transactions order by timestamp"
        ).fetchall() == [
            ("Asha", "debit", "1250.00"),
            ("Asha", "debit", "95000.00"),
            ("Asha", "credit", "60000.00"),
            ("Bilal", "debit", "9500.00"),
            ("Bilal", "debit", "9600.00"),
            ("Bilal", "debit", "150000.00"),
        ]
        assert con.execute(
            "select rule_name, count(*) from alerts where rule_name in"
            " ('structuring_pattern', 'large_cash_deposit', 'high_value_transfer')"
            " group by all order by all"
        ).fetchall() == [
            ("high_value_transfer", 1),
            ("large_cash_deposit", 1),
            ("structuring_pattern", 2),
        ]
        assert len(con.execute(block("sql", 0)).fetchall()) > 20
        references = con.execute(f"select distinct bank_reference from ({block('sql', 1)})")
        assert ("90006",) in references.fetchall()
        # No labels: what needs them is null or empty.
        assert con.execute(
            "select count(precision), count(recall), sum(alerts) > 0 from rule_performance"
        ).fetchone() == (0, 0, True)
        assert con.execute("select count(*) from typology_coverage").fetchone() == (0,)
