"""The environment that `make` makes: the Python it takes, and the sentence where none fits."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import pythons
from conftest import ROOT

TOOLS = "awk bash cat chmod cp dirname env grep make mkdir rm sed touch"

# A Python that says its version, makes an environment of copies of itself, and installs nothing.
FAKE = """#!/bin/bash
case "$*" in
    *version_info*) echo {version} ;;
    *ensurepip*) exit {without_venv} ;;
    "-m venv "*)
        mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"
        for script in pip smartsentry; do
            echo "#!/bin/bash" > "$3/bin/$script"
            echo "exec '$PWD/$3/bin/python' \\$0 \\$*" >> "$3/bin/$script"
            chmod +x "$3/bin/$script"
        done ;;
    *pip*) ;;
    *smartsentry*build*) echo "built with {version}" ;;
    *) exit 99 ;;
esac
"""
SENTENCE = "SmartSentry runs on Python 3.11 to 3.13"


class Checkout:
    """A checkout with the Makefile alone, and a machine with nothing but the Pythons given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "check out"
        self.machine = folder / "bin"
        for name in (".ci/python", "Makefile", "pyproject.toml", "locks/runtime.lock"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)
        self.machine.mkdir()
        for tool in TOOLS.split():
            (self.machine / tool).symlink_to(shutil.which(tool))

    def install(self, name: str, version: str, without_venv: bool = False) -> Path:
        """Put a Python on the machine."""
        path = self.machine / name
        path.write_text(FAKE.format(version=version, without_venv=int(without_venv)))
        path.chmod(0o755)
        return path

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run make, with none of the variables of a make that runs the tests."""
        environment = {"PATH": str(self.machine), "HOME": str(self.machine), "LC_ALL": "C"}
        return subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def built_with(self, *arguments: str) -> str:
        """Return the version that `make warehouse` builds with."""
        ran = self.make("warehouse", *arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return re.search(r"built with (\S+)", ran.stdout)[1]

    def refused(self, *arguments: str) -> str:
        """Return what `make warehouse` says beside make's own line; it must fail."""
        ran = self.make("warehouse", *arguments)
        assert ran.returncode != 0
        assert ran.stdout == ""
        said, own = ran.stderr.splitlines()
        assert own.startswith("make: ***")
        return said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize(
    ("machine", "taken"),
    [
        ({"python3": "3.12.4", "python3.11": "3.11.2", "python3.13": "3.13.1"}, "3.12.4"),
        ({"python3": "3.9.2", "python3.11": "3.11.2", "python3.13": "3.13.1"}, "3.13.1"),
        ({"python3": "3.14.0", "python3.11": "3.11.2", "python3.13": ""}, "3.11.2"),
        ({"python": "3.13.0"}, "3.13.0"),
    ],
)
def test_python3_is_taken_if_it_fits_then_the_newest(
    checkout: Checkout, machine: dict[str, str], taken: str
) -> None:
    for name, version in machine.items():
        checkout.install(name, version)
    assert checkout.built_with() == taken
    assert checkout.built_with() == taken


def test_pyenv_has_pythons_that_are_not_on_the_path(checkout: Checkout) -> None:
    versions = checkout.machine / ".pyenv/versions"
    for version in ("3.10.13", "3.12.1"):
        (versions / version / "bin").mkdir(parents=True)
        checkout.install("python3", version).rename(versions / version / "bin/python3")
    assert checkout.built_with() == "3.12.1"


def test_without_a_fitting_python_one_sentence_says_what_was_found(checkout: Checkout) -> None:
    assert checkout.refused().startswith(
        f"{SENTENCE}, and none was found (no Python at all): install one"
    )
    checkout.install("python3", "3.10.4")
    checkout.install("python3.12", "")
    checkout.install("python3.11", "3.11.2", without_venv=True)
    said = checkout.refused()
    assert said.startswith(f"{SENTENCE}, and none was found (python3 is Python 3.10.4, ")
    assert "python3.12 does not run, " in said
    assert "python3.11 is Python 3.11.2 without venv (on Debian: apt install python3-venv))" in said
    assert not (checkout.folder / ".venv").exists()


def test_a_python_that_was_asked_for_is_taken_or_refused(checkout: Checkout) -> None:
    checkout.install("python3", "3.11.2")
    old = checkout.install("python3.9", "3.9.18")
    assert checkout.refused(f"PYTHON={old}") == f"{SENTENCE}; PYTHON={old} is Python 3.9.18."
    assert checkout.refused("PYTHON=/nowhere/python3.12") == (
        f"{SENTENCE}; PYTHON=/nowhere/python3.12 does not run."
    )
    checkout.install("python3.12", "3.12.4")
    assert checkout.built_with("PYTHON=python3.12") == "3.12.4"
    # The environment stays as it is where nothing is asked for, or nothing that fits.
    assert checkout.built_with() == "3.12.4"
    checkout.refused(f"PYTHON={old}")
    assert checkout.built_with() == "3.12.4"
    assert checkout.built_with("PYTHON=python3") == "3.11.2"


def break_python(checkout: Checkout) -> None:
    """Take away the Python, as an upgrade of the system does."""
    (checkout.folder / ".venv/bin/python").unlink()
    (checkout.folder / ".venv/bin/python").symlink_to("/nowhere/python3.11")


def age(checkout: Checkout) -> None:
    """Make the environment one of a Python that no longer fits."""
    checkout.install("python3.9", "3.9.18").rename(checkout.folder / ".venv/bin/python")


def stop_before_pip(checkout: Checkout) -> None:
    """Leave the environment as an interrupted `python -m venv` does."""
    (checkout.folder / ".venv/bin/pip").unlink()


def move(checkout: Checkout) -> None:
    """Move the checkout: the scripts name the old folder."""
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("elsewhere"))


def copy(checkout: Checkout) -> None:
    """Copy the checkout: the scripts run what is in the old folder."""
    copied = checkout.folder.with_name("copy")
    checkout.folder = shutil.copytree(checkout.folder, copied, symlinks=True)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (break_python, "its Python does not run"),
        (age, "it has Python 3.9.18"),
        (stop_before_pip, "it has no pip"),
        (move, "it was moved here from "),
        (copy, "it was moved here from "),
    ],
)
def test_an_environment_that_cannot_be_used_is_made_anew(
    checkout: Checkout, harm: Callable[[Checkout], None], reason: str
) -> None:
    checkout.install("python3", "3.11.2")
    assert checkout.built_with() == "3.11.2"
    harm(checkout)
    # What only lists or removes does not look at it; what only shows its steps changes nothing.
    assert checkout.make("help").returncode == 0
    assert checkout.make("--dry-run", "warehouse").returncode == 0
    ran = checkout.make("warehouse")
    assert ran.returncode == 0, ran.stderr
    assert f".venv is made anew: {reason}" in ran.stdout
    ran = checkout.make("warehouse")
    assert ran.stdout.endswith("built with 3.11.2\n")
    assert "anew" not in ran.stdout


def test_all_lists_one_python_of_each_version(checkout: Checkout) -> None:
    checkout.install("python3", "3.12.4")
    checkout.install("python3.13", "3.13.1")
    checkout.install("python3.12", "3.12.5")
    checkout.install("python3.11", "")
    checkout.install("python", "3.12.4")
    ran = subprocess.run(
        [checkout.folder / ".ci/python", "all"],
        env={"PATH": str(checkout.machine), "HOME": str(checkout.machine)},
        capture_output=True,
        text=True,
        check=True,
    )
    bin_ = checkout.machine
    assert ran.stdout == f"3.12.4 {bin_}/python3\n3.13.1 {bin_}/python3.13\n"
    assert ran.stderr == (
        "Skipped: python3.12 is a second 3.12, 3.12.5.\nSkipped: python3.11 does not run.\n"
    )


def test_a_value_that_differs_between_pythons_is_named() -> None:
    same = {"raw.customers": "1:a", "main.alerts": "2:b"}
    assert pythons.differences({"Python 3.11.7": same, "Python 3.13.0": dict(same)}) == []
    assert pythons.differences(
        {
            "Python 3.11.7": same,
            "Python 3.12.1": same | {"main.alerts": "2:c"},
            "Python 3.13.0": {"main.alerts": "2:b"},
        }
    ) == [
        "main.alerts differs between Python 3.11.7 and Python 3.12.1.",
        "raw.customers differs between Python 3.11.7 and Python 3.13.0.",
    ]


def test_every_python_of_pyproject_is_named_where_it_must_be() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == ">=3.11,<3.14"
    assert project["tool"]["mypy"]["python_version"] == "3.11"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert os.access(ROOT / ".ci/python", os.X_OK)
