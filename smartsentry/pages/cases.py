"""`smartsentry cases`: the queue as a page, and a page for each of its first and newest cases.

Everything on the pages comes from the queries in `dbt_project/analyses/cases`, one file each, and
each page shows its queries. None of them reads a column that holds the answer.
"""

import re
import tempfile
from collections.abc import Iterator, Set
from functools import partial
from html import escape
from pathlib import Path

import duckdb

from raw_layer.errors import BadInputError, in_one_sentence
from raw_layer.files import finish_folder, replace_folder
from smartsentry.pages import pictures
from smartsentry.pages.html import (
    Column,
    Row,
    Section,
    built,
    count,
    document,
    figures,
    money,
    money_unit,
    number,
    rows,
    say,
    source,
    table,
    text,
)
from smartsentry.warehouse import open_for_reading, warehouse_path

INDEX = "index.html"
SUMMARY, ORDER, CASE, TODAY = "cases_summary", "cases_order", "cases_case", "cases_today"
RULES = "cases_rules"
# What fits on two printed pages. The queries below the tables have all rows.
MOST_RULES, MOST_ROWS, MOST_DRAWN, MOST_ACCOUNTS, MOST_DECISIONS = 8, 5, 250, 5, 3
MOST_PAYMENTS, MOST_COUNTERPARTIES, MOST_OTHERS = 5, 4, 2
MOST_OF_A_NOTE = 200  # characters, on paper

SCALE = "logarithmic scale"
NO_RULE, NO_SCORECARD = "no rule of this group", "no scorecard"  # as `priority_reasons` says it
EMPTY = "No case waits: nobody has to look at anything."
WEIGHTED = (
    "weighted rule score, the sum of the severities of the notebook's rules that fired (network"
    " rules do not count)"
)
STANDS_IN = (
    "No outcome was known before the month of this transaction, so its points are 8 times the"
    f" {WEIGHTED}."
)
FALLBACK = (
    "No outcome of an earlier transaction is known, so the order is the fallback: cases with the"
    f" highest {WEIGHTED}, come first."
)
LEARNT = (
    "The order is learnt, each month anew, from the outcomes of earlier transactions: cases whose"
    " rules fired most often on fraud come first."
)
UNDECIDED = "Nobody has decided anything on this customer's cases yet."
NO_OTHERS = "The customer has no other case."

STYLE = """\
.figures dd { font-size: 18px; }
.back, .made { font-size: 13px; margin-bottom: 8px; }
.key { max-width: none; }
.named { font-size: 13px; max-width: none; }
.named code { font-weight: 600; }
b.dot::before { content: ""; display: inline-block; height: 8px; width: 8px; border-radius: 4px;
  margin: 0 5px 0 0; background: currentColor; }
b.ring::before { background: none; border: 1.5px solid currentColor; box-sizing: border-box; }
.key b + b { margin-left: 14px; }
small.rest { display: block; color: var(--muted); }
.key span { margin-left: 14px; }
.note { white-space: pre-line; overflow-wrap: anywhere; }
@media screen and (max-width: 700px) { table { min-width: 640px; } }
@media print {
  @page { size: A4; margin: 8mm 12mm; }
  body { font-size: 7.8pt; line-height: 1.25; }
  h1 { font-size: 14pt; padding-bottom: 5px; margin-bottom: 5px; }
  h2 { font-size: 10pt; margin-bottom: 1px; }
  p { margin-bottom: 2px; max-width: none; }
  .made, .key, .named { font-size: 7.5pt; }
  section { margin-top: 8px; }
  .figures { margin-top: 6px; }
  .figures div { padding: 3px 8px; }
  .figures dt { font-size: 7.5pt; }
  .figures dd { font-size: 10.5pt; }
  .figures dd small { font-size: 7pt; }
  figure { margin: 2px 0; }
  figure > svg { max-height: 40mm; margin: 0 auto; }
  table { margin: 2px 0; }
  th { padding-top: 2px; padding-bottom: 2px; }
  td { padding-top: 1px; padding-bottom: 0; }
  details, .back, .how, .rest, small.rest { display: none; }
}
"""


def pages(con: duckdb.DuckDBPyConnection, first: int) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page: the queue's, and those of its cases.

    Args:
        con: An open warehouse.
        first: How many cases get a page from the top of the queue. Those of the last day get one
            wherever they are in it.

    Raises:
        duckdb.CatalogException: the file holds no built warehouse.
    """
    queue, today = rows(con, "cases_queue"), rows(con, TODAY)
    shown = list(dict.fromkeys(row["case_id"] for row in (*queue[:first], *today)))
    yield INDEX, _queue_page(con, queue[:first], len(queue), today)
    for before, case, after in zip([None, *shown], shown, [*shown[1:], None], strict=False):
        yield f"{case}.html", _case_page(con, case, before, after, set(shown))


def write(place: Path, first: int) -> int:
    """Write the pages of the current warehouse, and replace the folder of the old ones as a whole.

    Args:
        place: The folder; it is created if only that and the one above are missing.
        first: How many cases get a page from the top of the queue.

    Returns:
        The number of cases that have a page.

    Raises:
        click.ClickException: there is no warehouse, or the folder cannot be written or holds
            something that is no such page.
        duckdb.CatalogException: the file holds no built warehouse.
    """
    with in_one_sentence(f"cannot write {place}", ": what stood there is as it was."):
        finish_folder(place)
        _refuse_foreign(place)
    with open_for_reading(warehouse_path()) as con:
        made = dict(pages(con, first))
    with in_one_sentence(f"cannot write {place}", ": what stood there is as it was."):
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as folder:
            new = Path(folder) / "new"
            new.mkdir()
            for name, page in made.items():
                (new / name).write_text(page, encoding="utf-8")
            new.chmod(0o755)
            replace_folder(new, place)
    return len(made) - 1


def _refuse_foreign(place: Path) -> None:
    for name in sorted(path.name for path in place.iterdir()) if place.is_dir() else []:
        if name != INDEX and not re.fullmatch(r"K\d+\.html", name):
            raise BadInputError(
                f"{place} holds {name}, which is no page of a case, and the folder would be"
                " replaced: choose another with --to."
            )


# ── The two kinds of pages ───────────────────────────────────────────────────────────────────


def _queue_page(
    con: duckdb.DuckDBPyConnection, first: list[Row], waiting: int, today: list[Row]
) -> str:
    ((summary,), (order,)) = rows(con, SUMMARY), rows(con, ORDER)
    known = {
        "Waiting cases": (count(summary["waiting"]), _of_customers(summary)),
        "Of the last day": (
            count(summary["of_the_last_day"]),
            f"a transaction qualifies on {summary['last_day']:%d %b %Y}",
        ),
        "New in the last 7 days": (count(summary["opened_last_7d"]), "and still waiting"),
        "Decided": (
            count(summary["cases_decided"]),
            f"of {count(summary['known_cases'])} cases; {count(summary['cases_snoozed'])} snoozed",
        ),
    }
    intro = (
        f'<p class="lead muted">{escape(_order(order))}{escape(built(con))}</p>\n{figures(known)}\n'
        f"{source(SUMMARY, ORDER)}"
    )
    if not waiting:
        return document("Cases to look at", f"{intro}\n{say(EMPTY)}", style=STYLE)
    new = {row["case_id"] for row in today}
    parts = [Section(TODAY, _queue).html(_queue(today))] if today else []
    parts.append(Section("cases_queue", _queue).html(_queue(first, new, waiting - len(first))))
    return document("Cases to look at", intro, parts=parts, style=STYLE)


def _case_page(
    con: duckdb.DuckDBPyConnection,
    case: str,
    before: str | None,
    after: str | None,
    linked: Set[str],
) -> str:
    (found,), rules = rows(con, CASE, case), rows(con, RULES, case)
    units = "".join(f" {money_unit(build)}" for build in rows(con, "report_build"))
    links = [f'<a href="{INDEX}">The queue</a>']
    for name, other in (("previous", before), ("next", after)):
        links += [f'<a href="{escape(other)}.html">{name}: {escape(other)}</a>'] if other else []
    intro = (
        f'<p class="back">{" · ".join(links)}</p>\n<p class="lead">{escape(found["main_reasons"])}'
        f"</p>\n{_named(found, rules)}"
        f'<p class="made muted">Data until {found["data_until"]:%d %b %Y}.{escape(units)}</p>\n'
        f"{_figures(found)}\n{source(CASE, case=case)}"
    )
    title = f"Case {case}: customer {found['customer_id']}"
    alert = _alert(rules)
    parts = [section.filled(con, case, alert) for section in _sections(found, case, alert, linked)]
    return document(title, intro, parts=parts, style=STYLE)


def _order(order: Row) -> str:
    if order["first_learnt_month"] is None:
        return FALLBACK
    if not order["months_without_outcomes"]:
        return LEARNT
    return (
        f"{LEARNT} Before {order['first_learnt_month']:%B %Y} none was known: the {WEIGHTED},"
        " stands in."
    )


def _of_customers(summary: Row) -> str:
    said = f"of {count(summary['customers'])} customers"
    return f"{said}; {count(summary['escalated'])} escalated" if summary["escalated"] else said


def _figures(case: Row) -> str:
    priority, highest = case["priority"], case["highest_priority_score"]
    more = f"; {priority - highest} for further ones" if priority > highest else ""
    opened, last = (f"{case[name]:%d %b %Y}" for name in ("opened_at", "last_qualifying_at"))
    accounts = _many(case["accounts"], "account")
    counterparties = _many(case["counterparties"], "counterparty", "counterparties")
    return figures(
        {
            "Priority": (count(priority), f"{count(highest)} for its strongest transaction{more}"),
            "Place in the queue": (count(case["queue_position"]), f"of {count(case['waiting'])}"),
            "Since": (opened, f"until {last}"),
            "Status": (case["status"], _decided(case)),
            "Qualifying transactions": (
                count(case["qualifying_transactions"]),
                f"of {count(case['transactions'])} in that time; {accounts}, {counterparties}",
            ),
            "Alerts": (
                count(case["alerts"]),
                f"of {_many(case['distinct_rules'], 'rule')} on {_all(case)}, worst severity"
                f" {case['worst_severity']}",
            ),
            "Money in": (
                money(case["money_in"]),
                f"{_many(case['payments_in'], 'payment')} since {case['shown_from']:%d %b};"
                f" {money(case['amount_in'])} qualifying",
            ),
            "Money out": (
                money(case["money_out"]),
                f"{_many(case['payments_out'], 'payment')} since {case['shown_from']:%d %b};"
                f" {money(case['amount_out'])} qualifying",
            ),
        }
    )


def _all(case: Row) -> str:
    number = case["transactions"]
    return "the one transaction" if number == 1 else f"all {count(number)} transactions"


def _decided(case: Row) -> str:
    """Say what was decided on a waiting case, and why it waits all the same."""
    if case["decision"] is None:
        return "nobody has decided yet"
    said = f"{case['decision']} by {case['decided_by']} on {case['decided_at']:%d %b %Y}"
    grown = case["status"] == "open" and case["decision"] != "reopened"
    return f"{said}; a transaction qualified since" if grown else said


def _named(case: Row, rules: list[Row]) -> str:
    """Return what the rules say that the headline names."""
    words = re.findall(r"\w+", case["main_reasons"].partition("): ")[2])
    said = {row["rule_name"]: row["description"] for row in rules if row["rule_name"] in words}
    lines = "<br>".join(
        f"<code>{escape(name)}</code> {escape(said[name])}"
        for name in sorted(said, key=words.index)
    )
    return f'<p class="named">{lines}</p>\n' if said else ""


def _alert(rules: list[Row]) -> str | None:
    """Return the strongest alert of a rule that looks at a chain, best at one that returns."""
    kinds = ("return_links", "chain_links")
    found = [row for row in rules if row["window_kind"] in kinds]
    for row in sorted(
        found,
        key=lambda row: (-row["priority_score"], kinds.index(row["window_kind"]), row["rule_name"]),
    ):
        return f"{row['transaction_id']}-{row['rule_name']}"
    return None


def _many(number: int, one: str, more: str = "") -> str:
    return f"{count(number)} {one if number == 1 else more or f'{one}s'}"


# ── The parts ────────────────────────────────────────────────────────────────────────────────


def _sections(case: Row, name: str, alert: str | None, linked: Set[str]) -> tuple[Section, ...]:
    """Return the parts of a case's page; the chain is missing if no rule saw one."""
    return (
        Section("cases_points", _points, more=("cases_line",)),
        Section(RULES, partial(_rules, case)),
        *((Section("cases_chain", partial(_chain, alert)),) if alert else ()),
        Section("cases_counterparties", partial(_counterparties, linked)),
        Section("cases_rows", partial(_rows, case)),
        Section("cases_flows", pictures.money_flow),
        Section("cases_customer", _customer, more=("cases_accounts",)),
        Section("cases_decisions", partial(_decisions, name, linked), more=("cases_others",)),
    )


def _rest(sentence: str) -> str:
    """Return text on the queries, which are not on paper."""
    return f'<span class="rest">{escape(sentence)}</span>'


def _left(found: list[Row], most: int, one: str, more: str) -> str:
    left = len(found) - most
    return f"<p>{_many(left, one, more)}{_rest(': see the query')}.</p>" if left > 0 else ""


def _moment(name: str, form: str = "%d %b %Y %H:%M") -> Column:
    def cell(row: Row) -> str:
        return "–" if row[name] is None else escape(f"{row[name]:{form}}")

    return Column(cell, "together")


def _link(linked: Set[str], case: str) -> str:
    """Return the name of a case, with a link if it has a page."""
    return f'<a href="{escape(case)}.html">{escape(case)}</a>' if case in linked else escape(case)


def _queue(found: list[Row], new: Set[str] = frozenset(), left: int = 0) -> str:
    def case(row: Row) -> str:
        marks = []
        if row["status"] == "escalated":
            marks.append("escalated")
        elif row["decision"] is not None:
            grown = "" if row["decision"] == "reopened" else ", more since"
            marks.append(f"{row['decision']}{grown}")
        marks += ["new today"] if row["case_id"] in new else []
        said = "".join(f'<br><span class="warn">{escape(mark)}</span>' for mark in marks)
        return f"{_link({row['case_id']}, row['case_id'])}{said}"

    columns = {
        "": number("queue_position"),
        "Case": Column(case),
        "Priority": number("priority"),
        "Customer": text("customer_id"),
        "What happened": text("main_reasons"),
        "Since": _moment("opened_at", "%d %b %Y"),
        "In": number("amount_in", money),
        "Out": number("amount_out", money),
    }
    more = _many(left, "more case waits", "more cases wait")
    rest = f"<p>{more}{_rest('; the query lists all')}.</p>" if left else ""
    return table(found, columns) + rest


WORDS = {
    "device_ip": "device and IP",
    "kyc_customer_risk": "KYC and customer risk",
    "occupation_industry": "occupation and industry",
    "temporal": "time",
}


def _words(name: str) -> str:
    """Return the name of a group of rules in words."""
    return WORDS.get(name, name.removesuffix("_rules").replace("_", " "))


def _share(row: Row) -> str:
    """Say how many of the known transactions were fraud."""
    known, frauds = row["known_rows"], row["known_frauds"]
    return f"{count(frauds)} of {count(known)} = {_percent(frauds / known)}" if known else ""


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _points(found: list[Row], lines: list[Row]) -> str:
    fired = [row for row in found if row["fired_rules"] != NO_RULE]
    rest = [row for row in found if row["fired_rules"] == NO_RULE]
    blank = {"known_rows": None, "known_frauds": None}
    if rest:
        said = ", ".join(_words(row["score_group"]) for row in rest)
        points = sum(row["points"] for row in rest)
        name = "groups in which no rule fired"
        fired.append(blank | {"score_group": name, "fired_rules": said, "points": points})
    points = sum(row["points"] for row in found)
    fired.append(blank | {"score_group": "total", "fired_rules": "", "points": points})
    columns = {
        "Group": Column(lambda row: escape(_words(row["score_group"]))),
        "Rules that fired": Column(lambda row: escape(row["fired_rules"])),
        "Points": number("points"),
        "Fraud among earlier ones": Column(_share, "number"),
    }
    stands_in = any(row["score_group"] == NO_SCORECARD for row in found)
    return say(_line(lines) + (f" {STANDS_IN}" if stands_in else "")) + table(fired, columns)


def _line(lines: list[Row]) -> str:
    """Say what qualifies, and how frequent fraud was among all transactions."""
    said = ", ".join(f"{count(row['case_line'])} points in {row['month']:%B %Y}" for row in lines)
    known = "".join(
        f" Fraud among all transactions with a known outcome before {row['month']:%B %Y}:"
        f" {_share(row)}."
        for row in lines
        if row["known_rows"]
    )
    return (
        f"A transaction qualifies if it has more points than the line of its month: {said}.{known}"
    )


def _rules(case: Row, found: list[Row]) -> str:
    def times(row: Row) -> str:
        return count(row["times"]) + (" (snoozed)" if row["is_snoozed"] else "")

    columns = {
        "Severity": number("severity"),
        "Rule": Column(
            lambda row: (
                f"<code>{escape(row['rule_name'])}</code>"
                f'<small class="rest">{escape(row["description"])}</small>'
            )
        ),
        "Alerts": Column(times, "number"),
        "Why": text("reason"),
        "Transaction": text("transaction_id"),
    }
    left = found[MOST_RULES:]
    names = ", ".join(f"<code>{escape(row['rule_name'])}</code> ({row['times']})" for row in left)
    more = f"<p>{_many(len(left), 'more rule alerts', 'more rules alert')}: {names}.</p>"
    making = case["qualifying_transactions"]
    on = "the qualifying transaction" if making == 1 else f"the {count(making)} that qualify"
    said = say(
        f"{_many(len(found), 'rule alerts', 'rules alert')} on {on},"
        f" {_many(case['distinct_rules'], 'rule')} on {_all(case)} of that time."
    )
    return said + table(found[:MOST_RULES], columns) + (more if left else "")


def _chain(alert: str, found: list[Row]) -> str:
    transaction, _, rule = alert.partition("-")

    def moment(row: Row) -> str:
        return _dot("qualifying" if row["is_alerted"] else "", f"{row['timestamp']:{SECONDS}}")

    columns = {
        "When": Column(moment, "together"),
        "Transaction": text("transaction_id"),
        "Payer": text("payer"),
        "Payee": text("payee"),
        "Amount": number("amount", money),
    }
    return (
        "<p>The transfers by which the money may have come, as the strongest alert of a chain rule"
        f" sees it: <code>{escape(rule)}</code> on {escape(transaction)}.</p>"
        f"{table(found[-MOST_PAYMENTS:], columns)}"
        + _left(found, MOST_PAYMENTS, "earlier transfer", "earlier transfers")
    )


SECONDS = "%d %b %Y %H:%M:%S"


def _dot(mark: str, said: str) -> str:
    """Return text after the dot that a transaction has in the time line."""
    if not mark:
        return escape(said)
    ring = " ring" if mark == pictures.ELSEWHERE else ""
    colour = pictures.MARKS[mark][0]
    return f'<b class="dot{ring}" style="color:{colour}" title="{mark}"></b>{escape(said)}'


def _listed(found: list[Row]) -> list[Row]:
    """Return the strongest rows that qualify, each after the payment that came in before it."""
    chosen = set()
    last_in: dict[str, int] = {}
    for place, row in enumerate(found):
        if row["membership"] == "qualifying" and row["place"] <= MOST_ROWS:
            chosen |= {place, last_in.get(row["account_id"], place)}
        if row["direction"] == "in":
            last_in[row["account_id"]] = place
    return [row for place, row in enumerate(found) if place in chosen]


def _rows(case: Row, found: list[Row]) -> str:
    making = [row for row in found if row["membership"] == "qualifying"]
    others = [row for row in found if row["membership"] != "qualifying"]
    largest = sorted(others, key=lambda row: -row["amount"])[:MOST_DRAWN]
    strongest = [row for row in making if row["place"] <= MOST_DRAWN]
    # A transfer between two accounts of the customer is a row of both.
    chosen = {(row["transaction_id"], row["account_id"]) for row in (*strongest, *largest)}
    drawn = [row for row in found if (row["transaction_id"], row["account_id"]) in chosen]
    shown = _listed(found)
    key = "".join(
        f'<b class="dot{" ring" if name == pictures.ELSEWHERE else ""}" style="color:{colour}">'
        f"{name}</b>"
        for name, (colour, _) in pictures.MARKS.items()
    )
    hours = (case["opened_at"] - case["shown_from"]).total_seconds() / 3600
    said = [
        f"It begins on {case['shown_from']:%d %b %Y %H:%M}, {hours:g} hours before the case opens:"
        " so far back a chain of transfers is followed from one payment to the next."
    ]
    if len(strongest) < len(making):
        said.append(f"Of the qualifying ones the {MOST_DRAWN} with the most points are drawn.")
    if len(largest) < len(others):
        said.append(f"Of the {count(len(others))} others the {MOST_DRAWN} largest are drawn.")
    some = min(len(making), MOST_ROWS)
    which = f"the {some} with the most points of the {count(len(making))} that qualify"
    if some == len(making):
        which = "the one that qualifies" if some == 1 else f"the {some} that qualify"
    each = "it" if len(making) == 1 else "each"
    said.append(f"The table has {which}, and the last payment that came in before {each}.")
    rest = _rest(f" The query lists all {count(len(found))} payments.")

    def other(row: Row) -> str:
        kind = row["counterparty_kind"] or "cash"
        if kind == "beneficiary" and row["direction"] == "in":
            kind = "counterparty"  # a beneficiary is paid
        return escape(f"{kind} {row['counterparty_id'] or ''}")

    columns = {
        "When": Column(
            lambda row: _dot(pictures.mark(row), f"{row['timestamp']:{SECONDS}}"), "together"
        ),
        "Transaction": text("transaction_id"),
        "Account": text("account_id"),
        "In or out": text("direction"),
        "Amount": number("amount", money),
        "Balance after": number("balance_after_txn", money),
        "By": Column(
            lambda row: escape(
                ", ".join(
                    str(row[name]).replace("_", " ")
                    for name in ("transaction_type", "channel")
                    if row[name] is not None
                )
            )
        ),
        "From or to": Column(other),
        "Alerts": number("alerts"),
        "Points": number("priority_score"),
    }
    return (
        f'<p class="key">{key}<span class="muted">{SCALE}</span></p>\n'
        f"{pictures.time_line(drawn)}\n<p>{escape(' '.join(said))}{rest}</p>\n"
        f"{table(shown, columns)}"
    )


def _counterparties(linked: Set[str], found: list[Row]) -> str:
    if not found:
        return say("No customer on the other side has a case.")
    columns = {
        "Customer": text("customer_id"),
        "Case": Column(lambda row: _link(linked, row["case_id"])),
        "Status": text("status"),
        "Priority": number("priority"),
        "Since": _moment("opened_at", "%d %b %Y"),
        "Last": _moment("last_qualifying_at", "%d %b %Y"),
        "In": number("amount_in", money),
        "Out": number("amount_out", money),
    }
    return table(found[:MOST_COUNTERPARTIES], columns) + _left(
        found, MOST_COUNTERPARTIES, "more counterparty", "more counterparties"
    )


def _customer(found: list[Row], accounts: list[Row]) -> str:
    (customer,) = found
    since = customer["customer_since"]
    facts = {
        "risk rating": customer["customer_risk_rating"],
        "KYC": customer["kyc_level"],
        "country risk": customer["country_risk"],
        "aged": customer["age"],
        "occupation": customer["occupation"],
        "industry": customer["industry"],
        "income": customer["income_bracket"],
        "politically exposed": {1: "yes", 0: "no"}.get(customer["pep_flag"]),
        "customer since": None if since is None else f"{since:%d %b %Y}",
    }
    said = ", ".join(
        f"{name} {'unknown' if value is None else str(value).replace('_', ' ')}"
        for name, value in facts.items()
    )

    def state(row: Row) -> str:
        return ", ".join(name for name in ("dormant", "inactive") if row[f"is_{name}"])

    columns = {
        "Account": text("account_id"),
        "Kind": text("account_type"),
        "Open since": _moment("open_since", "%d %b %Y"),
        "Average balance": number("avg_balance", money),
        "": Column(state),
        "Payments": number("payments"),
        "Qualifying": number("qualifying_transactions"),
        "In": number("amount_in", money),
        "Out": number("amount_out", money),
    }
    return (
        say(f"{customer['customer_id']}: {said}.")
        + table(accounts[:MOST_ACCOUNTS], columns)
        + _left(accounts, MOST_ACCOUNTS, "more account", "more accounts")
    )


def _decisions(case: str, linked: Set[str], found: list[Row], others: list[Row]) -> str:
    def note(row: Row) -> str:
        said = row["note"] or "–"
        shown, rest = escape(said[:MOST_OF_A_NOTE]), said[MOST_OF_A_NOTE:]
        return f"{shown}{_rest(rest)}" if rest else shown

    def decided_on(row: Row) -> str:
        gone = "" if row["is_known_case"] else " (gone)"
        return f"{_link(linked - {case}, row['case_id'])}{gone}"

    decided = table(
        found[:MOST_DECISIONS],
        {
            "When": _moment("decided_at"),
            "Case": Column(decided_on),
            "Decision": text("decision"),
            "By": text("decided_by"),
            "Note": Column(note, "note"),
        },
    )
    cases = table(
        others[:MOST_OTHERS],
        {
            "Case": Column(lambda row: _link(linked, row["case_id"])),
            "Status": text("status"),
            "Priority": number("priority"),
            "Since": _moment("opened_at", "%d %b %Y"),
            "Last": _moment("last_qualifying_at", "%d %b %Y"),
            "What happened": text("main_reasons"),
        },
    )
    command = f".venv/bin/smartsentry decide {case} confirmed --by NAME --note TEXT"
    return (
        (decided if found else say(UNDECIDED))
        + _left(found, MOST_DECISIONS, "earlier decision", "earlier decisions")
        + (f"<p>The customer's other cases:</p>{cases}" if others else say(NO_OTHERS))
        + _left(others, MOST_OTHERS, "more case", "more cases")
        + f'<p class="how muted">To decide: <code>{escape(command)}</code>, or with'
        " <code>cleared</code>, <code>escalated</code> or <code>reopened</code>.</p>"
    )
