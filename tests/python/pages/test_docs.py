"""README, the docs site and the descriptions say what the files say."""

import itertools
import re
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, Warehouse
from raw_layer import contract
from smartsentry.pages import docs_site
from smartsentry.query.summary import summary_text
from smartsentry.upkeep import readme

README = ROOT / "README.md"


def test_results_in_the_pages_are_those_of_a_real_run(default_warehouse: Warehouse) -> None:
    texts = [page.read_text() for page in readme.PAGES]
    analyses = sorted(path.stem for path in readme.ANALYSES.glob("*.sql"))
    assert len(analyses) >= 10
    assert all("".join(texts).count(f"<!-- {name} -->") == 1 for name in analyses)
    with default_warehouse.connect() as con:
        for text in texts:
            assert readme.pasted(text, con) == text, "run `make warehouse readme`"


def test_readme_is_short() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= 150
    assert len(re.findall(r"<!-- \d", text)) == 3


def test_the_diagram_is_that_of_the_tests(small_warehouse: Warehouse) -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    manifest = small_warehouse.artifact("manifest.json")
    assert readme.with_diagram(text, manifest) == text, "run `make readme`"
    lines = [
        line.strip()
        for line in text.split("erDiagram")[1].split("```")[0].splitlines()
        if line.strip()
    ]
    tests = [
        test
        for test in manifest["nodes"].values()
        if test.get("test_metadata") and test["test_metadata"]["name"] == "relationships"
    ]
    assert len(lines) == len(tests) > 20
    assert "customers ||--o{ accounts : customer_id" in lines
    assert "customers ||--o| customer_risk : customer_id" in lines
    assert "beneficiaries |o--o{ transactions : beneficiary_id" in lines


def test_every_model_and_column_is_described(small_warehouse: Warehouse) -> None:
    manifest = small_warehouse.artifact("manifest.json")
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    silent = []
    for node in nodes:
        if node["resource_type"] not in ("model", "seed", "source"):
            continue
        if not node["description"].strip():
            silent.append(node["name"])
        for column in node["columns"].values():
            if not column["description"].strip() or not column["data_type"]:
                silent.append(f"{node['name']}.{column['name']}")
    assert silent == []


def columns_in_the_file(warehouse: Warehouse) -> list[tuple[str, str, str, str, bool]]:
    """Return name, type and description of every column that has rows, and whether one is null."""
    with warehouse.connect() as con:
        declared = con.execute(
            "select schema_name, table_name, column_name, data_type, description"
            " from column_catalogue semi join information_schema.tables as present"
            " on schema_name = table_schema and column_catalogue.table_name = present.table_name"
            " where ordinal > 0"
        ).fetchall()
        found = []
        for (schema, table), rows in itertools.groupby(sorted(declared), lambda row: row[:2]):
            columns = list(rows)
            has_null = ", ".join(f'count(*) > count("{row[2]}")' for row in columns)
            nulls = con.execute(f'select {has_null} from "{schema}"."{table}"').fetchone()
            for (_, _, column, data_type, description), null in zip(columns, nulls, strict=True):
                found.append((f"{schema}.{table}.{column}", column, data_type, description, null))
    assert len(found) > 600
    return found


@pytest.mark.parametrize("data", ["small_warehouse", "unlabelled"])
def test_every_null_is_explained(data: str, request: pytest.FixtureRequest) -> None:
    columns = columns_in_the_file(request.getfixturevalue(data))
    with_nulls = [(name, text) for name, _, _, text, null in columns if null]
    assert len(with_nulls) > 30
    assert [name for name, text in with_nulls if "null" not in text.lower()] == []


# A figure, a unit, or what is counted.
UNITS = re.compile(
    r"INR|\d|\b(days?|seconds?|hours?|transactions?|alerts|customers|accounts|devices|schemes|counterparties"
    r"|rows?|rules|hops|standard deviations|ratio|percent|share|position|number)\b",
    re.IGNORECASE,
)


def test_every_number_says_its_unit_and_every_time_its_clock(small_warehouse: Warehouse) -> None:
    silent = []
    for name, _, data_type, text, _ in columns_in_the_file(small_warehouse):
        if data_type.startswith(("timestamp", "date")):
            said = bool(re.search("UTC|bank-local|window", text, re.IGNORECASE))
        elif data_type == "boolean":
            said = text.startswith("Whether")
        elif data_type == "tinyint":
            said = bool(re.search(r"\b1 (=|on|from) ", text)) and "0" in text
        elif data_type in ("varchar", "json"):
            continue  # the next test
        else:
            said = bool(UNITS.search(text))
        if not said:
            silent.append((name, text))
    assert silent == []


def test_every_category_names_its_values(small_warehouse: Warehouse) -> None:
    manifest = small_warehouse.artifact("manifest.json")
    nodes = manifest["nodes"] | manifest["sources"]
    tests = [
        test
        for test in manifest["nodes"].values()
        if test.get("test_metadata") and test["test_metadata"]["name"] == "accepted_values"
    ]
    assert len(tests) > 10
    for test in tests:
        text = nodes[test["attached_node"]]["columns"][test["column_name"]]["description"]
        for value in test["test_metadata"]["kwargs"]["values"]:
            assert f"`{value}`" in text or re.search(rf"\b{value}\b", text), (test["name"], value)


def test_sources_are_what_the_seeder_makes(small_warehouse: Warehouse) -> None:
    sources = small_warehouse.artifact("manifest.json")["sources"].values()
    declared = {
        source["name"]: [
            (column["name"], column["data_type"]) for column in source["columns"].values()
        ]
        for source in sources
    }
    with small_warehouse.connect() as con:
        in_file: dict[str, list[tuple[str, str]]] = {}
        for table, column, data_type in con.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns()"
            " where schema_name = 'raw' order by table_name, column_index"
        ).fetchall():
            in_file.setdefault(table, []).append((column, data_type))
    assert declared == in_file
    assert set(declared) == {table.name for table in contract.TABLES}


def test_docs_site_is_one_file_with_the_overview(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    copy = small_warehouse.copy(tmp_path)
    generated = copy.dbt("docs", "generate", "--static")
    assert generated.returncode == 0, generated.stdout
    page = (copy.target / "static_index.html").read_text()
    assert "SmartSentry AML warehouse" in page
    assert "rule_structuring_pattern" in page


def test_a_failed_docs_run_leaves_the_site_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("before")
    (tmp_path / "target").mkdir()
    (tmp_path / "target/static_index.html").write_text("new")
    (tmp_path / "target/manifest.json").write_text('{"nodes": {}, "sources": {}}')
    monkeypatch.setattr(
        docs_site, "run_program", lambda program, *_: ran.append(program) or stop(program)
    )
    ran: list[str] = []

    def stop(program: str) -> None:
        if program == "colibri":
            raise subprocess.CalledProcessError(1, program)

    with pytest.raises(subprocess.CalledProcessError):
        docs_site.write_site(tmp_path / "site", tmp_path / "target")
    assert ran == ["dbt", "colibri"]
    assert (tmp_path / "site/index.html").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"site", "target"}


def test_summary_shows_what_was_built(default_warehouse: Warehouse) -> None:
    with default_warehouse.connect() as con:
        text = summary_text(con, default_warehouse.path)
        (rows,) = con.execute("select count(*) from transactions").fetchone()
        (checks,) = con.execute("select count(*) from integrity_checks").fetchone()
    assert f"{rows:,} rows" in text
    assert f"{checks:,} of {checks:,}" in text
    assert str(default_warehouse.path) in text


def test_no_figure_was_left_to_be_filled_in() -> None:
    """A name in capitals with an underscore is one of the code's, or a place someone forgot."""
    folders = ("seed_gen", "smartsentry", "dbt_project", "macros", "mappings", "tests")
    endings = (".py", ".sql", ".yml", ".toml", ".csv")
    sources = [ROOT / "Makefile", ROOT / "profiles.yml", ROOT / "pyproject.toml"]
    for folder in folders:
        sources += [p for p in (ROOT / folder).rglob("*") if p.suffix in endings]
    code = "\n".join(path.read_text() for path in sources if path.name != "test_docs.py")
    unknown = {
        f"{page.name}: {name}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for name in re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", page.read_text())
        if name not in code
    }
    assert unknown == set()


SOURCES = "dbt_project|docs|macros|mappings|raw_layer|seed_gen|smartsentry|spark|tests"


def test_every_file_that_a_page_names_exists() -> None:
    tests = {path.name for path in (ROOT / "tests").rglob("*")}
    missing = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text()
        paths = re.findall(rf"`((?:{SOURCES})/[\w./-]+)`", text)
        missing += [(page.name, path) for path in paths if not (ROOT / path).exists()]
        files = re.findall(r"`(test_\w+\.py)`", text)
        missing += [(page.name, file) for file in files if file not in tests]
    written = ("docs/site/index.html",)  # by a command
    assert [name for name in missing if name[1] not in written] == []


def test_every_folder_in_the_layout_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    [layout] = re.findall(r"## Where a line belongs\n+```\n(.*?)```", text, re.S)
    folder = ""
    for line in layout.splitlines():
        indent, name = re.match(r"( *)(\S+)/( |$)", line).groups()[:2]
        folder = folder if indent else name
        assert (ROOT / (f"{folder}/{name}" if indent else name)).is_dir(), line
