"""Write the realism report: `make realism`.

One HTML file without any request: what the current data look like beside the facts that they were
set from, how hard they are, and how often each rule fires on honest and on criminal rows. Below
every picture stands the query that it shows.
"""

import dataclasses
import html
import re
from pathlib import Path

import altair as alt
import click
import duckdb
import numpy as np
import pandas as pd
import vl_convert

from seed_gen.config import Config
from smartsentry.pages import separability
from smartsentry.pages.html import write_page
from smartsentry.warehouse import open_for_reading

LEARNT_ACCOUNTS = 2_500  # as many as scale 0.1 has: enough to learn from, and done in half a minute

HONEST, CRIMINAL, EXPECTED = "#2b6c8f", "#c4512d", "#8c8c8c"
_COLOURS = {"honest": HONEST, "criminal": CRIMINAL, "expected": EXPECTED}
_WIDTH = 760

SPECIFICATION = "from the specification"
_LN10 = float(np.log(10))


@dataclasses.dataclass(frozen=True)
class Fact:
    """A figure that the data are held against: what it says, who says it, since when."""

    says: str
    source: str
    year: str
    found: str


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the report; `picture` and `table` are HTML, `queries` what they show."""

    title: str
    text: str
    queries: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    picture: str = ""
    table: str = ""


def _svg(chart: alt.Chart | alt.LayerChart) -> str:
    """Return a chart as SVG text, which needs neither script nor font of its own."""
    styled = (
        chart.configure(font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(grid=True, gridColor="#ececec", domainColor="#999", labelLimit=240)
        .configure_legend(orient="top", title=None, symbolStrokeWidth=3)
    )
    return vl_convert.vegalite_to_svg(styled.to_dict())


def _who(domain: tuple[str, ...]) -> alt.Color:
    colours = [_COLOURS[name] for name in domain]
    return alt.Color("who:N", scale=alt.Scale(domain=list(domain), range=colours))


def _dash(domain: tuple[str, ...]) -> alt.StrokeDash:
    dashes = [[5, 4] if name == "expected" else [1, 0] for name in domain]
    return alt.StrokeDash("who:N", scale=alt.Scale(domain=list(domain), range=dashes))


def _powers(low: int, high: int, shown: str = ",") -> alt.Axis:
    """Return an axis of a logarithmic scale with one mark for each power of ten."""
    return alt.Axis(values=[10.0**power for power in range(low, high + 1)], format=shown)


def _lines(data: pd.DataFrame, x: alt.X, y: alt.Y) -> alt.Chart:
    present = tuple(name for name in _COLOURS if name in set(data["who"]))
    encoded = alt.Chart(data).encode(x=x, y=y, color=_who(present), strokeDash=_dash(present))
    return encoded.mark_line(strokeWidth=2, clip=True).properties(width=_WIDTH, height=240)


def _tail(values: pd.Series, who: str) -> pd.DataFrame:
    """Return the share of `values` that are at least x, for each x that occurs."""
    counts = values.value_counts().sort_index()
    share = counts[::-1].cumsum()[::-1] / len(values)
    return pd.DataFrame({"x": counts.index.astype(float), "share": share.to_numpy(), "who": who})


def _as_table(rows: pd.DataFrame) -> str:
    classes = ["" if isinstance(cell, str) else ' class="number"' for cell in rows.iloc[0]]
    head = "".join(
        f"<th{kind}>{html.escape(str(name))}</th>"
        for name, kind in zip(rows.columns, classes, strict=True)
    )
    body = []
    for row in rows.itertuples(index=False):
        cells = (
            f"<td>{html.escape(cell)}</td>"
            if isinstance(cell, str)
            else f'<td class="number">{cell:,}</td>'
            for cell in row
        )
        body.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


_WHO = "case when label = 1 then 'criminal' else 'honest' end as who"

AMOUNTS = f"""select kyc_level, {_WHO}, floor(ln(amount) * 4) / 4 as log_amount, count(*) as rows
from transactions
where cash_flag = 0 and amount >= 10
group by all"""

MEDIANS = """select kyc_level, median(ln(amount::double)) as median
from transactions
where coalesce(label, 0) = 0 and cash_flag = 0 and amount >= 10
    and sender_account_id not in (
        select account_id from accounts where is_dormant = 1 or is_inactive = 1
    )
group by kyc_level"""


def _amounts(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(AMOUNTS).df()
    behaviour = Config().behaviour
    medians = dict(con.execute(MEDIANS).fetchall())
    parts, facts = [], []
    for level in ("low", "medium", "high"):
        part = rows[rows["kyc_level"] == level]
        mean = getattr(behaviour, f"amount_log_mean_{level}_kyc")
        for who in ("honest", "criminal"):
            one = part[part["who"] == who].sort_values("log_amount")
            share = one["rows"] / one["rows"].sum()
            middle = (one["log_amount"] + 0.125) / _LN10
            parts.append(pd.DataFrame({"x": middle, "share": share, "who": who, "level": level}))
        grid = np.arange(2.375, 14, 0.25)
        density = np.exp(-((grid - mean) ** 2) / 2) / np.sqrt(2 * np.pi) * 0.25
        parts.append(
            pd.DataFrame({"x": grid / _LN10, "share": density, "who": "expected", "level": level})
        )
        found = f"{medians[level]:.2f}" if level in medians else "–"
        facts.append(
            Fact(f"KYC level {level}: log-mean {mean}, log-sigma 1.0", SPECIFICATION, "2025", found)
        )
    data = pd.concat(parts)
    data["level"] = "KYC level " + data["level"]
    chart = (
        _lines(
            data,
            alt.X(
                "x:Q",
                title="amount in rupees",
                axis=alt.Axis(
                    values=[1, 2, 3, 4, 5, 6], labelExpr="format(pow(10, datum.value), ',')"
                ),
                scale=alt.Scale(domain=[1, 6.2]),
            ),
            alt.Y("share:Q", title="share of rows", axis=alt.Axis(format="%")),
        )
        .properties(width=_WIDTH, height=130)
        .facet(
            row=alt.Row(
                "level:N",
                title=None,
                sort=["KYC level low", "KYC level medium", "KYC level high"],
                header=alt.Header(labelAngle=0, labelOrient="top", labelAnchor="start"),
            )
        )
    )
    return Section(
        "Amounts",
        "Transfers from 10 rupees on. The dashed line is the specification's lognormal. Honest "
        "rows add round amounts (the spikes), salaries and a few very large payments.",
        (AMOUNTS, MEDIANS),
        tuple(facts),
        _svg(chart),
    )


DIGITS = """select substr(ltrim(amount::varchar, '0.'), 1, 1)::integer as digit, count(*) as rows
from transactions
where coalesce(label, 0) = 0
group by all
order by digit"""


def _digits(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(DIGITS).df()
    rows["share"] = rows["rows"] / rows["rows"].sum()
    rows["who"] = "honest"
    law = pd.DataFrame({"digit": np.arange(1, 10)})
    law["share"], law["who"] = np.log10(1 + 1 / law["digit"]), "expected"
    off = float((rows.set_index("digit")["share"] - law.set_index("digit")["share"]).abs().max())
    x = alt.X("digit:O", title="first digit", axis=alt.Axis(labelAngle=0))
    y = alt.Y("share:Q", title="share of rows", axis=alt.Axis(format="%"))
    colour = _who(("honest", "expected"))
    bars = alt.Chart(rows).mark_bar(size=40).encode(x=x, y=y, color=colour)
    ticks = alt.Chart(law).mark_tick(size=56, thickness=3).encode(x=x, y=y, color=colour)
    return Section(
        "First digits",
        "Not set from the law, but amounts over several orders of magnitude follow it.",
        (DIGITS,),
        (
            Fact(
                "first digit d has a share of log10(1 + 1/d)",
                "F. Benford, The Law of Anomalous Numbers, Proc. Am. Philos. Soc. 78",
                "1938",
                f"largest difference {100 * off:.1f} points",
            ),
        ),
        _svg((bars + ticks).properties(width=_WIDTH, height=200)),
    )


ACTIVITY = f"""select sender_account_id, {_WHO}, count(*) as rows
from transactions
group by all"""


def _activity(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(ACTIVITY).df()
    honest = rows[rows["who"] == "honest"]["rows"]
    (accounts,) = con.execute("select count(*) from accounts").fetchall()[0]
    data = pd.concat([_tail(group["rows"], who) for who, group in rows.groupby("who")])
    chart = _lines(
        data,
        alt.X("x:Q", title="rows of an account", scale=alt.Scale(type="log"), axis=_powers(0, 5)),
        alt.Y(
            "share:Q",
            title="accounts with at least as many",
            scale=alt.Scale(type="log"),
            axis=_powers(-5, 0, "~%"),
        ),
    )
    mean = honest.sum() / accounts
    return Section(
        "Activity per account",
        "The share of accounts that have at least so many rows. A straight line down on these axes "
        "is a heavy tail; the last step is the few large businesses.",
        (ACTIVITY,),
        (
            Fact("50 legitimate rows an account on average", SPECIFICATION, "2025", f"{mean:.1f}"),
            Fact(
                "most accounts well below the mean",
                SPECIFICATION,
                "2025",
                f"{100 * (honest < mean).mean():.0f}% are; the median is {honest.median():.0f}",
            ),
        ),
        _svg(chart),
    )


COUNTERPARTIES = f"""select
    sender_account_id,
    {_WHO},
    coalesce(receiver_account_id, beneficiary_id) as counterparty,
    count(*) as rows
from transactions
where coalesce(receiver_account_id, beneficiary_id) <> sender_account_id
group by all"""

OUTSIDE = """select avg((beneficiary_id is not null)::integer) as external
from transactions
where coalesce(label, 0) = 0 and cash_flag = 0 and transaction_type <> 'salary_credit'"""


def _counterparties(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(COUNTERPARTIES).df()
    by_account = rows.groupby(["who", "sender_account_id"])["rows"].agg(["size", "max", "sum"])
    honest = by_account.loc["honest"]
    lively = honest[honest["sum"] >= 20]
    (external,) = con.execute(OUTSIDE).fetchall()[0]
    data = pd.concat(
        [_tail(group["size"], str(who)) for who, group in by_account.groupby(level="who")]
    )
    chart = _lines(
        data,
        alt.X(
            "x:Q",
            title="counterparties of an account",
            scale=alt.Scale(type="log"),
            axis=_powers(0, 5),
        ),
        alt.Y(
            "share:Q",
            title="accounts with at least as many",
            scale=alt.Scale(type="log"),
            axis=_powers(-5, 0, "~%"),
        ),
    )
    favourite = (lively["max"] / lively["sum"]).median()
    return Section(
        "Counterparties per account",
        "Everyone pays a favourite few, and now and then a stranger.",
        (COUNTERPARTIES, OUTSIDE),
        (
            Fact(
                "about 60% of transfers go outside the bank",
                SPECIFICATION,
                "2025",
                f"{100 * external:.1f}%",
            ),
            Fact(
                "a favourite has a large part of an account's rows (accounts of 20 rows or more)",
                "the generator's own choice",
                "–",
                f"{100 * favourite:.0f}% in the median account" if len(lively) else "–",
            ),
        ),
        _svg(chart),
    )


HOURS = f"""select hour, {_WHO}, count(*) as rows
from transactions
group by all
order by hour"""


def _hours(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(HOURS).df()
    rows["share"] = rows["rows"] / rows.groupby("who")["rows"].transform("sum")
    weights = np.array(Config().behaviour.honest_hours)
    law = pd.DataFrame({"hour": np.arange(24), "share": weights / weights.sum(), "who": "expected"})
    honest = (
        rows[rows["who"] == "honest"].set_index("hour")["share"].reindex(range(24), fill_value=0)
    )
    off = float(np.abs(honest.to_numpy() - law["share"]).max())
    night = rows[rows["hour"].isin([22, 23, 0, 1, 2, 3, 4, 5])].groupby("who")["share"].sum()
    chart = _lines(
        pd.concat([rows[["hour", "share", "who"]], law]),
        alt.X("hour:Q", title="hour of the day", axis=alt.Axis(values=list(range(0, 24, 3)))),
        alt.Y("share:Q", title="share of rows", axis=alt.Axis(format="%")),
    )
    return Section(
        "Hour of the day",
        "The dashed line is the specification's daytime profile, which the honest rows lie on. "
        f"At night (22:00 to 05:59) are {100 * night.get('honest', 0):.0f}% of the honest and "
        f"{100 * night.get('criminal', 0):.0f}% of the criminal rows.",
        (HOURS,),
        (
            Fact(
                "weights by hour 1,1,1,1,1,1,2,3,5,6,6,6,5,6,6,6,5,5,4,4,3,2,2,1",
                SPECIFICATION,
                "2025",
                f"largest difference {100 * off:.2f} points",
            ),
        ),
        _svg(chart),
    )


DAYS = """select
    day(date) as day,
    case
        when label = 1 then 'criminal'
        when transaction_type = 'salary_credit' then 'salaries'
        else 'other honest'
    end as what,
    count(*) as rows,
    count(distinct date) as days
from transactions
group by all"""

DATES = f"""select date, {_WHO}, count(*) as rows
from transactions
group by all
order by date"""


def _days(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(DAYS).df()
    # So many such days the window has; on some of them a rare kind may have no row.
    rows["days"] = rows.groupby("day")["days"].transform("max")
    rows["per_day"] = rows["rows"] / rows["days"]
    rows["part"] = rows["per_day"] / rows.groupby("what")["per_day"].transform("mean")
    salaries = rows[rows["what"] == "salaries"]
    early = salaries[salaries["day"] <= 3]["rows"].sum() / max(salaries["rows"].sum(), 1)
    others = rows[rows["what"] != "salaries"]
    lines = (
        alt.Chart(others)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=18))
        .encode(
            x=alt.X("day:Q", title="day of the month", scale=alt.Scale(domain=[1, 31])),
            y=alt.Y("part:Q", title="rows, against the mean day"),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=["other honest", "criminal"], range=[HONEST, CRIMINAL]),
            ),
        )
        .properties(width=_WIDTH, height=190)
    )
    dates = con.sql(DATES).df()
    dates["date"] = pd.to_datetime(dates["date"])
    dates = dates[dates["who"] == "honest"]
    by_date = (
        alt.Chart(dates)
        .mark_line(strokeWidth=1.3, color=HONEST)
        .encode(
            x=alt.X("date:T", title=None, axis=alt.Axis(format="%-d %b")),
            y=alt.Y("rows:Q", title="honest rows a day", scale=alt.Scale(zero=True)),
        )
        .properties(width=_WIDTH, height=170)
    )
    return Section(
        "Day of the month, and every day",
        "Money is spent when it has come. In the days of the window one sees salaries, quiet "
        "Sundays and holidays, and the days before Diwali. Crime has days of its own: several "
        "typologies belong to a part of the window.",
        (DAYS, DATES),
        (
            Fact(
                "salaries on the first days of a month",
                SPECIFICATION,
                "2025",
                f"{100 * early:.0f}% on days 1 to 3",
            ),
            Fact(
                "2 October and 25 December are holidays, Diwali is on 20 October 2025",
                "calendar; how busy the days are is the generator's own choice",
                "2025",
                "see the picture",
            ),
        ),
        _svg(alt.vconcat(lines, by_date)),
    )


GAPS = """select
    sender_account_id,
    epoch("timestamp")::bigint - lag(epoch("timestamp")::bigint) over by_time as gap
from transactions
where coalesce(label, 0) = 0
    and sender_account_id not in (
        select account_id from accounts where is_dormant = 1 or is_inactive = 1
    )
window by_time as (partition by sender_account_id order by "timestamp", transaction_no)
qualify gap is not null"""


def _gaps(con: duckdb.DuckDBPyConnection) -> Section:
    gaps = con.sql(GAPS).df()
    values = np.sort(gaps["gap"].to_numpy(dtype=float))
    by_account = gaps.groupby("sender_account_id")["gap"].agg(["mean", "std", "size"])
    by_account = by_account[by_account["mean"] > 0]
    at = np.geomspace(10, 60 * 86_400, 60)
    found = 1 - np.searchsorted(values, at) / len(values)
    weight = by_account["size"].to_numpy() / by_account["size"].sum()
    steady = np.exp(-at[:, None] / by_account["mean"].to_numpy()) @ weight
    data = pd.concat(
        [
            pd.DataFrame({"x": at / 3_600, "share": found, "who": "honest"}),
            pd.DataFrame({"x": at / 3_600, "share": steady, "who": "expected"}),
        ]
    )
    data = data[data["share"] > 1e-5]
    many = by_account[by_account["size"] >= 20]
    burstiness = ((many["std"] - many["mean"]) / (many["std"] + many["mean"])).median()
    chart = _lines(
        data,
        alt.X(
            "x:Q",
            title="hours between two rows of an account",
            scale=alt.Scale(type="log"),
            axis=_powers(-3, 4, "~r"),
        ),
        alt.Y(
            "share:Q",
            title="share of at least as long",
            scale=alt.Scale(type="log"),
            axis=_powers(-5, 0, "~%"),
        ),
    )
    return Section(
        "Time between two rows",
        "The dashed line is what accounts of the same mean activity would show if each of their "
        "rows came at any time with the same chance. Rows come in bursts instead: below the line "
        "within a day, above it for the long waits.",
        (GAPS,),
        (
            Fact(
                "human actions come in bursts; times between them have a heavy tail",
                "A.-L. Barabási, The origin of bursts and heavy tails in human dynamics, Nature",
                "2005",
                "see the picture",
            ),
            Fact(
                "burstiness (σ − μ) / (σ + μ): 0 for a Poisson process, 1 at most",
                "K.-I. Goh and A.-L. Barabási, Burstiness and memory, EPL 81",
                "2008",
                f"{burstiness:.2f} in the median account of 20 gaps or more" if len(many) else "–",
            ),
        ),
        _svg(chart),
    )


BALANCES = """select
    case when label = 1 then 'criminal' else 'honest' end as "rows of",
    count(*) as "rows",
    count(*) filter (where balance_after_txn = 0) as "at the floor of 0",
    round(100.0 * count(*) filter (where balance_after_txn = 0) / count(*), 2) as "percent",
    round(100.0 * count(*) filter (where debit_credit = 'credit') / count(*), 2)
        as "percent money in"
from transactions
group by all
order by "rows of" desc"""


def _balances(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(BALANCES).df()
    honest = rows[rows["rows of"] == "honest"].iloc[0]
    return Section(
        "Balances that live",
        "Money comes in as well as goes out. Few rows end at an empty account, where the balance "
        "stops saying anything.",
        (BALANCES,),
        (
            Fact(
                "at most 5% of the honest rows at the floor of zero",
                "the generator's own bound, tested",
                "–",
                f"{honest['percent']:.2f}%",
            ),
        ),
        table=_as_table(rows),
    )


KINDS = """select
    channel,
    round(100.0 * count(*) / sum(count(*)) over (), 2) as percent
from transactions
where coalesce(label, 0) = 0
group by channel
order by percent desc"""

UPI = """select avg(amount) as mean, median(amount) as median
from transactions
where coalesce(label, 0) = 0 and transaction_type = 'UPI'"""


def _channels(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(KINDS).df()
    expected = Config().behaviour.channels
    wanted = dict(zip(expected.names, expected.probabilities, strict=True))
    rows["specified"] = [f"{100 * wanted[name]:.0f}%" for name in rows["channel"]]
    mean, median = con.execute(UPI).fetchall()[0]
    said = "–" if mean is None else f"mean {mean:,.0f}, median {median:,.0f} rupees"
    return Section(
        "Channels and UPI",
        "The shares of the channels are the specification's. So are the amounts, which makes a UPI "
        "payment larger here than in India: the specification sets amounts by the customer's KYC "
        "level, not by the kind of payment, and only a few micro payments bring them down.",
        (KINDS, UPI),
        (
            Fact(
                "mobile 50%, web 30%, branch 10%, atm 10%", SPECIFICATION, "2025", "see the table"
            ),
            Fact(
                "about 186 billion UPI payments of about 261 lakh crore rupees in 2024-25, about "
                "1,400 rupees each; not set from it",
                "NPCI, UPI product statistics",
                "2025",
                said,
            ),
        ),
        table=_as_table(rows),
    )


TYPOLOGIES = """select
    fraud_type,
    count(distinct scheme_id) as schemes,
    count(*) as "rows",
    round(100.0 * count(*) / sum(count(*)) over (), 2) as "percent of fraud"
from transactions
where label = 1
group by fraud_type
order by "rows" desc, fraud_type"""

RATE = "select avg(label) from transactions"

_BENCHMARK_PATTERNS = (
    *("fan_in", "fan_out", "cycle", "scatter_gather", "gather_scatter", "bipartite", "stack"),
)


def _typologies(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(TYPOLOGIES).df()
    (rate,) = con.execute(RATE).fetchall()[0]
    here = sum(name in set(rows["fraud_type"]) for name in _BENCHMARK_PATTERNS)
    return Section(
        "The mix of typologies",
        "The share of fraud is a parameter; its default makes every typology frequent enough to "
        "measure at small scales. For a realistic share take --fraud-rate 0.001.",
        (TYPOLOGIES, RATE),
        (
            Fact("4% of the rows by default", SPECIFICATION, "2025", f"{100 * rate:.2f}%"),
            Fact(
                "8,213 fraudulent of 6,362,620 rows, 0.13%; not set from it",
                "PaySim (Lopez-Rojas, Elmir and Axelsson, EMSS), the published data set",
                "2016",
                f"{100 * rate:.2f}%",
            ),
            Fact(
                "patterns fan-in, fan-out, cycle, scatter-gather, gather-scatter, bipartite, stack "
                "(and random)",
                "AMLworld (Altman et al., NeurIPS Datasets and Benchmarks)",
                "2023",
                f"{here} of the 7 named ones are here",
            ),
        ),
        table=_as_table(rows),
    )


LEARNT = (
    "from transactions, without the columns that column_catalogue marks as ground truth, ids, "
    f"timestamp and date; every row of about {LEARNT_ACCOUNTS:,} accounts"
)


def _hardness(con: duckdb.DuckDBPyConnection) -> Section:
    data = separability.read(con, LEARNT_ACCOUNTS)
    columns = separability.f1_by_column(data)
    model = separability.boosting(data)
    (best, f1), *_ = columns.items()
    f1s = pd.DataFrame(list(columns.items())[:15], columns=["column", "f1"])
    bars = (
        alt.Chart(f1s, title="best F1 of one column, the 15 best columns")
        .mark_bar(color=HONEST, size=12)
        .encode(
            x=alt.X("f1:Q", title=None, scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("column:N", sort="-x", title=None),
        )
        .properties(width=_WIDTH - 200, height=alt.Step(18))
    )
    bound = alt.Chart(pd.DataFrame({"f1": [0.5]})).mark_rule(strokeDash=[5, 4]).encode(x="f1:Q")
    kinds = pd.DataFrame(list(model.roc_auc_by_typology.items()), columns=["typology", "auc"])
    dots = (
        alt.Chart(kinds, title="ROC-AUC of gradient boosting by typology, each against honest rows")
        .mark_point(filled=True, size=70, color=CRIMINAL, opacity=1)
        .encode(
            x=alt.X("auc:Q", title=None, scale=alt.Scale(domain=[0.5, 1])),
            y=alt.Y("typology:N", sort="x", title=None),
        )
        .properties(width=_WIDTH - 200, height=alt.Step(18))
    )
    rows = f"{len(data.label):,} rows, {int(data.label.sum()):,} of them criminal"
    project = "the project's own bound, tested at scale 0.1"
    return Section(
        "How hard it is",
        "Hard for a rule, learnable for a model. Measured on the features of "
        f"{rows}; the model is trained on two thirds of the accounts and measured on the others.",
        (LEARNT,),
        (
            Fact(
                "best F1 of one column and one threshold or value: below 0.5",
                SPECIFICATION,
                "2025",
                f"{f1:.3f} ({best})",
            ),
            Fact(
                "best F1 of a tree of depth 3: below 0.7",
                project,
                "–",
                f"{separability.f1_of_a_tree(data):.3f}",
            ),
            Fact(
                "ROC-AUC of gradient boosting: 0.85 to 0.99", project, "–", f"{model.roc_auc:.3f}"
            ),
            Fact(
                f"PR-AUC of the same; {data.label.mean():.3f} by chance",
                "–",
                "–",
                f"{model.pr_auc:.3f}",
            ),
        ),
        _svg(alt.vconcat(bars + bound, dots)),
    )


RULES = """select
    rule_catalogue.rule_name as rule,
    count(*) filter (where label = 0) as "honest rows",
    count(*) filter (where label = 1) as "criminal rows"
from rule_catalogue
left join alerts using (rule_name)
left join transactions using (transaction_id)
group by all
order by rule"""

TOTALS = (
    "select count(*) filter (where label = 0), count(*) filter (where label = 1) from transactions"
)


def _rules(con: duckdb.DuckDBPyConnection) -> Section:
    rows = con.sql(RULES).df()
    honest, criminal = con.execute(TOTALS).fetchall()[0]
    rows["% of honest"] = (100 * rows["honest rows"] / max(honest, 1)).round(3)
    rows["% of criminal"] = (100 * rows["criminal rows"] / max(criminal, 1)).round(3)
    rows = rows.sort_values("% of honest", ascending=False)
    long = rows.rename(columns={"% of honest": "honest", "% of criminal": "criminal"}).melt(
        "rule", ["honest", "criminal"], var_name="who", value_name="percent"
    )
    base = alt.Chart(long).encode(
        y=alt.Y("rule:N", sort=rows["rule"].tolist(), title=None),
        x=alt.X("percent:Q", title="percent of the rows on which the rule fires"),
    )
    spans = base.mark_line(color="#cccccc").encode(detail="rule:N")
    dots = base.mark_point(filled=True, size=55, opacity=1).encode(
        color=_who(("honest", "criminal"))
    )
    chart = (spans + dots).properties(width=_WIDTH - 200, height=alt.Step(15))
    silent = int((rows["honest rows"] == 0).sum())
    return Section(
        "Rules on honest and on criminal rows",
        "docs/generator.md says of every rule which honest behaviour fires it.",
        (RULES, TOTALS),
        (
            Fact(
                "every rule fires on honest rows (at scale 1)",
                "the project's own bound, tested",
                "–",
                f"{len(rows) - silent} of {len(rows)} do",
            ),
            Fact(
                "no rule fires on more than 20% of the honest rows, customer attributes apart",
                "the project's own bound, tested",
                "–",
                f"{rows['% of honest'].iloc[0]:.1f}% ({rows['rule'].iloc[0]})",
            ),
        ),
        _svg(chart),
        _as_table(rows),
    )


_ALWAYS = (
    *(_amounts, _digits, _activity, _counterparties, _hours, _days, _gaps, _balances, _channels),
)
_WITH_LABELS = (_typologies, _hardness, _rules)

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 900px; margin: 2rem auto;
  padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; }
h2 { font-size: 1.25rem; margin-top: 2.8rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .9rem; width: 100%; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #eee;
  vertical-align: top; }
th { font-weight: 600; border-bottom-color: #999; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums;
  padding-right: 1.2rem; }
td.found { white-space: nowrap; font-weight: 600; }
figure { margin: 1rem 0; overflow-x: auto; }
svg { max-width: 100%; height: auto; }
details { margin: .3rem 0; color: #555; }
summary { cursor: pointer; font-size: .85rem; }
pre { background: #f6f6f6; padding: .7rem; overflow-x: auto; font-size: .8rem; line-height: 1.4; }
nav { columns: 2; font-size: .9rem; margin: 1rem 0; }
nav a { color: #2b6c8f; text-decoration: none; display: block; }
"""


def _facts(facts: tuple[Fact, ...]) -> str:
    if not facts:
        return ""
    body = "".join(
        f"<tr><td>{html.escape(fact.says)}</td><td>{html.escape(fact.source)}</td>"
        f'<td>{html.escape(fact.year)}</td><td class="found">{html.escape(fact.found)}</td></tr>'
        for fact in facts
    )
    head = "<tr><th>figure</th><th>source</th><th>year</th><th>found here</th></tr>"
    return f'<table class="facts"><thead>{head}</thead><tbody>{body}</tbody></table>'


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z]+", "-", title.lower()).strip("-")


def _as_html(section: Section) -> str:
    tables = sorted(set(re.findall(r"\b(?:from|join) (\w+)", "\n".join(section.queries))))
    queries = "".join(f"<pre>{html.escape(query)}</pre>" for query in section.queries)
    figure = f"<figure>{section.picture}</figure>" if section.picture else ""
    return (
        f'<section id="{_anchor(section.title)}"><h2>{html.escape(section.title)}</h2>'
        f"<p>{html.escape(section.text)}</p>{_facts(section.facts)}{figure}{section.table}"
        f"<details><summary>query on {html.escape(', '.join(tables))}</summary>{queries}</details>"
        "</section>"
    )


RUN = "select seed, scale, fraud_rate, window_start, window_end from raw.generation_run"


def report(con: duckdb.DuckDBPyConnection) -> str:
    """Return the report on an open warehouse of seeded data as the text of one HTML file."""
    (rows, labels) = con.execute("select count(*), count(label) from transactions").fetchall()[0]
    makers = _ALWAYS + (_WITH_LABELS if labels else ())
    sections = [make(con) for make in makers]
    seed, scale, rate, start, end = con.execute(RUN).fetchall()[0]
    said = f"{rows:,} transactions from {start} to {end}"
    said += f"; seed {seed}, scale {scale:g}, fraud rate {rate:g}"
    without = "" if labels else "<p>The data carry no labels: what needs them is left out.</p>"
    links = "".join(
        f'<a href="#{_anchor(one.title)}">{html.escape(one.title)}</a>' for one in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>How real the data are</title>"
        f"<style>{_STYLE}</style></head><body><h1>How real the data are</h1>"
        f"<p>{html.escape(said)}. Each figure of the data stands beside the one that it was set "
        "from, with its source; where none is published, the report says who chose it.</p>"
        f"{without}<nav>{links}</nav>{''.join(map(_as_html, sections))}</body></html>\n"
    )


def write_realism(warehouse: Path, target: Path) -> None:
    """Write the report on a warehouse of seeded data; the file before stays until it is whole.

    Args:
        warehouse: The DuckDB file.
        target: The HTML file, as `write_page` takes it.

    Raises:
        click.ClickException: there is no warehouse, its data were loaded, or the file cannot be
            written.
        duckdb.CatalogException: the file holds no built warehouse.
    """
    with open_for_reading(warehouse) as con:
        if con.execute(f"select 1 from ({RUN}) where seed is not null").fetchone() is None:
            raise click.ClickException(
                f"the data of {warehouse} were loaded: realism is measured on the seeder's only."
            )
        text = report(con)
    write_page(target, text)
