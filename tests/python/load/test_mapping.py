"""A mapping is checked in full before a row is read: one sentence, exit 2, nothing written."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT
from own_data import Place, select
from raw_layer import contract
from raw_layer.errors import BadInputError
from smartsentry.load.mapping import read_mapping
from smartsentry.load.statement import Statement, read_statement

# source.toml. Each entry is a text and what its refusal says; `S` is the section that must be.

S = '[source]\nfiles = "*"\n'

BAD_TOML = {
    "not TOML": ("a = ", "is not TOML"),
    "a key twice": ('name = "a"\nname = "b"', "is not TOML"),
    "no section": ('name = "x"', "the section [source] is missing, or a section [transactions]"),
    "a section for another table": ("[accounts]", "the section [source] is missing"),
    "unknown key": ("colour = 1\n" + S, "colour is unknown; allowed are bank_time_zone, earliest"),
    "unknown key of a section": (S + "colour = 1", "source.colour is unknown; allowed are"),
    "columns, as in old mappings": (S + "[source.columns]\n", "source.columns is unknown"),
    "sections in a list": ("[[source]]\nfiles = '*'\n", "source is unknown"),
    "name is a number": ("name = 1\n" + S, "name is 1; it must be a text that is not empty"),
    "name is empty": ('name = ""\n' + S, "name is ''; it must be a text that is not empty"),
    "no such zone": ('bank_time_zone = "Mars/Olympus"\n' + S, "must be the name of a time zone"),
    "zone is a number": ("bank_time_zone = 5\n" + S, "bank_time_zone is 5; it must be the name"),
    "zone with SQL": ('bank_time_zone = "UTC\' --"\n' + S, "must be the name of a time zone"),
    "precision": ('time_precision = "hour"\n' + S, "it must be one of second, minute, day"),
    "precision in a list": ('time_precision = ["day"]\n' + S, "must be one of second, minute, day"),
    "newest_first is a text": ('newest_first = "yes"\n' + S, "it must be true or false"),
    "newest_first is 1": ("newest_first = 1\n" + S, "newest_first is 1; it must be true or false"),
    "window backwards": (
        "window_start = 2025-02-01\nwindow_end = 2025-01-01\n" + S,
        "window_end is 2025-01-01; it must be on or after window_start, 2025-02-01",
    ),
    "range backwards": ("earliest = 2200-01-01\n" + S, "must be after earliest, 2200-01-01"),
    "range of nothing": (
        "earliest = 2025-01-01\nlatest = 2025-01-01\n" + S,
        "latest is 2025-01-01; it must be after earliest",
    ),
    "date is a text": ('latest = "2100"\n' + S, "must be a date such as 2025-09-01"),
    "date with a time": ("earliest = 2025-01-01T00:00:00\n" + S, "earliest is 2025-01-01"),
    "files is a list": ('[source]\nfiles = ["a"]', "source.files is ['a']; it must be a text"),
    "files is empty": ('[source]\nfiles = ""', "source.files is ''; it must be a text"),
    "table is a number": ("[source]\ntable = 1", "source.table is 1; it must be a text"),
    "delimiter of two": (S + 'delimiter = "::"', "one character other than a quote"),
    "delimiter is a quote": (S + "delimiter = '\"'", "one character other than a quote"),
    "delimiter is a line end": (S + 'delimiter = "\\n"', "one character other than a quote"),
    "delimiter is no ASCII": (S + 'delimiter = "§"', "one character other than a quote"),
    "quote is a letter": (S + 'quote = "q"', "source.quote is 'q'"),
    "quote is the delimiter": (S + 'quote = "\'"\ndelimiter = "\'"', "another character than"),
    "no such encoding": (S + 'encoding = "ebcdic"', "must be one of utf-8"),
    "header is a list": (S + "header = []", "it must be true, false, a line's number or its begin"),
    "header is line 0": (S + "header = 0", "source.header is 0"),
    "header is below 0": (S + "header = -1", "source.header is -1"),
    "header is empty": (S + 'header = ""', "source.header is ''"),
    "header is a fraction": (S + "header = 1.5", "source.header is 1.5"),
    "no header and no names": (S + "header = false", "true where source.names is not given"),
    "names twice": (S + 'names = ["a", "A"]', "must be names that differ"),
    "names are no list": (S + 'names = "a"', "source.names is 'a'; it must be a list of texts"),
    "names are none": (S + "names = []", "source.names is []; it must be a list of texts"),
    "a name is a number": (S + "names = [1]", "source.names[0] is 1; it must be a text"),
    "a null is empty": (S + 'nulls = [""]', "source.nulls[0] is ''; it must be a text"),
    "relation in capitals": (S + "[Rates]\nfiles = 'r'", "[Rates] cannot be the name"),
    "relation with a quote": (S + "['r\"x']\nfiles = 'r'", "cannot be the name of a relation"),
    "relation with a space": (S + "['r x']\nfiles = 'r'", "cannot be the name of a relation"),
    "relation begins with a digit": (S + "[1r]\nfiles = 'r'", "[1r] cannot be the name"),
    "relation named as a step": (S + "[mapped]\nfiles = 'r'", "[mapped] cannot be the name"),
    "relation named as the rejected": (S + "[rejected]\nfiles = 'r'", "[rejected] cannot be"),
    "relation named as a word of SQL": (S + "[order]\nfiles = 'r'", "[order] cannot be the name"),
}


@pytest.mark.parametrize("kind", BAD_TOML)
def test_a_bad_source_toml_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    text, said = BAD_TOML[kind]
    place = Place(tmp_path)
    place.map(text, transactions=select())
    with pytest.raises(BadInputError) as refused:
        read_mapping(place.mapping)
    sentence = str(refused.value)
    assert said in sentence
    assert str(place.mapping / "source.toml") in sentence
    assert sentence.endswith(".") and "\n" not in sentence
    assert refused.value.exit_code == 2


FOLDERS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "nothing": ({}, "source.toml cannot be read (No such file or directory)"),
    "no statement": ({"source.toml": S}, "m has no transactions.sql"),
    "no source.toml": ({"transactions.sql": select()}, "source.toml cannot be read"),
    "not UTF-8": ({"source.toml": b"\xff", "transactions.sql": select()}, "it is not UTF-8"),
    "a statement that is not UTF-8": (
        {"source.toml": S, "transactions.sql": b"select '\xff'"},
        "transactions.sql cannot be read (it is not UTF-8)",
    ),
    "a statement for no table": (
        {"source.toml": S, "transactions.sql": select(), "payments.sql": "select 1"},
        "payments.sql is for no table; the tables are account_beneficiaries, account_devices",
    ),
    "a statement for a table of the loader": (
        {"source.toml": S, "transactions.sql": select(), "load_receipt.sql": "select 1"},
        "load_receipt.sql is for no table",
    ),
    "customers alone": (
        {"source.toml": S, "transactions.sql": select(), "customers.sql": "select 1"},
        "has customers.sql and no accounts.sql",
    ),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_that_is_no_mapping_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    files, said = FOLDERS[kind]
    place = Place(tmp_path)
    place.mapping.mkdir()
    for name, content in files.items():
        place.write(f"m/{name}", content)
    with pytest.raises(BadInputError) as refused:
        read_mapping(place.mapping)
    sentence = str(refused.value)
    assert said in sentence and str(place.mapping) in sentence
    assert sentence.endswith(".") and "\n" not in sentence


def test_an_old_mapping_is_refused_and_the_page_is_named(tmp_path: Path) -> None:
    old = tmp_path / "paysim.toml"
    old.write_text("[transactions.columns]\n")
    with pytest.raises(BadInputError, match=r"is a file; .* docs/own-data\.md says how"):
        read_mapping(old)


def test_every_key_of_source_toml_is_read(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.map(
        """
        name = "A bank"
        bank_time_zone = "Asia/Kolkata"
        earliest = 2020-01-01
        latest = 2026-01-01
        window_start = 2025-01-01
        window_end = 2025-01-31
        time_precision = "minute"
        newest_first = true
        [source]
        files = "t*"
        table = "bank.rows"
        delimiter = ";"
        quote = ""
        encoding = "windows-1250"
        header = "Date;"
        names = ["a", "b"]
        nulls = ["-"]
        [rates]
        files = "r*"
        """,
        transactions=select(),
    )
    mapping = read_mapping(place.mapping)
    assert (mapping.name, mapping.bank_time_zone) == ("A bank", "Asia/Kolkata")
    assert [str(day) for day in (mapping.earliest, mapping.latest)] == ["2020-01-01", "2026-01-01"]
    assert (str(mapping.window_start), str(mapping.window_end)) == ("2025-01-01", "2025-01-31")
    assert (mapping.time_precision, mapping.newest_first) == ("minute", True)
    source = mapping.relations["source"]
    assert (source.files, source.table) == ("t*", "bank.rows")
    reader = source.reader
    assert (reader.delimiter, reader.quote, reader.encoding) == (";", "", "windows-1250")
    assert (reader.header, reader.names, reader.nulls) == ("Date;", ("a", "b"), ("-",))
    assert [relation.name for relation in mapping.further()] == ["rates"]


def test_the_mappings_of_the_project_are_read() -> None:
    folders = [path for path in (ROOT / "mappings").iterdir() if path.is_dir()]
    assert [folder for folder in folders if not read_mapping(folder).statements] == []
    assert folders


# Statements: bound against the columns of the files before a row is read.

COLUMNS = [(name, "VARCHAR") for name in ("account", "other", "t", "amount", "x")]
RELATIONS = {
    "source": [*COLUMNS, ("n", "DOUBLE"), ("l", "BIGINT[]"), ("current_user", "VARCHAR")],
    "rates": [("day", "VARCHAR"), ("rate", "VARCHAR")],
}
FOUR = 'account as sender_account_id, other as beneficiary_id, t as "timestamp", amount'


def bind(
    tmp_path: Path, text: str, table: str = "transactions", zone: str | None = None
) -> Statement:
    path = tmp_path / f"{table}.sql"
    path.write_text(text)
    [found] = [known for known in contract.TABLES if known.name == table]
    return read_statement(path, found, RELATIONS, zone)


def plus(item: str, rest: str = "from source", four: str = FOUR) -> str:
    """Return a good statement with one more item on its second line."""
    return f"select source.line, {four}{',' if item else ''}\n{item}\n{rest}"


def rows_of(rest: str) -> str:
    return f"select source.line, {FOUR}\n{rest}"


SEVERAL = "look at several rows of source"
CHANGES = "gives another value each time"
NO_SELECT = "it must be one select"

# The file's text, the line that the refusal names (None where it is the whole), and what it says.
BAD_SQL: dict[str, tuple[str, int | None, str]] = {
    "a comma too many": ("select line,,\nx\nfrom source", 1, "syntax error at or near"),
    "a word misspelt": (f"select line, {FOUR}\n\nfrm source", 3, "syntax error at or near"),
    "an open bracket": (plus("(x as channel"), 2, "syntax error"),
    "an open text": (plus("'x as channel"), 2, "unterminated string literal"),
    "nothing": ("", None, "it has 0 statements and must have one select"),
    "a comment": ("-- later\n", None, "it has 0 statements and must have one select"),
    "unknown column": (
        plus("chanel as channel"),
        2,
        "there is no column chanel (source has account, other, t",
    ),
    "unknown column of a relation": (
        rows_of("from source join rates on rates.code = x"),
        2,
        'Values list "rates" does not have a column named "code"',
    ),
    "unknown function": (plus("reverze(x) as channel"), 2, "name reverze does not exist"),
    "unknown contract column": (plus("x as colour"), None, "colour is no column of transactions; "),
    "column without a name": (plus("upper(x)"), None, "upper(x) is no column of transactions"),
    "column of the loader": (plus("x as missed"), None, "missed is no column of transactions"),
    "column of the loader, the other": (plus("x as is_negative"), None, "is_negative is no column"),
    "missing time": (
        plus("", four="account as sender_account_id, other as beneficiary_id, amount"),
        None,
        "the column timestamp is missing",
    ),
    "missing amount": (
        plus("", four='account as sender_account_id, other as beneficiary_id, t as "timestamp"'),
        None,
        "the column amount is missing",
    ),
    "missing account": (
        plus("", four='other as beneficiary_id, t as "timestamp", amount'),
        None,
        "the column sender_account_id is missing",
    ),
    "no counterparty": (
        plus("", four='account as sender_account_id, t as "timestamp", amount'),
        None,
        "it must have receiver_account_id or beneficiary_id, the counterparty",
    ),
    "a condition is no amount": (
        plus("", four=FOUR.replace(", amount", ", amount = '1' as amount")),
        None,
        "amount is BOOLEAN, which cannot become decimal(18,2)",
    ),
    "a date is no amount": (
        plus("", four=FOUR.replace(", amount", ", date '2025-01-01' as amount")),
        None,
        "amount is DATE, which cannot become decimal(18,2)",
    ),
    "a number is no time": (
        plus("", four=FOUR.replace(" t as", " n as")),
        None,
        "timestamp is DOUBLE, which cannot become timestamp",
    ),
    "a number is no category": (plus("n as channel"), None, "channel is DOUBLE, which cannot"),
    "a list is no category": (plus("l as channel"), None, "channel is BIGINT[], which cannot"),
    "a fraction is no id": (plus("1.5 as device_id"), None, "device_id is DECIMAL(2,1), which"),
    "a date is no flag": (plus("date '2025-01-01' as label"), None, "label is DATE, which cannot"),
    "a zone without the bank's": (
        plus("", four=FOUR.replace(" t as", " t::timestamptz as")),
        None,
        "timestamp has a zone; source.toml needs bank_time_zone",
    ),
    "column twice": (plus("x as amount"), None, "the column amount stands twice"),
    "two statements": (f"{plus('')};\n{plus('')}", None, "it has 2 statements and must have one"),
    "union": (f"{plus('')} union all {plus('')}", None, "it must be one select, without union"),
    "except": (f"{plus('')} except {plus('')}", None, "it must be one select, without union"),
    **{
        text.split(" ", 1)[0]: (text, None, NO_SELECT)
        for text in (
            "insert into raw.accounts values (1)",
            "copy source to 'x.csv'",
            "attach 'x.duckdb'",
            "pragma threads = 4",
            "set threads = 1",
            "create table x as from source",
            "delete from source",
            "update source set x = 1",
            "drop table source",
            "load httpfs",
            "install httpfs",
            "call duckdb_tables()",
            "export database 'x'",
            "explain from source",
            "pivot source on x using count(*)",
            "with a as (select 1) insert into x select * from a",
        )
    },
    **{
        function: (rows_of(f"from source, {function}({argument})"), 2, f"{function}() cannot be")
        for function, argument in (
            ("read_csv", "'x.csv'"),
            ("read_parquet", "'x.parquet'"),
            ("read_json", "'x.json'"),
            ("read_text", "'/etc/passwd'"),
            ("read_blob", "'/etc/passwd'"),
            ("glob", "'*'"),
            ("duckdb_tables", ""),
            ("query_table", "'source'"),
            ("query", "'select 1'"),
            ("seq_scan", "'source'"),
            ("pragma_database_list", ""),
            ("json_execute_serialized_sql", "'x'"),
        )
    },
    "a function in a subquery": (
        plus("(select max(content) from read_text('/etc/passwd')) as channel"),
        2,
        "read_text() cannot be read from",
    ),
    "a file": (rows_of("from source, 'x.csv'"), 2, "there is no relation x.csv; there are rates"),
    "a table of the schema": (
        rows_of("from source, information_schema.tables"),
        2,
        "there is no relation information_schema.tables",
    ),
    "a raw table": (rows_of("from source, raw.accounts"), 2, "there is no relation raw.accounts"),
    "a step of the loader": (rows_of("from source, read_rows"), 2, "there is no relation read_"),
    "unknown relation": (rows_of("from sauce"), 2, "there is no relation sauce; there are rates"),
    "another source than source": (
        f"select line, {FOUR}\nfrom rates",
        None,
        "does not read source",
    ),
    "nothing is read": ("select 1 as line", None, "it does not read source"),
    "window": (plus("lag(x) over (order by line) as channel"), 2, "looks at other rows of source"),
    "window in a subquery": (
        "select line, account as sender_account_id, other as beneficiary_id,\n"
        't as "timestamp", amount from\n(select *, row_number() over () from source)',
        3,
        "looks at other rows of source",
    ),
    "aggregate": (plus("max(x) as channel"), 2, "max() looks at several rows of source"),
    "count": (plus("count(*) as hop_number"), 2, "looks at several rows of source"),
    "aggregate in a step": (
        f"with a as (select max(line) as line, account from source)\nselect line, {FOUR} from a",
        1,
        "max() looks at several rows of source",
    ),
    "aggregate over a union of source": (
        "with a as (select line, x from source union all select line, x from source)\n"
        "select max(line) as line from a",
        None,
        "it reads source twice",
    ),
    **{
        words.split(" with", 1)[0]: (rows_of(f"from source {words}"), None, SEVERAL)
        for words in (
            *("group by all", "group by x", "limit 5", "offset 5", "order by line"),
            *("group by rollup (x)", "using sample 5", "tablesample 10%", "limit 10%"),
        )
    },
    "distinct": (f"select distinct line, {FOUR} from source", None, SEVERAL),
    "distinct on": (f"select distinct on (x) line, {FOUR} from source", None, SEVERAL),
    "limit in a subquery": (
        f"select line, {FOUR} from (from source limit 3)",
        None,
        SEVERAL,
    ),
    "qualify": (rows_of("from source qualify row_number() over () = 1"), 2, "other rows of source"),
    "source beside itself": (
        "select a.line, a.account as sender_account_id from source as a, source as b",
        None,
        "it reads source twice",
    ),
    "source in a condition": (
        rows_of("from source where exists (select 1 from source as s where s.x = other)"),
        None,
        "it reads source twice",
    ),
    "right join": (rows_of("from source right join rates on x = day"), None, "right or full join"),
    "full join": (rows_of("from source full join rates on x = day"), None, "right or full join"),
    **{
        call: (plus(f"{call} as flow_origin_at"), 2, CHANGES)
        for call in (
            *("random()", "now()", "uuid()", "today()", "current_date", "CURRENT_TIMESTAMP"),
            *("localtimestamp", "get_current_timestamp()", "getvariable('x')", "nextval('s')"),
            *("gen_random_uuid()", "setseed(0.5)", "current_setting('threads')"),
            "txid_current()",
        )
    },
    "rowid": (plus("rowid as hop_number"), 2, "there is no column rowid"),
    "a parameter": (plus("? as channel"), None, "Values were not provided for the following"),
    **{
        f"line is {text}": (f"select {text}, {FOUR} from source", None, "must have the column line")
        for text in (
            *("x", "x as line", "line + 1 as line", "1 as line", "line::bigint as line"),
            *("line as zeile", "*"),
        )
    },
    "line of another relation": (
        f"select rates.line, {FOUR} from source join rates on x = day",
        None,
        "line must be that of source",
    ),
    "line of another relation by a step": (
        f"with s as (select account, other, t, amount, x from source)\nselect line, {FOUR}"
        " from s join rates on x = day",
        None,
        "line must be that of source",
    ),
    "a call that no macro has": (plus("money() as hop_number"), 2, "does not support the supplied"),
}


@pytest.mark.parametrize("kind", BAD_SQL)
def test_a_bad_statement_is_refused_in_one_sentence_with_its_line(
    kind: str, tmp_path: Path
) -> None:
    text, line, said = BAD_SQL[kind]
    with pytest.raises(BadInputError) as refused:
        bind(tmp_path, text)
    sentence = str(refused.value)
    place = f"{tmp_path / 'transactions.sql'}{'' if line is None else f', line {line}'}: "
    assert said in sentence
    if line is not None:
        assert sentence.startswith(place)
    assert str(tmp_path / "transactions.sql") in sentence
    assert sentence.endswith(".") and "\n" not in sentence
    assert refused.value.exit_code == 2


GOOD_SQL = {
    "four columns": plus(""),
    "a semicolon": plus("") + ";",
    "a semicolon and a comment": plus("") + "; -- the end",
    "a comment at the end": plus("") + "\n-- the end",
    "a byte order mark": "\ufeff" + plus(""),
    "CR LF": plus("").replace("\n", "\r\n"),
    "other letters before line": "select /* ü€𝄞 */ " + plus("").removeprefix("select "),
    "an alias": plus("", "from source as s").replace("source.line", "s.line"),
    "a step": f"with a as (select * from source where x is not null)\nselect line, {FOUR} from a",
    "left join": rows_of("from source left join rates on x = day"),
    "a step over another relation": "with a as (select day, max(rate) as rate from rates group by"
    f" day)\n{plus('a.rate as channel', 'from source left join a on x = a.day')}",
    "a subquery over another relation": plus("(select max(rate) from rates) as channel"),
    "exists": rows_of("from source where exists (select 1 from rates where day = x)"),
    "semi join": rows_of("from source semi join rates on x = day"),
    "a list": plus("list_sum(list_transform(l, lambda v: v + 1))::bigint as hop_number"),
    "a function of the mapping's error": plus("error('no') as channel"),
    "the file's name": plus("file as device_id"),
    "a deep expression": plus("(" * 200 + "x" + ")" * 200 + " as channel"),
    "an enum": plus("x::enum('web', 'atm') as channel"),
    "null": plus("null as channel"),
}


@pytest.mark.parametrize("kind", GOOD_SQL)
def test_a_good_statement_is_bound(kind: str, tmp_path: Path) -> None:
    statement = bind(tmp_path, GOOD_SQL[kind])
    assert {"sender_account_id", "beneficiary_id", "timestamp", "amount"} <= set(statement.columns)
    assert "source" in statement.names
    assert ("rates" in statement.names) == ("rates" in GOOD_SQL[kind])


def test_a_moment_with_a_zone_needs_the_banks_zone(tmp_path: Path) -> None:
    text = plus("", four=FOUR.replace(" t as", " moment(t, '%Y-%m-%d %z') as"))
    with pytest.raises(BadInputError, match="needs bank_time_zone"):
        bind(tmp_path, text)
    assert bind(tmp_path, text, zone="Asia/Kolkata").columns


def test_other_tables_require_what_the_contract_does(tmp_path: Path) -> None:
    for table in contract.TABLES:
        if table.name not in ("accounts", "account_devices", "schemes", "customers"):
            continue
        for missing in table.required():
            given = [name for name in table.required() if name != missing]
            listed = "".join(f", null as {name}" for name in given)
            with pytest.raises(BadInputError, match=f"the column {missing} is missing"):
                bind(tmp_path, f"select line{listed} from source", table.name)


@pytest.mark.parametrize(
    ("source", "statements", "said"),
    [
        (
            "",
            {"transactions": plus("colour as channel")},
            "transactions.sql, line 2: there is no column colour",
        ),
        (
            '[rates]\nfiles = "r*"\n',
            {"transactions": select()},
            "[rates] of source.toml is read by no statement",
        ),
        (
            '[accounts]\nfiles = "r*"\n',
            {"transactions": select(), "accounts": "select line, day as account_id from source"},
            "accounts.sql: the column customer_id is missing",
        ),
    ],
)
def test_nothing_is_written_for_a_refused_mapping(
    tmp_path: Path, source: str, statements: dict[str, str], said: str
) -> None:
    place = Place(tmp_path)
    place.map(f'[source]\nfiles = "t*"\n{source}', **statements)
    place.write("t.csv", "account,other,t,amount,x\nA,B,2025-01-01,1,\n")
    place.write("r.csv", "day,rate\nx,1\n")
    names = ["t.csv", "r.csv"] if source else ["t.csv"]
    with pytest.raises(BadInputError) as refused:
        place.load(*names)
    assert said in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "r.csv", "t.csv"]


# The command.


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run `smartsentry` in a folder with a good mapping; return exit code and what it said."""
    place = Place(tmp_path)
    place.map(S, transactions=select())
    place.write("t.csv", "account,other,t,amount\nA,B,2025-01-01,1\n")

    def run(*arguments: str) -> tuple[int, str]:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "SMARTSENTRY_DB": str(tmp_path / "published.duckdb"),
        }
        ran = subprocess.run(
            [sys.executable, "-m", "smartsentry.cli", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in ran.stderr
        return ran.returncode, ran.stderr

    return run


REFUSED = {
    "no mapping": ("load none --from t.csv --out o.duckdb", 2, "none/source.toml cannot be read"),
    "a mapping of before": ("load t.csv --from t.csv --out o.duckdb", 2, "a mapping is a folder"),
    "no file": ("load m --from n*.csv --out o.duckdb", 2, "there is no such file"),
    "a folder": ("load m --from . --out o.duckdb", 2, "that is a folder"),
    "a share above 1": ("load m --from t.csv --out o.duckdb --max-rejected 2", 2, "0<=x<=1"),
    "a share of nothing": (
        "load m --from t.csv --out o.duckdb --max-rejected nan",
        2,
        "must be a share from 0 to 1",
    ),
    "named as the schema": ("load m --from t.csv --out raw.duckdb", 2, "raw is the schema"),
    "no such folder": ("load m --from t.csv --out n/o.duckdb", 2, "folder that exists"),
    "out is no DuckDB file": (
        "load m --from t.csv --out m/source.toml",
        2,
        "not a DuckDB database",
    ),
    "raw is missing": ("build --raw none.duckdb", 1, "there is no such file"),
    "raw and a seed": ("build --raw o.duckdb --seed 7", 2, "leave out --seed"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    run: Callable[..., tuple[int, str]], kind: str
) -> None:
    line, code, said = REFUSED[kind]
    found, stderr = run(*line.split())
    assert (found, said in stderr) == (code, True), stderr


def test_a_file_of_another_kind_and_one_that_is_held_are_left_alone(
    run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    other = tmp_path / "o.duckdb"
    with duckdb.connect(other) as con:
        con.execute("create table mine (i integer)")
    code, stderr = run("load", "m", "--from", "t.csv", "--out", "o.duckdb")
    assert (code, "main.mine" in stderr) == (2, True)
    assert run("build", "--raw", "o.duckdb")[0] == 1
    other.unlink()
    assert run("load", "m", "--from", "t.csv", "--out", "o.duckdb")[0] == 0
    with duckdb.connect(other):
        code, stderr = run("load", "m", "--from", "t.csv", "--out", "o.duckdb")
        assert (code, "held by the process" in stderr) == (1, True)


def test_the_progress_line_says_rows_and_rate(run: Callable[..., tuple[int, str]]) -> None:
    code, stderr = run("load", "m", "--from", "t.csv", "--out", "o.duckdb")
    assert code == 0 and "1 rows" in stderr and "rows/s" in stderr
    assert run("load", "m", "--from", "t.csv", "--out", "o.duckdb", "--quiet") == (0, "")
