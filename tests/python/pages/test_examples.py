"""What the pages tell a reader to type works, and gives what the sentence before it says.

Every query runs on the default warehouse. Of the commands, questions to the warehouse run; the
others are parsed by the program that they name, since a build takes minutes, and run in the tests
of that program. What cannot be parsed here either is listed in `FOREIGN` with the reason.
"""

import functools
import importlib.util
import itertools
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import duckdb
import pytest
import yaml
from click.testing import CliRunner
from dbt.cli.main import cli as dbt

import examples
from conftest import ROOT, Warehouse
from examples import Example
from seed_gen.cli import command as seed_gen
from smartsentry.cli import main as smartsentry
from smartsentry.query import shell
from smartsentry.upkeep import readme

Connection = duckdb.DuckDBPyConnection
Rows = list[tuple]
MOST = 10_000  # rows that are looked at
QUERIES = examples.queries()
COMMANDS = examples.commands()

# ── Queries ──────────────────────────────────────────────────────────────────────────────────

ANSWERS = {
    "synthetic_flow_id",
    "flow_depth",
    "hop_number",
    "flow_origin_at",
    "fraud_type",
    "label",
    "scheme_id",
    "role",
    "time_since_origin_txn",
    "fraud_intensity_score",
    "fraud_intensity_band",
}


def names(con: Connection, relation: str) -> list[str]:
    return [row[0] for row in con.execute(f"describe {relation}").fetchall()]


def describes(relation: str) -> Callable[[Connection, Rows], None]:
    """The table first, then each of its columns, all in words."""

    def check(con: Connection, rows: Rows) -> None:
        assert [row[0] for row in rows] == [None, *names(con, relation)]
        assert all(row[2] for row in rows)

    return check


def are_the_columns_without_answers(con: Connection, rows: Rows) -> None:
    every = names(con, "main.transactions")
    left_out = ANSWERS | {"priority_score"}  # learnt from answers
    assert set(every) > left_out
    assert rows == [(name,) for name in every if name not in left_out]


def are_the_hour_before_the_alert(con: Connection, rows: Rows) -> None:
    expected = con.execute(
        "select other.transaction_id from transactions as one"
        " inner join transactions as other using (sender_account_id)"
        " where one.transaction_id = 'T341748'"
        " and other.timestamp between one.timestamp - interval 1 hour and one.timestamp"
        " order by other.timestamp, other.transaction_no"
    ).fetchall()
    assert [row[:1] for row in rows] == expected
    assert len(rows) > 3  # more than three within the hour: the rule


def are_everything_about_a_customer(con: Connection, rows: Rows) -> None:
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    events = [row[1] for row in rows]
    assert set(events) >= {"customer", "account", "transaction", "alert"}
    assert con.execute(
        "select transactions, alerts from customer_risk inner join accounts using (customer_id)"
        " where account_id = ?",
        [rows[events.index("account")][2]],
    ).fetchall() == [(events.count("transaction"), events.count("alert"))]


def go_from_half_to_double(con: Connection, rows: Rows) -> None:
    sql = "select high_value_transfer__amount from rule_thresholds"
    [(in_force,)] = con.execute(sql).fetchall()
    value = names(con, "threshold_sweep").index("threshold_value")
    values = [row[value] for row in rows]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (in_force / 2, in_force * 2)


def compare_each_typology_with_chance(con: Connection, rows: Rows) -> None:
    assert [row[:2] for row in rows] == con.execute(
        "select distinct fraud_type, rule_set from rule_typology_recall order by all"
    ).fetchall()
    for _, _, recall, honest_rate, lift, is_uncovered in rows:
        assert math.isclose(lift, recall / honest_rate, rel_tol=0.01)
        assert is_uncovered in {0, 1}


def cite_a_provision(_: Connection, rows: Rows) -> None:
    assert rows
    assert all(all(row) for row in rows)  # instrument, paragraph, since when, what it says


def are_the_thresholds_in_force(con: Connection, rows: Rows) -> None:
    [limits] = con.execute("from rule_thresholds").fetchall()
    shown = {
        f"{rule}__{threshold.split(' ')[0]}": float(threshold.split(" ")[1])
        for rule, thresholds in rows
        for threshold in thresholds.split(", ")
    }
    assert shown == dict(zip(names(con, "rule_thresholds"), map(float, limits), strict=True))


def explain_every_column_of_main(con: Connection, rows: Rows) -> None:
    name = names(con, "(select * from duckdb_columns())").index
    comments = {
        (row[name("table_name")], row[name("column_name")]): row[name("comment")]
        for row in rows
        if row[name("schema_name")] == "main" and not row[name("internal")]
    }
    assert len(comments) > 200 and all(comments.values())


def count_the_alerts(con: Connection, rows: Rows) -> None:
    sql = "select alerts from rule_performance where rule_name = 'low_kyc_high_amount'"
    assert [row[1:] for row in rows] == con.execute(sql).fetchall()


def are_in_the_file(con: Connection, _: Rows) -> None:
    written = "select count(*) from 'raw/transactions/part-00000.parquet'"
    expected = con.execute("select count(*) from raw.transactions").fetchall()
    assert con.execute(written).fetchall() == expected


def are_transactions(con: Connection, rows: Rows) -> None:
    assert len(rows) == MOST
    assert {len(row) for row in rows} == {len(names(con, "main.transactions"))}


def are_what_network_rules_surely_find(con: Connection, rows: Rows) -> None:
    expected = con.execute(
        "select rule_name, count(*), sum(transaction_recall) from rule_typology_recall"
        " where rule_set = 'network' and lift_low >= 2 group by rule_name order by rule_name"
    ).fetchall()
    found = [[cell for cell in row[1:] if cell is not None] for row in rows]
    assert [(row[0], len(one), sum(one)) for row, one in zip(rows, found, strict=True)] == expected
    assert len(rows) == 12


def are_the_first_of_the_queue(con: Connection, rows: Rows) -> None:
    priorities = [row[2] for row in rows]
    [(highest,)] = con.execute(
        "select max(priority) from cases where status = 'open' and is_snoozed = 0"
    ).fetchall()
    assert len(rows) == 20 and [row[0] for row in rows] == list(range(1, 21))
    assert priorities == sorted(priorities, reverse=True) and priorities[0] == highest


def are_the_cases_of_the_last_day(con: Connection, rows: Rows) -> None:
    expected = con.execute(
        "select case_id from cases where status = 'open' and is_snoozed = 0"
        " and last_qualifying_at >= (select max(date) from transactions)"
    ).fetchall()
    assert sorted(row[1] for row in rows) == sorted(case for (case,) in expected)
    assert rows and [row[0] for row in rows] == sorted(row[0] for row in rows)


def come_to_69_a_day(_: Connection, rows: Rows) -> None:
    assert len(rows) == 122
    queued = [row[1] for row in rows]
    assert (round(sum(queued) / len(queued)), max(queued)) == (69, 177)
    assert (sum(cases <= 20 for cases in queued), queued.count(0)) == (34, 4)


def are_the_rows_of_the_first_case(con: Connection, rows: Rows) -> None:
    [(customer, opened, last)] = con.execute(
        "select customer_id, opened_at, last_qualifying_at from cases"
        " order by priority desc, opened_at, case_id limit 1"
    ).fetchall()
    during = "from transactions where customer_id = ? and timestamp between ? and ?"
    [(rows_then,)] = con.execute(f"select count(*) {during}", [customer, opened, last]).fetchall()
    assert len(rows) == min(rows_then, MOST)
    assert [row[4] for row in rows] == sorted(row[4] for row in rows)


def are_the_money_of_the_first_case(con: Connection, rows: Rows) -> None:
    [(opened, last)] = con.execute(
        "select opened_at - to_hours(48), last_qualifying_at from case_queue"
        " where queue_position = 1"
    ).fetchall()
    assert all(opened <= row[0] <= last for row in rows)
    assert {row[9] for row in rows} == {"account", "counterparty"}


def add_up_to_the_priority(con: Connection, rows: Rows) -> None:
    priority = "select priority_score from transactions where transaction_id = 'T1'"
    points = names(con, "(from priority_reasons('T1'))").index("points")
    assert con.execute(priority).fetchall() == [(sum(row[points] for row in rows),)]


def measure_both_scores_in_each_period(_: Connection, rows: Rows) -> None:
    assert {row[1] for row in rows} == {"priority_score", "rule_risk_score"}
    assert len(rows) == 2 * len({row[0] for row in rows}) > 2


def are_the_three_orders(_: Connection, rows: Rows) -> None:
    assert [row[0] for row in rows] == ["chance", "priority", "rule_risk_score"]


def are_all_alerts_of_a_whole_build(con: Connection, rows: Rows) -> None:
    counts = "select rule_name, count(*) from alerts group by all"
    assert dict(rows) == dict(con.execute(counts).fetchall())


def are_all_cases_of_a_whole_build(con: Connection, rows: Rows) -> None:
    best_first = "select case_id from cases order by priority desc, opened_at, case_id"
    assert [row[0] for row in rows] == [case for (case,) in con.execute(best_first).fetchall()]


def are_none_where_the_data_are_made(_: Connection, rows: Rows) -> None:
    """Only loaded data lack inputs and come from a file: test_own_data.py runs these on some."""
    assert rows == []


# What the sentence before a query says, by how the query begins; `readme` pastes the others.
SAYS: dict[str, Callable[[Connection, Rows], None]] = {
    "from alert_transactions(": are_the_hour_before_the_alert,
    "from case_budget_means": are_the_three_orders,
    "from case_file(": are_everything_about_a_customer,
    "from case_queue order by": are_the_first_of_the_queue,
    "from case_queue\nwhere": are_the_cases_of_the_last_day,
    "pivot (": are_what_network_rules_surely_find,
    "select day, queued_cases": come_to_69_a_day,
    "from case_money(": are_the_money_of_the_first_case,
    "from d('alerts')": describes("alerts"),
    "from describe_table('alerts')": describes("alerts"),
    "from describe_table('raw.transactions')": describes("raw.transactions"),
    "from raw.load_receipt where warning is not null": are_none_where_the_data_are_made,
    "from rule_applicability where is_applicable = 0": are_none_where_the_data_are_made,
    "from threshold_sweep": go_from_half_to_double,
    "from raw.superseded_rows": are_none_where_the_data_are_made,
    "select alert_id, withdrawn_build": are_none_where_the_data_are_made,
    "select source_table, figure, item as file": are_none_where_the_data_are_made,
    "select rule_name, count(*) as new from new_alerts": are_all_alerts_of_a_whole_build,
    "from new_cases": are_all_cases_of_a_whole_build,
    "from priority_reasons(": add_up_to_the_priority,
    "from scorecard_performance": measure_both_scores_in_each_period,
    "from transactions": are_transactions,
    "select * from duckdb_columns()": explain_every_column_of_main,
    "select alerts.*, landed.": are_none_where_the_data_are_made,
    "select fraud_type, rule_set, transaction_recall": compare_each_typology_with_chance,
    "select rule_name, rationale_instrument": cite_a_provision,
    "select\n    case_transactions.*": are_the_rows_of_the_first_case,
    "select column_name": are_the_columns_without_answers,
    "select rule_name, count(*) from 'warehouse/spark/": count_the_alerts,
    "select rule_name, thresholds from rule_catalogue": are_the_thresholds_in_force,
    "copy raw.transactions to": are_in_the_file,
}
PASTED = {path.read_text().partition("\n")[2].strip() for path in readme.ANALYSES.glob("*.sql")}


def said_of(query: str) -> list[str]:
    return [beginning for beginning in SAYS if query.startswith(beginning)]


@pytest.fixture(scope="module")
def con(default_warehouse: Warehouse) -> Iterator[Connection]:
    """The default warehouse with what the DuckDB shell adds."""
    with default_warehouse.connect() as con:
        con.execute(shell.DESCRIBE)
        yield con


@pytest.fixture
def folder(con: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with the alerts of one rule, in Parquet as Spark lays tables out."""
    (tmp_path / "warehouse/spark/main/alerts").mkdir(parents=True)
    (tmp_path / "raw/transactions").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    con.execute(
        "copy (from alerts where rule_name = 'low_kyc_high_amount')"
        " to 'warehouse/spark/main/alerts/part-00000.parquet'"
    )


@pytest.mark.parametrize("query", [query for query in QUERIES if query.text not in PASTED], ids=str)
def test_a_query_gives_what_the_sentence_before_it_says(
    con: Connection, query: Example, request: pytest.FixtureRequest
) -> None:
    if ".parquet'" in query.text:
        request.getfixturevalue("folder")
    [beginning] = said_of(query.text) or pytest.fail("say in SAYS what this query must give")
    relation = con.sql(query.text)  # none where nothing is asked: `copy`
    rows = relation.limit(MOST).fetchall() if relation else []
    assert len(set(map(str, rows))) == len(rows), "a row stands twice"
    SAYS[beginning](con, rows)


def test_every_pasted_query_has_a_result(con: Connection) -> None:
    shown = [query for query in QUERIES if query.text in PASTED]
    assert len(shown) == len(PASTED) >= 10
    assert [query.page for query in shown if not con.execute(query.text).fetchall()] == []


def test_what_is_said_of_queries_is_of_queries_in_the_pages() -> None:
    assert {said for query in QUERIES for said in said_of(query.text)} == set(SAYS)


# ── Commands ─────────────────────────────────────────────────────────────────────────────────

# Programs that no test can start, and why.
FOREIGN = {
    "harlequin": "brings 35 packages and is not in the locks",
    "pip": "installs from the network",
    "pre-commit": "changes the git hooks of the checkout",
    "pip-audit": "is not in the locks and asks databases on the network",
    "python3": "makes an environment for one of these",
    "spark-class": "is a cluster's master or worker and does not end; tests/spark has no cluster",
    "spark-submit": "is a cluster's Thrift server and does not end",
}


def understood(program: click.Command, words: list[str], is_whole: bool) -> None:
    """Raise click.UsageError where a program does not take these words."""
    if isinstance(program, click.Group):
        name, *words = words
        program = program.commands.get(name) or pytest.fail(f"there is no command {name}")
    if is_whole:
        program.make_context(program.name, list(words))
        return
    options = {option for parameter in program.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= options


def takes_these_vars(words: list[str]) -> None:
    """Fail where dbt is given a var that the project does not have."""
    known = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    for option, given in itertools.pairwise(words):
        if option == "--vars":
            assert set(yaml.safe_load(given)) <= set(known)


@functools.cache
def planned(*words: str) -> str:
    """Return what make would run."""
    environment = {
        name: v for name, v in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    ran = subprocess.run(
        ["make", "--dry-run", *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.replace("\\\n", " ")


def make_would_run(words: list[str]) -> None:
    """Fail where a target or variable does not exist, or its commands are not understood."""
    makefile = (ROOT / "Makefile").read_text().replace("$(VENV)", ".venv")
    targets = [word for word in words if "=" not in word]
    for variable in (word.split("=")[0] for word in words if "=" in word):
        assert re.search(rf"\$\({variable}\)", makefile), f"make does not use {variable}"
    for target in targets:
        assert re.search(rf"^{re.escape(target)}:", makefile, re.M), f"there is no make {target}"
    for line in planned(*words).splitlines():
        if match := re.search(r"\.venv/bin/(smartsentry|dbt|seed-gen|python) .*", line):
            command_is_understood(Example("Makefile", match[0], True))


def command_is_understood(example: Example) -> None:
    program, *words = example.words
    program = Path(program).name
    match program:
        case "make":
            make_would_run(words)
        case "smartsentry":
            understood(smartsentry, words, example.is_whole)
        case "seed-gen":
            understood(seed_gen, words, example.is_whole)
        case "dbt":
            understood(dbt, [word for word in words if word != "--quiet"], example.is_whole)
            takes_these_vars(words)
        case "pytest":
            assert [w for w in words if "/" in w and not (ROOT / w).exists()] == []
        case "python" if words[0] == "-m":
            assert importlib.util.find_spec(words[1])
        case "python":  # measurements, which take minutes and never fail
            compile((ROOT / words[0]).read_text(), words[0], "exec")
        case _:
            assert program in FOREIGN, "run it, or say in FOREIGN why no test can"


@pytest.mark.parametrize("example", COMMANDS, ids=str)
def test_a_command_is_understood_by_its_program(example: Example) -> None:
    try:
        command_is_understood(example)
    except click.UsageError as error:
        pytest.fail(error.format_message())


def test_variables_set_before_a_command_are_read_by_one() -> None:
    read = "".join(
        path.read_text()
        for folder in ("smartsentry", "tests/bench")
        for path in (ROOT / folder).rglob("*.py")
    )
    read += (ROOT / "profiles.yml").read_text()
    given = {name for example in COMMANDS for name in example.variables}
    assert len(given) > 3
    assert [name for name in given if f'"{name}"' not in read and f"'{name}'" not in read] == []


def test_foreign_commands_are_still_in_the_pages() -> None:
    programs = {Path(example.words[0]).name for example in COMMANDS}
    assert set(FOREIGN) <= programs


QUESTIONS = [
    example
    for example in COMMANDS
    if example.is_whole and example.words[1:2] == ["sql"] and len(example.words) > 2
]


@pytest.mark.parametrize("example", QUESTIONS, ids=str)
def test_a_question_on_the_command_line_is_answered(
    small_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, example: Example
) -> None:
    monkeypatch.setenv("SMARTSENTRY_DB", str(small_warehouse.path))
    ran = CliRunner().invoke(smartsentry, example.words[1:])
    assert ran.exit_code == 0, ran.output
    assert "│" in ran.output


def test_a_bare_dbt_beside_a_reader_says_what_the_docs_quote(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    quoted, _, _ = (
        (ROOT / "docs/operations.md").read_text().partition("Encountered an error:\n")[2]
    ).partition("```")
    copy = small_warehouse.copy(tmp_path)
    before = copy.path.read_bytes()
    hold = "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True); print(); input()"
    command = [sys.executable, "-c", hold, str(copy.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        reader.stdout.readline()
        ran = copy.dbt("build")
        reader.communicate(b"\n")
    _, _, printed = ran.stdout.partition("Encountered an error:\n")
    said = re.sub(r'"\S+"|in \S+ \(PID \d+\)', "", " ".join(quoted.split()).removesuffix("…"))
    assert said.strip() in re.sub(r'"\S+"|in \S+ \(PID \d+\)', "", printed)
    assert "Traceback" in printed
    assert (ran.returncode, copy.path.read_bytes()) == (2, before)


def test_every_page_is_linked_and_every_link_leads_somewhere() -> None:
    linked = {ROOT / "README.md"}
    for page in examples.PAGES:
        for link, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
            target = (page.parent / link).resolve() if link else page
            assert target.exists(), f"{page.name} links to {link}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
                anchors = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]
                assert anchor in anchors, f"{page.name} links to {link}#{anchor}"
            linked.add(target)
    assert [
        page.name for page in examples.PAGES if "docs" in page.parts and page not in linked
    ] == []
