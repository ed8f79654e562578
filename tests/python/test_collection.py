"""That the tests run: pytest passes over folders with some names, `build` among them."""

import os
import subprocess
import sys

from conftest import ROOT


def test_every_test_file_is_collected() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/python"]
    # Without the options of this run, which may print more than names.
    own = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    ran = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True)
    collected = {line.partition("::")[0] for line in ran.stdout.splitlines() if "::" in line}
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "tests/python").rglob("test_*.py")}
    assert collected == there
