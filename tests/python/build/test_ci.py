"""What CI, the hooks and the templates name exists, and says the same in each place."""

import itertools
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
LINT = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)[1]


def pythons() -> set[str]:
    """Return the minor versions that requires-python allows."""
    oldest, newest = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    return {f"3.{minor}" for minor in range(int(oldest), int(newest))}


@pytest.fixture(scope="module")
def workflow() -> dict:
    return yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())


def runs(job: dict) -> list[dict[str, str]]:
    """Return the combinations of a job's matrix, as GitHub makes them of rows and `include`."""
    matrix = dict(job.get("strategy", {}).get("matrix", {}))
    extra = matrix.pop("include", [])
    rows = [dict(zip(matrix, row, strict=True)) for row in itertools.product(*matrix.values())]
    return rows + extra


def commands(job: dict) -> list[str]:
    """Return what a job runs, with its matrix filled in."""
    filled = []
    for step, row in itertools.product(job["steps"], runs(job)):
        text = step.get("run", "")
        for name, value in row.items():
            text = text.replace(f"${{{{ matrix.{name} }}}}", value)
        filled += text.splitlines()
    return filled


def of_ci(folder: Path, *arguments: str) -> list[str]:
    """Return the make targets that `.ci/run` runs, on a machine with stand-ins for its programs."""
    for name in ("make", "chromium", "java"):
        (folder / name).write_text(f'#!/bin/sh\necho "{name} $*"\n')
        (folder / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(
        [ROOT / ".ci/run", *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return [line.removeprefix("make ") for line in ran.stdout.splitlines()]


def test_ci_runs_readmes_test_command_and_targets_that_exist(tmp_path: Path) -> None:
    assert of_ci(tmp_path) == ["test", "test-spark", "test-pythons"]
    assert of_ci(tmp_path, "test-spark") == ["test-spark"]
    assert set(of_ci(tmp_path)) <= TARGETS
    assert "\nmake test " in (ROOT / "README.md").read_text()


def test_ci_stops_at_the_first_failure(tmp_path: Path) -> None:
    of_ci(tmp_path)
    (tmp_path / "make").write_text('#!/bin/sh\necho "$*"; test "$1" != test-spark\n')
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run([ROOT / ".ci/run"], env=environment, capture_output=True, text=True)
    assert ran.returncode != 0
    assert ran.stdout.split() == ["test", "test-spark"]


def test_the_workflow_runs_what_ci_runs(workflow: dict, tmp_path: Path) -> None:
    ran = [line for job in workflow["jobs"].values() for line in commands(job)]
    words = [line.split() for line in ran]
    assert all(program == ".ci/run" for program, *_ in words)
    assert {target for _, *targets in words for target in targets} == set(of_ci(tmp_path))


def test_the_workflow_covers_every_supported_python(workflow: dict) -> None:
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert set(tested["python"]) == pythons()
    [several] = [
        step["with"]["python-version"].split()
        for step in workflow["jobs"]["pythons"]["steps"]
        if "setup-python" in step.get("uses", "")
    ]
    assert set(several) == pythons()


def test_the_workflow_may_only_read_and_pins_its_actions(workflow: dict) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 90
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert used
        assert all(re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", action) for action in used)


def test_the_hooks_are_valid_and_run_the_tools_of_lint() -> None:
    path = ROOT / ".pre-commit-config.yaml"
    tools = Path(sys.executable).parent
    checked = subprocess.run(
        [tools / "pre-commit", "validate-config", path], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    [repo] = yaml.safe_load(path.read_text())["repos"]
    assert repo["repo"] == "local", "a hook's own repository would have to be fetched"
    programs = [hook["entry"].split()[0] for hook in repo["hooks"]]
    for program in programs:
        assert program.startswith(".venv/bin/")
        assert (tools / Path(program).name).exists(), program
    of_lint = {f".venv/bin/{name}" for name in re.findall(r"\$\(BIN\)/(\S+)", LINT)}
    assert {".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/sqlfluff"} == of_lint
    assert of_lint <= set(programs)


def test_the_devcontainer_has_what_ci_installs() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    recipe = (ROOT / ".devcontainer" / container["build"]["dockerfile"]).read_text()
    installed = re.findall(r"missing\+=\(([^)]+)\)", (ROOT / ".ci/run").read_text())
    packages = {package for group in installed for package in group.split()}
    assert packages == {"make", "chromium", "fonts-liberation", "openjdk-17-jre-headless"}
    assert packages <= set(recipe.split())
    assert re.search(r"^FROM python:(\S+)-bookworm$", recipe, re.M)[1] in pythons()
    target = re.match(r"make (\S+) && \.venv/bin/pre-commit", container["postCreateCommand"])[1]
    assert target in TARGETS


@pytest.mark.parametrize("name", ["bug.yml", "request.yml"])
def test_the_issue_forms_have_what_github_requires(name: str) -> None:
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / name).read_text())
    assert form["name"]
    assert form["description"]
    ids = [part["id"] for part in form["body"]]
    assert len(set(ids)) == len(ids)
    for part in form["body"]:
        assert part["type"] in ("input", "textarea", "checkboxes", "dropdown")
        assert part["attributes"]["label"]


def test_what_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    targets = re.findall(r"(?:^|`)make (?:[A-Z]+=\S+ )*([a-z-]+)", text, re.M)
    assert len(targets) > 12
    for target in targets:
        assert target in TARGETS, target
    paths = re.findall(r"(?:tests|smartsentry|dbt_project|docs|locks|macros)/[\w./-]*", text)
    assert len(paths) > 8
    for path in paths:
        assert (ROOT / path.rstrip(".")).exists(), path


def test_the_changelog_has_an_unreleased_part_and_dated_versions() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    first, *released = re.findall(r"^## (.*)$", text, re.M)
    assert first == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", title) for title in released)
    assert released[0].startswith(f"[{PROJECT['version']}] - ")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.M)) <= kinds


def test_no_file_has_the_marks_of_a_merge() -> None:
    mark = re.compile(r"^(<{7}|>{7}) ", re.M)
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."]
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in folders for path in folder.rglob("*.*") if path.is_file()]
    kinds = {".md", ".py", ".sql", ".yml", ".toml", ".csv", ".lock", ""}
    read = [path for path in files if path.suffix in kinds]
    assert len(read) > 300
    assert [path for path in read if mark.search(path.read_text("utf-8", "replace"))] == []
