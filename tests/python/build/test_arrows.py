"""Imports run one way: `raw_layer` below, `seed_gen` and `smartsentry` above, without a circle.

Read from the syntax trees, so that an import inside a function, behind `TYPE_CHECKING` or through
`import_module` counts like any other.
"""

import ast
from collections.abc import Iterator
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
GROUND = {"raw_layer", "smartsentry.project", "smartsentry.warehouse"}
WINGS = {"load", "build", "query", "pages"}
ABOVE_THE_WINGS = {"upkeep", "cli"}
# What `smartsentry` takes from the seeder, and why it may.
EXCEPTIONS = {
    ("smartsentry.cli", "seed_gen.config"): "checks the seeder's options before Spark starts",
    ("smartsentry.pages.realism", "seed_gen.config"): "compares the data with the default figures",
}


def modules_of(root: Path) -> dict[str, Path]:
    """Return the file of each module of the packages, by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(name: str, path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Yield every module of the packages that a module imports, wherever the import stands."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            # `from a import b` imports the module `a.b` where there is one.
            inner = [f"{base}.{alias.name}" for alias in node.names]
            wanted = [one if one in modules else base for one in inner]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            texts = [
                part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)
            ]
            # Of a name put together only the package is known: it may be any of its modules.
            wanted = [one for one in modules if one in texts or one.startswith(tuple(texts))]
        else:
            continue
        yield from (one for one in wanted if one.split(".")[0] in PACKAGES)


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


def complaints(root: Path) -> list[str]:
    """Return every arrow that runs the wrong way, every circle, every exception out of use."""
    modules = modules_of(root)
    arrows = {name: set(imports_of(name, path, modules)) for name, path in modules.items()}
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
    assert complaints(ROOT) == []


def test_every_module_is_looked_at() -> None:
    modules = modules_of(ROOT)
    assert {"raw_layer.files", "seed_gen.typologies.mule_ring", "smartsentry.cli"} <= set(modules)
    arrows = {n: set(imports_of(n, path, modules)) for n, path in modules.items()}
    assert "seed_gen.typologies" in arrows["seed_gen.config"]  # from seed_gen import typologies
    assert "smartsentry.pages.charts" in arrows["smartsentry.pages.report"]  # in a function
    rooms = {name.split(".")[1] for name in modules if name.startswith("seed_gen.")}
    assert rooms == set(ROOMS)
    wings = {name.split(".")[1] for name in modules if name.startswith("smartsentry.")}
    assert wings == {*WINGS, *ABOVE_THE_WINGS, "project", "warehouse"}


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        ("raw_layer/sql.py", "import seed_gen.config", "raw_layer imports nothing"),
        ("raw_layer/sql.py", "from smartsentry import project", "raw_layer imports nothing"),
        ("seed_gen/cli.py", "from smartsentry.project import ROOT", "seed_gen imports only"),
        ("smartsentry/load/loader.py", "from seed_gen import cli", "imports only raw_layer"),
        ("seed_gen/figures/world.py", "from seed_gen.draws.rows import NONE", "against the order"),
        ("seed_gen/config.py", "from seed_gen import writer", "against the order"),
        ("seed_gen/bank/population.py", "from ..blocks import plan", "against the order"),
        ("smartsentry/query/shell.py", "from smartsentry.pages import html", "must not import"),
        ("smartsentry/pages/html.py", "from smartsentry.cli import main", "must not import cli"),
        ("smartsentry/warehouse.py", "import smartsentry.load.loader", "must not import load"),
        ("smartsentry/build/capacity.py", "import smartsentry.build.on_duckdb", "circle: "),
        ("raw_layer/errors.py", "import raw_layer.tables", "circle: "),
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
def test_a_wrong_arrow_is_named(tmp_path: Path, module: str, line: str, form: str, said: str):
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    assert complaints(tmp_path) == []
    (tmp_path / module).write_text(
        f"{(tmp_path / module).read_text('utf-8')}\n\n{form.format(line=line)}\n", "utf-8"
    )
    found = complaints(tmp_path)
    assert any(said in one for one in found), found
    name = module.removesuffix(".py").replace("/", ".")
    assert all(name in one for one in found)
