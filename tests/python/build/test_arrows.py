"""Imports run one way: `raw_layer` below, `seed_gen` and `smartsentry` above, without a circle.

Read from the syntax trees, so that an import inside a function, behind `TYPE_CHECKING` or through
`import_module` counts like any other.
"""

import ast
import functools
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from smartsentry.project import ROOT

PACKAGES = ("raw_layer", "seed_gen", "smartsentry")
# Each room of the seeder imports only from rooms before it, and the modules of its own.
ROOMS = (
    *("figures", "draws", "bank", "schemes", "typologies", "config", "blocks", "writer", "cli"),
    "__main__",
)
GROUND = {
    *("raw_layer", "smartsentry.project", "smartsentry.warehouse"),
    *("smartsentry.inputs", "smartsentry.added"),
}
BESIDE_THE_WINGS = {"project", "warehouse", "inputs", "added", "arguments"}
WINGS = {"load", "build", "query", "pages"}
ABOVE_THE_WINGS = {"upkeep", "cli"}
# The only imports of the seeder by `smartsentry`, each with its reason.
EXCEPTIONS = {
    ("smartsentry.cli", "seed_gen.config"): "refuses the seeder's options before a build begins",
}


@functools.cache
def modules() -> dict[str, Path]:
    """Return the file of each module of the packages, by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def arrows() -> Mapping[str, frozenset[str]]:
    """Return what each module imports of the packages."""
    return {name: imports_of(name, path.read_text("utf-8")) for name, path in modules().items()}


def imports_of(name: str, text: str) -> frozenset[str]:
    """Return every module of the packages that a module's text imports, wherever it does."""
    return frozenset(one for one in _imports(name, text) if one.split(".")[0] in PACKAGES)


def _imports(name: str, text: str) -> Iterator[str]:
    package = name if modules()[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            # `from a import b` imports the module `a.b` where there is one.
            inner = [f"{base}.{alias.name}" for alias in node.names]
            wanted = [one if one in modules() else base for one in inner]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            texts = [
                part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)
            ]
            # Of a name put together only the package is known: it may be any of its modules.
            wanted = [one for one in modules() if one in texts or one.startswith(tuple(texts))]
        else:
            continue
        yield from wanted


def wrong(name: str, other: str) -> str | None:
    """Say why one module must not import another; None where it may."""
    package, room = (*name.split("."), "")[:2]
    other_package, other_room = (*other.split("."), "")[:2]
    if package == "raw_layer" != other_package:
        return "raw_layer imports nothing of the project"
    if package == "seed_gen" and other_package == "smartsentry":
        return "seed_gen imports only raw_layer"
    if package == "smartsentry" and other_package == "seed_gen":
        return None if (name, other) in EXCEPTIONS else "smartsentry imports only raw_layer"
    if package == other_package == "seed_gen":
        unknown = {room, other_room} - {*ROOMS, ""}
        if unknown:
            return f"{unknown.pop()} is no room of the seeder"
        order = ("", *ROOMS)
        return None if order.index(other_room) <= order.index(room) else "against the order"
    if package == other_package == "smartsentry" and room not in {other_room, *ABOVE_THE_WINGS}:
        if room in WINGS and other in GROUND:
            return None
        if f"smartsentry.{room}" in GROUND and other in GROUND:
            return None
        return f"{room} must not import {other_room}"
    return None


def complaints(arrows: Mapping[str, frozenset[str]]) -> list[str]:
    """Return every arrow that runs the wrong way, every circle, every exception out of use."""
    found = [
        f"{name} imports {other}: {reason}"
        for name, others in sorted(arrows.items())
        for other in sorted(others)
        if (reason := wrong(name, other))
    ]
    found += [
        f"{name} no longer imports {other}: take it out of the exceptions"
        for name, other in EXCEPTIONS
        if other not in arrows.get(name, ())
    ]
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        found.append(f"circle: {' <- '.join(error.args[1])}")
    return found


def test_every_arrow_runs_the_right_way() -> None:
    assert complaints(arrows()) == []


def test_every_module_is_looked_at() -> None:
    names = set(modules())
    assert {"raw_layer.files", "seed_gen.typologies.mule_ring", "smartsentry.cli"} <= names
    assert "seed_gen.typologies" in arrows()["seed_gen.config"]  # from seed_gen import typologies
    assert "seed_gen.typologies.cycle" in arrows()["seed_gen.typologies"]  # import_module(…)
    assert "smartsentry.pages.charts" in arrows()["smartsentry.pages.report"]  # in a function
    rooms = {name.split(".")[1] for name in names if name.startswith("seed_gen.")}
    assert rooms == set(ROOMS)
    wings = {name.split(".")[1] for name in names if name.startswith("smartsentry.")}
    assert wings == {*WINGS, *ABOVE_THE_WINGS, *BESIDE_THE_WINGS}


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        ("raw_layer.sql", "import seed_gen.config", "raw_layer imports nothing"),
        ("raw_layer.sql", "from smartsentry import project", "raw_layer imports nothing"),
        ("seed_gen.cli", "from smartsentry.project import ROOT", "seed_gen imports only"),
        ("smartsentry.load.loader", "from seed_gen import cli", "imports only raw_layer"),
        ("seed_gen.figures.world", "from seed_gen.draws.rows import NONE", "against the order"),
        ("seed_gen.config", "from seed_gen import writer", "against the order"),
        ("seed_gen.bank.population", "from ..blocks import plan", "against the order"),
        ("smartsentry.query.shell", "from smartsentry.pages import html", "must not import"),
        ("smartsentry.pages.html", "from smartsentry.cli import main", "must not import cli"),
        ("smartsentry.warehouse", "import smartsentry.load.loader", "must not import load"),
        ("smartsentry.build.capacity", "import smartsentry.build.on_duckdb", "circle: "),
        ("raw_layer.errors", "import raw_layer.target", "circle: "),
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        "{line}",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {line}",
        "def later():\n    {line}",
    ],
    ids=["plain", "for types", "in a function"],
)
def test_a_wrong_arrow_is_named(module: str, line: str, form: str, said: str) -> None:
    text = f"{modules()[module].read_text('utf-8')}\n\n{form.format(line=line)}\n"
    found = complaints({**arrows(), module: imports_of(module, text)})
    assert any(said in one for one in found), found
    assert all(module in one for one in found)
