"""docs/own-data.md, followed to the letter by a new user, and every one of its recipes."""

import codecs
import csv
import dataclasses
import io
import itertools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import examples
from conftest import ROOT
from raw_layer import contract
from smartsentry.load.loader import load
from smartsentry.load.statement import MACROS

PATH = ROOT / "docs/own-data.md"
REFERENCE, _, RECIPES = PATH.read_text().partition("\n## Recipes\n")
BLOCK = re.compile(r"```(\w+)(?: (\S+))?\n(.*?)```", re.DOTALL)


def block(language: str, number: int = 0) -> str:
    return [text for found, _, text in BLOCK.findall(REFERENCE) if found == language][number]


def test_the_page_leads_to_a_first_list_of_alerts(tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(block("csv"))
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank/source.toml").write_text(block("toml"))
    (tmp_path / "bank/transactions.sql").write_text(block("sql"))
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
        assert len(con.execute(block("sql", 1)).fetchall()) > 20
        references = con.execute(f"select distinct bank_reference from ({block('sql', 2)})")
        assert ("90006",) in references.fetchall()
        assert con.execute(block("sql", 3)).fetchall() == []  # nothing looks wrong
        # No labels: what needs them is null or empty.
        assert con.execute(
            "select count(precision), count(recall), sum(alerts) > 0 from rule_performance"
        ).fetchone() == (0, 0, True)
        assert con.execute("select count(*) from typology_coverage").fetchone() == (0,)


def test_the_page_lists_the_texts_that_are_null_in_an_id() -> None:
    listed = re.search(r"Ids that are empty, (.*?), in small", REFERENCE, re.DOTALL)[1]
    defined = re.search(r"\^\(\?i:(.*?)\)\$", MACROS)[1]
    assert re.findall(r"`(.*?)`", listed) == [
        text for form in defined.split("|") for text in _spelt(form)
    ]


def _spelt(form: str) -> list[str]:
    """Return the texts that one alternative of the macro's pattern has."""
    plain = re.sub(r"\\(.)", r"\1", form)
    return [plain.replace("#?", ""), plain.replace("#?", "#")] if "#?" in plain else [plain]


@pytest.mark.parametrize("column", ["channel", "transaction_type", "debit_credit"])
def test_the_page_lists_the_values_of_a_transaction(column: str) -> None:
    said = re.search(rf"^\| `{column}` \| (.*?)(?:;|\|)", REFERENCE, re.MULTILINE)[1]
    assert set(re.findall(r"`(.*?)`", said)) == set(contract.DOMAINS[column])


# ── Recipes ──────────────────────────────────────────────────────────────────────────────────

Rows = list[tuple[str, ...]]


@dataclasses.dataclass
class Recipe:
    """A folder's mapping and its files."""

    toml: str
    statements: dict[str, str]
    files: dict[str, bytes]


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A loaded file: accepted rows of a table, and the lines of the others."""

    path: Path

    def rows(self, columns: str) -> Rows:
        """Return columns as text, from whichever table has them, in the order of its rows."""
        with duckdb.connect(self.path, read_only=True) as con:
            for table, number in (
                ("transactions", "substr(transaction_id, 2)::bigint"),
                ("accounts", "rowid"),
            ):
                there = {name for name, *_ in con.execute(f"describe raw.{table}").fetchall()}
                if set(columns.split(", ")) <= there:
                    return con.execute(
                        f"select columns(*)::varchar from (from raw.{table} select {columns}"
                        f" order by {number})"
                    ).fetchall()
        raise AssertionError(f"no table has {columns}")

    def left_out(self) -> list[int]:
        return self._all(
            "select source_line from raw.landed_rows"
            " where is_left_out = 1 and source_table = 'transactions' order by all"
        )

    def reasons(self) -> list[str]:
        return self._all("select unnest(reasons) from raw.rejected_rows order by landed_no")

    def _all(self, query: str) -> list:
        with duckdb.connect(self.path, read_only=True) as con:
            return [value for (value,) in con.execute(query).fetchall()]


def _count(word: str, text: str) -> int:
    return len(re.findall(rf"\b{word}\b", text))


def _lines(select: str) -> tuple[dict[str, str], str]:
    """Return the items of a select list by their column, and the text from `from` on."""
    items, _, rest = select.strip().removeprefix("select\n").partition("from source")
    found, item = {}, ""
    for line in items.strip().splitlines():
        item += f"{line}\n"
        if item.count("(") == item.count(")") and _count("case", item) == _count("end", item):
            item = item.strip().removesuffix(",")
            found[re.search(r"\w+$", item)[0]] = item
            item = ""
    return found, f"\nfrom source{rest}" if rest else ""


[(_, _, FRAME_CSV), (_, _, FRAME_SQL), *_] = BLOCK.findall(RECIPES.partition("\n### ")[0])
SECTIONS = {
    section.partition("\n")[0]: section.partition("\n")[2]
    for section in RECIPES.split("\n### ")[1:]
}


def _changed(lines: str) -> str:
    """Return the frame's select with the lines of a recipe instead of its own."""
    if lines.startswith(("select", "with")):
        return lines
    items, _ = _lines(FRAME_SQL)
    changed, end = _lines(lines)
    return "select\n    " + ",\n    ".join((items | changed).values()) + (end or "\nfrom source")


def _recipe(text: str) -> Recipe:
    recipe = Recipe("[source]\n", {"transactions.sql": FRAME_SQL}, {})
    for language, name, content in BLOCK.findall(text):
        if language == "csv":
            recipe.files[name or "bank.csv"] = content.encode()
        elif language == "toml":
            recipe.toml = content
        elif named := re.match(r"-- (\w+\.sql)\n", content):
            recipe.statements[named[1]] = content
        else:
            recipe.statements["transactions.sql"] = _changed(content)
    return recipe


def _load(recipe: Recipe, folder: Path, max_rejected: float = 0.0) -> Loaded:
    mapping = folder / "mapping"
    mapping.mkdir()
    (mapping / "source.toml").write_text(recipe.toml)
    for name, text in recipe.statements.items():
        (mapping / name).write_text(text)
    for name, content in recipe.files.items():
        (folder / name).write_bytes(content)
    files = [str(folder / name) for name in recipe.files]
    load(mapping, files, folder / "loaded.duckdb", max_rejected)
    return Loaded(folder / "loaded.duckdb")


def _tables(text: str) -> list[list[str]]:
    """Return the rows of a section's table, without its head."""
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def _code(cell: str) -> str:
    return re.search(r"`(.*?)`(?:[^`]*$)?", cell)[1]


RESULT = re.compile(r"^Result \(`(.*?)`\): (.*)\.$", re.MULTILINE)
BLOCKS = {title: text for title, text in SECTIONS.items() if RESULT.search(text)}


@pytest.mark.parametrize("title", BLOCKS)
def test_a_recipe_gives_the_printed_result(title: str, tmp_path: Path) -> None:
    text = BLOCKS[title]
    loaded = _load(_recipe(text), tmp_path)
    for columns, rows in RESULT.findall(text):
        printed = [tuple(row.split(", ")) for row in re.findall(r"`(.*?)`", rows)]
        assert loaded.rows(columns) == printed
    said = re.search(r"Lines? ([\d and]+?) (?:is|are) left out", text)
    if said:
        assert loaded.left_out() == [int(line) for line in said[1].split(" and ")]


ENCODED: dict[str, Callable[[str], bytes]] = {
    "lines end in CR CR LF": lambda text: text.replace("\n", "\r\r\n").encode(),
    "lines end in a bare CR": lambda text: text.replace("\n", "\r").encode(),
    "UTF-16 with a byte-order mark": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 without": lambda text: text.encode("utf-16-le"),
    "cp1252 (Western Europe)": lambda text: text.encode("cp1252"),
    "cp1250 (Central Europe)": lambda text: text.encode("cp1250"),
    "cells are separated by TAB": lambda text: text.replace(",", "\t").encode(),
    "13 lines stand above the header": lambda text: ("Holder: Asha\n" * 13 + text).encode(),
}
FILES = {
    name: settings
    for name, settings in _tables(SECTIONS["Files: line ends, encodings, TAB, preamble"])
}


def test_every_kind_of_file_of_the_page_is_made() -> None:
    assert list(ENCODED) == list(FILES)
    said = {way for way in FILES.values() if "`" not in way}
    assert said == {"nothing"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [(name, way) for name in ENCODED for way in re.findall(r"`(.*?)`", FILES[name]) or [""]],
)
def test_a_kind_of_file_is_read(name: str, settings: str, tmp_path: Path) -> None:
    text = FRAME_CSV.replace("Corner Shop", "Žižkov")
    recipe = Recipe(
        f"[source]\n{settings}\n",
        {"transactions.sql": FRAME_SQL},
        {"bank.csv": ENCODED[name](text)},
    )
    columns = "timestamp, sender_account_id, beneficiary_id, amount"
    assert _load(recipe, tmp_path).rows(columns) == [
        ("2025-09-01 00:00:00", "IN-1", "Žižkov", "12.50")
    ]


CELLS = {
    "amount": [
        (cell, {"amount": amount, "debit_credit": direction}, becomes)
        for cell, amount, direction, becomes in _tables(
            SECTIONS["Amounts: marks, units, signs, Dr and Cr"]
        )
    ],
    "booked": [
        (cell, {"timestamp": moment}, becomes)
        for cell, moment, becomes in _tables(SECTIONS["Dates and times: forms, AM/PM, two columns"])
    ],
    "account": [
        (cell, {"sender_account_id": account}, becomes)
        for cell, account, becomes in _tables(SECTIONS["Ids: Excel, pandas, several parts"])
    ],
}


@pytest.mark.parametrize(
    ("column", "cell", "written", "becomes"),
    [(column, *row) for column, rows in CELLS.items() for row in rows],
)
def test_a_cell_becomes_what_the_page_says(
    column: str, cell: str, written: dict[str, str], becomes: str, tmp_path: Path
) -> None:
    [frame] = csv.DictReader(io.StringIO(FRAME_CSV))
    named = {name: text for text, name in re.findall(r"`([^`]*)` in `(\w+)`", cell)}
    texts = [named] if named else [{column: text} for text in re.findall(r"`(.*?)`", cell)]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(frame | texts[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(frame | text for text in texts)
    lines = ",\n".join(f"    {_code(value)} as {name}" for name, value in written.items())
    files = {"bank.csv": stream.getvalue().encode()}
    rejected = becomes.removeprefix("rejected: ")
    if rejected != becomes:  # among others, since a load whose rows are all rejected fails
        files["bank2.csv"] = FRAME_CSV.encode()
    recipe = Recipe("[source]\n", {"transactions.sql": _changed(lines)}, files)
    loaded = _load(recipe, tmp_path, max_rejected=0.5 if rejected != becomes else 0)
    if rejected != becomes:
        assert loaded.reasons() == [rejected]
    else:
        rows = loaded.rows(", ".join(written))
        assert {" ".join(row) for row in rows} == {becomes}


def test_a_comment_comes_first_and_names_are_in_capitals(tmp_path: Path) -> None:
    head, rows = FRAME_CSV.split("\n", 1)
    recipe = Recipe(
        "[source]\n",
        {"transactions.sql": f"-- the bank's own export\n{FRAME_SQL.strip()}; -- the end\n"},
        {"bank.csv": f"{head.title()}\n{rows}".encode()},
    )
    assert _load(recipe, tmp_path).rows("amount") == [("12.50",)]


def test_every_recipe_is_run() -> None:
    tables = {title for title, text in SECTIONS.items() if "\n|---" in text}
    assert set(SECTIONS) == set(BLOCKS) | tables
    assert len(BLOCKS) >= 10 and len(list(itertools.chain(*CELLS.values()))) >= 18


def test_every_select_of_the_page_is_one_of_a_mapping_or_a_query_with_an_answer() -> None:
    queries = [query.text for query in examples.queries() if query.page == "docs/own-data.md"]
    for language, _, text in BLOCK.findall(PATH.read_text()):
        if language == "sql":
            assert (text.strip() in queries) != examples.is_of_a_mapping(text)
