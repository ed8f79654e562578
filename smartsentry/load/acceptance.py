"""Accept or reject each landed row: into its raw table with types, or with every reason.

Everything is one SQL query per batch of rows, written from the mapping. A reason is a short text; a
row may have several.
"""

import duckdb
import pandas as pd

from raw_layer import contract
from raw_layer.sql import literal, quoted
from smartsentry.load.landing import Batch, Source
from smartsentry.load.mapping import Field, Mapping, TableMapping

RANGES = {"age": (0, 130), "flow_depth": (1, 10**9), "hop_number": (1, 10**9)}
# Columns that name a row of another table: the table and what it is called in a reason.
REFERENCES: dict[str, dict[str, tuple[str, str]]] = {
    "accounts": {"customer_id": ("customers", "a customer")},
    "account_devices": {
        "account_id": ("accounts", "an account"),
        "device_id": ("devices", "a device"),
    },
    "account_beneficiaries": {
        "account_id": ("accounts", "an account"),
        "beneficiary_id": ("beneficiaries", "a beneficiary"),
    },
    "dormant_accounts": {"account_id": ("accounts", "an account")},
    "inactive_accounts": {"account_id": ("accounts", "an account")},
    "transactions": {
        "customer_id": ("customers", "a customer"),
        "sender_account_id": ("accounts", "an account"),
        "receiver_account_id": ("accounts", "an account"),
        "beneficiary_id": ("beneficiaries", "a beneficiary"),
        "device_id": ("devices", "a device"),
    },
}
UNSPECIFIED = "unspecified"  # the typology of a fraudulent row with only a label
NOT_OWNER = "customer_id does not own sender_account_id"

_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_FINITE = r"^[+-]?(nan|inf|infinity)$"
_THIRD_DECIMAL = r"^[+-]?[0-9]*[.][0-9]{2}[0-9]*[1-9]"
_INTEGER = r"^[+-]?[0-9]+([.]0+)?$"
_ZONED = (
    r":[0-9]{2}([.][0-9]+)?\s*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?|UTC|GMT|[A-Za-z_]+/[A-Za-z_/+-]+)$"
)


class Judge:
    """Writes the rows of one mapped table into `raw`.

    Entity tables are collected first and written when their repeated keys are known. Transactions,
    which may be many, are written at once and removed again if a key is repeated.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, mapping: Mapping, loaded: TableMapping
    ) -> None:
        self.con = con
        self.mapping = mapping
        self.loaded = loaded
        self.table = loaded.table
        self.given = {table.table.name for table in mapping.tables}
        self.direct = self.table is contract.TRANSACTIONS
        self.target = f"raw.{self.table.name}" if self.direct else "raw.staged"
        self.judgement = self._judgement()
        if not self.direct:
            con.execute(
                f"create or replace table raw.staged as"
                f" select null::bigint as landed_no, * from raw.{self.table.name} limit 0"
            )

    def judge(self, con: duckdb.DuckDBPyConnection, batch: Batch, file: str, base: int) -> None:
        """Judge one batch on a connection of its own; its first row gets the number `base`."""
        number = f"line - {batch.first}"
        if batch.first is None:
            number = "row_number() over (order by line) - 1"
        with batch.reading(con) as query:
            con.execute(
                f"create or replace temp table batch as with source as ({query}), judged as ("
                f"with {self.judgement}) select {base} + {number} as landed_no, * from judged"
            )
        columns = {name: quoted(name) for name in self.table.column_names() if name in self.said}
        if self.direct:
            columns["transaction_id"] = "'T' || landed_no"
        else:
            columns["landed_no"] = "landed_no"
        con.execute(
            f"insert into {self.target} ({', '.join(map(quoted, columns))})"
            f" select {', '.join(columns.values())} from batch where reasons is null"
        )
        origin = [self.table.name, file]
        con.execute(
            "insert into raw.landed_rows select ?, landed_no, ?, line, source_id, 0 from batch",
            origin,
        )
        bad = con.execute("select line from batch where reasons is not null").fetchall()
        if bad:
            lines = [line for (line,) in bad]
            texts = pd.Series(batch.texts(lines), dtype=object)
            con.register("bad", pd.DataFrame({"line": lines, "text": texts}))
            con.execute(
                "insert into raw.rejected_rows select ?, landed_no, ?, line, text, reasons"
                " from batch join bad using (line) order by landed_no",
                origin,
            )
            con.unregister("bad")

    def finish(self, sources: dict[str, Source]) -> None:
        """Reject rows for reasons that need all rows, such as a repeated key; write the others."""
        name = self.table.name
        key = "transaction_id" if self.direct else " and ".join(self.table.key)
        self._reject(
            """
            with accepted as (
                select landed_no, source_file, source_line, source_id
                from raw.landed_rows
                anti join (from raw.rejected_rows where source_table = $table) using (landed_no)
                where source_table = $table and source_id is not null
            ),
            repeated as (
                select source_id, min(landed_no) as first_no from accepted
                group by source_id having count(*) > 1
            )
            select accepted.landed_no, source_file, source_line
            from accepted join repeated using (source_id)
            where landed_no > first_no
            """,
            f"{key} stands in an earlier row",
            sources,
        )
        if not self.direct:
            names = ", ".join(map(quoted, self.table.column_names()))
            self.con.execute(
                f"insert into raw.{name} select {names} from raw.staged order by landed_no"
            )
            self.con.execute("drop table raw.staged")
        elif "accounts" not in self.given and "customer_id" in self.loaded.fields:
            self._reject(
                """
                with numbered as (
                    select sender_account_id, customer_id, substr(transaction_id, 2)::bigint as no
                    from raw.transactions
                ),
                owners as (
                    select sender_account_id, arg_min(customer_id, no) as owner
                    from numbered
                    group by sender_account_id having min(customer_id) != max(customer_id)
                )
                select no as landed_no, source_file, source_line
                from numbered
                join owners using (sender_account_id)
                join raw.landed_rows on source_table = $table and landed_no = no
                where customer_id != owner
                """,
                NOT_OWNER,
                sources,
            )

    def _reject(self, query: str, reason: str, sources: dict[str, Source]) -> None:
        """Move accepted rows (`landed_no`, `source_file`, `source_line`) to the rejected ones."""
        found = self.con.execute(query, {"table": self.table.name}).fetchall()
        if not found:
            return
        lines: dict[str, set[int]] = {}
        for _, file, line in found:
            lines.setdefault(file, set()).add(line)
        texts = {file: sources[file].texts(wanted) for file, wanted in lines.items()}
        self.con.execute("create or replace temp table moved (landed_no bigint, text varchar)")
        self.con.execute(
            "insert into moved select unnest(?::bigint[]), unnest(?::varchar[])",
            [[no for no, *_ in found], [texts[file][line] for _, file, line in found]],
        )
        self.con.execute(
            """
            insert into raw.rejected_rows
            select source_table, landed_no, source_file, source_line, text, [$reason]
            from moved join raw.landed_rows using (landed_no)
            where source_table = $table
            """,
            {"table": self.table.name, "reason": reason},
        )
        number = "substr(transaction_id, 2)::bigint" if self.direct else "landed_no"
        self.con.execute(
            f"delete from {self.target} where {number} in (select landed_no from moved)"
        )
        self.con.execute("drop table moved")

    # The query of a batch.

    def _judgement(self) -> str:
        """Return the steps from `source` to the line, reasons, source's id and typed columns."""
        texts: list[str] = []
        typed: list[str] = []
        checks: list[tuple[str, str]] = []
        self.steps: tuple[list[str], ...] = ([], [], [], [])
        self.lookups: list[str] = []
        for column in self.table.columns:
            place = quoted(column.name)
            field = self.loaded.fields.get(column.name)
            if column.name == "transaction_id":
                texts.append(f"{self._text(field) if field else 'null::varchar'} as source_id")
                if field:
                    checks.append(("texts.source_id is null", "transaction_id is missing"))
                continue
            if field is None:
                typed.append(f"cast(null as {column.type}) as {place}")
                continue
            texts.append(f"{self._text(field)} as {place}")
            if field.factor_by is not None:
                number = self.loaded.source_columns().index(field.factor_by[0])
                texts.append(f"s{number} as {quoted('factor of ' + column.name)}")
            expression, found = self._typed(column, field, f"texts.{place}")
            typed.append(f"{expression} as {place}")
            checks += found
            if column.name in self.table.required():
                checks.append((f"texts.{place} is null", f"{column.name} is missing"))
        replaced, joins, late = self._completed()
        # Expressions that several conditions and the value share are computed once, in steps.
        steps = "".join(
            f"step_{number} as (select {', '.join(['*', *step])} from {before} as texts),\n"
            for number, (before, step) in enumerate(
                zip(("texts", "step_1", "step_2", "step_3"), self.steps, strict=True), 1
            )
        )
        self.said = {*self.loaded.fields, *replaced} - {"transaction_id"}
        names = [quoted(name) for name in self.table.column_names() if name in self.said]
        replacing = [
            "typed.early as early",
            *(f"{value} as {name}" for name, value in replaced.items()),
        ]
        key = "source_id" if self.direct else " || '|' || ".join(map(quoted, self.table.key))
        return f"""
            texts as (
                select {", ".join(["line", "fault", *texts])} from source {" ".join(self.lookups)}
            ),
            {steps}
            typed as (
                select
                    line, fault, {"source_id," if self.direct else ""}
                    {_reasons(checks)} as early,
                    {", ".join(typed)}
                from step_4 as texts
            ),
            completed as (
                select typed.* replace ({", ".join(replacing)}),
                    {_reasons(late)} as late
                from typed {joins}
            )
            select
                line,
                {key} as source_id,
                -- What is said of the cells of a row that could not be cut into cells is no use.
                case
                    when fault is not null then [fault]
                    when early is not null or late is not null then list_concat(early, late)
                end as reasons,
                {", ".join(names)}
            from completed
        """

    def _completed(self) -> tuple[dict[str, str], str, list[tuple[str, str]]]:
        """Return what depends on other columns and tables: replaced columns, joins, and checks."""
        replaced: dict[str, str] = {}
        joins: list[str] = []
        checks: list[tuple[str, str]] = []
        for name, (other, called) in REFERENCES.get(self.table.name, {}).items():
            complete = other in self.given or (other == "accounts" and not self.direct)
            if name not in self.loaded.fields or not complete:
                continue
            key = next(table.key[0] for table in contract.TABLES if table.name == other)
            alias = f"of_{name}"
            joins.append(f"left join raw.{other} as {alias} on typed.{name} = {alias}.{key}")
            checks.append(
                (f"typed.{name} is not null and {alias}.{key} is null", f"{name} is not {called}")
            )
        if self.table is contract.INACTIVE_ACCOUNTS:
            joins.append(
                "left join raw.dormant_accounts as dormant on typed.account_id = dormant.account_id"
            )
            checks.append(("dormant.account_id is not null", "account_id is a dormant account"))
        if self.direct:
            replaced, further = self._transaction()
            checks += further
        return replaced, " ".join(joins), checks

    def _transaction(self) -> tuple[dict[str, str], list[tuple[str, str]]]:
        fields = self.loaded.fields
        parties = "typed.receiver_account_id", "typed.beneficiary_id"
        checks = [
            (
                f"{parties[0]} is not null and {parties[1]} is not null",
                "both receiver_account_id and beneficiary_id are given",
            ),
            (
                f"{parties[0]} is null and {parties[1]} is null",
                "neither receiver_account_id nor beneficiary_id is given",
            ),
        ]
        replaced = {}
        if "accounts" in self.given:
            owner = "of_sender_account_id.customer_id"
            replaced["customer_id"] = owner
            checks.append((f"typed.customer_id != {owner}", NOT_OWNER))
        elif "customer_id" not in fields:
            replaced["customer_id"] = "typed.sender_account_id"
        if "debit_credit" not in fields:
            replaced["debit_credit"] = "'debit'"
        types = ", ".join(map(literal, contract.CASH_TYPES["branch"]))
        cash = f"typed.transaction_type in ({types})"
        if "cash_flag" not in fields:
            replaced["cash_flag"] = f"cast({cash} as tinyint)"
        else:
            checks.append(
                (f"(typed.cash_flag = 1) != ({cash})", "cash_flag and transaction_type disagree")
            )
        named = f"case typed.label when 0 then 'normal' when 1 then {literal(UNSPECIFIED)} end"
        replaced["fraud_type"] = f"coalesce(typed.fraud_type, {named})"
        told = "cast(typed.fraud_type != 'normal' as tinyint)"
        replaced["label"] = f"coalesce(typed.label, {told})"
        checks.append((f"typed.label != {told}", "label and fraud_type disagree"))
        return replaced, checks

    def _text(self, field: Field) -> str:
        """Return the text that a field takes from the source columns."""
        if field.constant is not None:
            text = literal(field.constant)
        else:
            columns = self.loaded.source_columns()
            parts = [f"s{columns.index(name)}" for name in field.columns]
            text = f" || {literal(field.separator)} || ".join(parts)
        if field.only_if is not None:
            text = f"case when regexp_matches({text}, {literal(field.only_if)}) then {text} end"
        if field.except_if is not None:
            text = (
                f"case when not regexp_matches({text}, {literal(field.except_if)}) then {text} end"
            )
        if field.by_sign:
            text = f"case when {text} is not null then if({text} like '-%', 'debit', 'credit') end"
        if field.lookup is not None:
            text = self._looked_up(field.lookup, text, field.default)
        if field.map is not None:
            whens = " ".join(
                f"when {literal(key)} then {literal(value)}" for key, value in field.map.items()
            )
            # Without a default the value stays as it is, for its domain to judge.
            other = text
            if field.default is not None:
                other = f"case when {text} is not null then {literal(field.default)} end"
            text = f"case {text} {whens} else {other} end"
        if field.prefix:
            text = f"{literal(field.prefix)} || {text}"
        return f"({text})"

    def _looked_up(self, name: str, key: str, default: str | None) -> str:
        """Return the value that a lookup has for a key; else null, or the default."""
        alias = f"lookup_{len(self.lookups)}"
        self.lookups.append(f"left join lookups.{quoted(name)} as {alias} on {alias}.key = {key}")
        if default is None:
            return f"{alias}.value"
        return f"case when {key} is not null then coalesce({alias}.value, {literal(default)}) end"

    def _typed(
        self, column: contract.Column, field: Field, text: str
    ) -> tuple[str, list[tuple[str, str]]]:
        """Return the value of a column and the conditions that reject it, each with its reason."""
        name = column.name
        if column.type == "timestamp":
            return self._time(name, field, text)
        if column.type.startswith("decimal"):
            return self._money(name, field, text)
        if column.type == "tinyint":
            cases = "when 'true' then 1 when 'false' then 0 when '1' then 1 when '0' then 0"
            value = self._step(0, name, f"cast(case lower({text}) {cases} end as tinyint)")
            return value, [(f"{text} is not null and {value} is null", f"{name} is not 0 or 1")]
        if column.type in ("integer", "bigint"):
            number = self._step(0, f"number of {name}", self._number(field, text))
            whole = f"case when regexp_matches({number}, {literal(_INTEGER)}) then {number} end"
            value = self._step(1, name, f"try_cast({whole} as {column.type})")
            low, high = RANGES.get(name, (0, 2**31 - 1))
            return value, [
                (f"{text} is not null and {value} is null", f"{name} is not a whole number"),
                (f"{value} not between {low} and {high}", f"{name} is outside {low} to {high}"),
            ]
        if name in contract.DOMAINS:
            listed = ", ".join(map(literal, contract.DOMAINS[name]))
            return text, [(f"{text} not in ({listed})", f"{name} is outside its domain")]
        return text, []

    def _number(self, field: Field, text: str) -> str:
        if field.thousands:
            text = f"replace({text}, {literal(field.thousands)}, '')"
        if field.decimal_mark != ".":
            text = f"replace({text}, {literal(field.decimal_mark)}, '.')"
        return text

    def _step(self, number: int, what: str, expression: str) -> str:
        """Add an expression to a step; return its name for later steps and conditions."""
        name = quoted(f"{what} after step {number}")
        self.steps[number].append(f"{expression} as {name}")
        return f"texts.{name}"

    def _money(self, name: str, field: Field, text: str) -> tuple[str, list[tuple[str, str]]]:
        number = self._number(field, text)
        if field.absolute:
            number = f"ltrim({number}, '+-')"
        number = self._step(0, f"number of {name}", number)
        # A cast reads all numbers, and of what is none only those with underscores. The patterns
        # are slower, so they look only at what was not read.
        digits = f"case when not contains({number}, '_') then {number} end"
        exact = self._step(1, f"exact {name}", f"try_cast({digits} as decimal(38, 10))")
        is_number = f"case when {exact} is null then {_matches(number, _NUMBER)} else true end"
        is_number = self._step(2, f"{name} is a number", is_number)
        value = exact
        lower = f"case when {exact} is null then lower({number}) end"
        not_finite = f"coalesce({_matches(lower, _NOT_FINITE)}, false)"
        checks = [
            (f"not {is_number} and {not_finite}", f"{name} is not finite"),
            (f"not {is_number} and not {not_finite}", f"{name} is not a number"),
            (f"{exact} <= 0", f"{name} is not above 0"),
        ]
        factor = None if field.factor is None else f"cast({field.factor:f} as decimal(18, 8))"
        if field.factor_by is not None:
            column, factors = field.factor_by
            whens = " ".join(
                f"when {literal(key)} then cast({rate:f} as decimal(18, 8))"
                for key, rate in factors.items()
            )
            factor = f"case texts.{quoted('factor of ' + name)} {whens} end"
            factor = self._step(1, f"factor of {name}", factor)
            missing = f"{text} is not null and {factor} is null"
            checks.append((missing, f"{name} has no factor for its {column}"))
        if factor is not None:
            value = f"try_cast({exact} as decimal(20, 4)) * {factor}"
        rounded = self._step(2, f"rounded {name}", f"round({value}, 2)")
        if not field.round:
            whole = rounded if factor is None else f"round({exact}, 2)"
            long = f"case when length({number}) > 11 then {number} end"  # more than `exact` keeps
            third = f"{exact} != {whole} or {_matches(long, _THIRD_DECIMAL)}"
            checks.append((third, f"{name} has more than two decimals"))
        typed = self._step(3, name, f"try_cast({rounded} as decimal(18, 2))")
        has_factor = "true" if factor is None else f"{factor} is not null"
        checks += [
            (f"{is_number} and {typed} is null and {has_factor}", f"{name} is too large"),
            (f"{exact} > 0 and {typed} <= 0", f"{name} rounds to 0"),
        ]
        return typed, checks

    def _time(self, name: str, field: Field, text: str) -> tuple[str, list[tuple[str, str]]]:
        """Read bank-local time; a time with a zone is converted, never cut."""
        bank = literal(self.mapping.bank_time_zone or "UTC")
        checks: list[tuple[str, str]] = []
        if field.origin is not None:
            whole = f"case when {_matches(text, _INTEGER)} then {text} end"
            count = self._step(0, f"count of {name}", f"try_cast({whole} as bigint)")
            seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[field.unit]
            near = f"case when {count} between -100000000000 and 100000000000 then {count} end"
            value = f"timestamp '{field.origin}' + to_seconds({near} * {seconds})"
            value = self._local(value, field)
        elif field.format is not None:
            value = f"try_strptime({text}, {literal(field.format)})"
            if "%z" in field.format.lower():
                value = f"timezone({bank}, {value})"
            else:
                value = self._local(value, field)
        else:
            # The common form has no room for a zone, and need not be matched with the pattern.
            short = f"length({text}) = 19 and {text}[14] = ':' and {text}[17] = ':'"
            pattern = f"case when {short} then false else {_matches(text, _ZONED)} end"
            zoned = self._step(0, f"zone of {name}", pattern)
            plain = self._local(f"try_cast({text} as timestamp)", field)
            value = f"case when {zoned} then timezone({bank}, try_cast({text} as timestamptz))"
            value += f" else {plain} end"
            if self.mapping.bank_time_zone is None:
                checks.append((zoned, f"{name} has a zone and the mapping no bank_time_zone"))
        value = self._step(1, name, value)
        # Only fractions of a second are cut off; infinity stays as it is.
        typed = self._step(2, name, f"date_trunc('second', {value})")
        first, last = self.mapping.earliest, self.mapping.latest
        checks += [
            (f"{text} is not null and {value} is null", f"{name} cannot be read as a time"),
            (
                f"{value} < timestamp '{first}' or {value} >= timestamp '{last}'",
                f"{name} is outside {first} to {last}",
            ),
        ]
        return typed, checks

    def _local(self, value: str, field: Field) -> str:
        if field.time_zone is None:
            return value
        bank = literal(self.mapping.bank_time_zone or "UTC")
        return f"timezone({bank}, timezone({literal(field.time_zone)}, {value}))"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_matches({text}, {literal(pattern)})"


def _reasons(checks: list[tuple[str, str]]) -> str:
    """Return the SQL list of the reasons whose conditions hold; null where none does."""
    if not checks:
        return "cast(null as varchar[])"
    either = " or ".join(f"({condition})" for condition, _ in checks)
    each = ", ".join(
        f"case when {condition} then {literal(reason)} end" for condition, reason in checks
    )
    return f"case when {either} then list_filter([{each}], lambda reason: reason is not null) end"
