"""The dbt project's shape: what `dbt_project_evaluator` asks, and that every key is tested.

The package itself is not installed; its rules are restated here, each a function that names what
breaks it in dbt's manifest. What breaks one on purpose is listed with its reason, and an exception
that nothing uses fails as well. Descriptions of models and columns are tested in
`pages/test_docs.py`, metrics in `test_metrics.py`.
"""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import ROOT, Warehouse
from raw_layer import contract
from smartsentry.pages import html
from smartsentry.query import export, shell, summary

MANY_CHILDREN = 4  # the package says 3
MANY_PARENTS = 7
LONG_CHAIN = 4  # the package says 5


class Project:
    """dbt's manifest, asked for what the rules need."""

    def __init__(self, manifest: dict) -> None:
        self.manifest = manifest
        self.nodes = manifest["nodes"]
        self.sources = manifest["sources"]
        self.exposures = list(manifest["exposures"].values())
        self.models = [n for n in self.nodes.values() if n["resource_type"] == "model"]
        self.tests = [n for n in self.nodes.values() if n["resource_type"] == "test"]

    def parents(self, node: dict) -> list[str]:
        return [id_ for id_ in node["depends_on"].get("nodes", []) if id_ != node["unique_id"]]

    def children(self, id_: str) -> list[dict]:
        return [model for model in self.models if id_ in self.parents(model)]

    def name(self, id_: str) -> str:
        return (self.nodes.get(id_) or self.sources[id_])["name"]

    def of(self, *folders: str) -> list[dict]:
        return [model for model in self.models if model["fqn"][1] in folders]

    def tests_of(self, node: dict) -> list[dict]:
        return [test for test in self.tests if test.get("attached_node") == node["unique_id"]]

    def ancestors(self, node: dict) -> set[str]:
        found: set[str] = set()
        ahead = [node]
        while ahead:
            new = [id_ for id_ in self.parents(ahead.pop()) if id_ not in found]
            found.update(new)
            ahead += [self.nodes[id_] for id_ in new if id_ in self.nodes]
        return {self.name(id_) for id_ in found}

    def tested_keys(self, node: dict) -> list[set[str]]:
        """The sets of columns that a test says are unique."""
        return [
            {test["column_name"].strip('"')}
            if kind["name"] == "unique"
            else set(kind["kwargs"]["columns"])
            for test in self.tests_of(node)
            if (kind := test.get("test_metadata")) and kind["name"] in ("unique", "unique_together")
        ]


def without_comments(node: dict) -> str:
    """A model's SQL as it is written; nothing of a source."""
    return re.sub(r"(?s:\{#.*?#\})|--.*", "", node.get("raw_code", ""))


@pytest.fixture(scope="module")
def project(small_warehouse: Warehouse) -> Project:
    return Project(small_warehouse.artifact("manifest.json"))


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────

# Models without a test of their own key: the model whose test would fail if their rows doubled.
KEY_TESTED_BY = {
    # A mart is a plain select of it, or joins it by its key.
    "stg_accounts": "accounts",
    "stg_beneficiaries": "beneficiaries",
    "stg_customers": "customers",
    "stg_devices": "devices",
    "stg_dormant_accounts": "dormant_account_set",
    "stg_transactions": "transactions",
    # One row that every transaction meets.
    "stg_generation_run": "transactions",
    "rule_thresholds": "transactions",
    # Wide views: to count them would compute them anew; `transactions` is them, written.
    "transaction_features": "transactions",
    "transaction_rules": "transactions",
    # It filters a table whose key is tested.
    "scheme_transactions": "transactions",
    # It joins the hits with tables that have their keys tested.
    "alerts": "rule_hits",
    "new_alerts": "rule_hits",
    # Two singular tests would fail: one compares what stands in the log with the hits, one looks
    # for second rows of what was withdrawn.
    "hit_log": "rule_hits",
    "alert_log": "rule_hits",
    # It joins the cases with their log, by the key of both.
    "new_cases": "cases",
    # Not in the file: it is part of the model that reads it.
    "threshold_scenarios": "threshold_sweep",
    "threshold_steps": "threshold_sweep",
    # A table macro: a query on these.
    "alert_transactions": "transactions",
    "case_file": "transactions",
    "case_money": "transactions",
    "describe_table": "column_catalogue",
    "priority_reasons": "scorecard",
}
CANNOT_DOUBLE = {
    "build_info",  # a hook at the end of a run inserts the one row into a table made empty
    "days",  # a view of distinct days
}
# A table macro with rows of several kinds, which have no key together.
WITHOUT_KEY = {"case_file", "describe_table", "alert_transactions", "priority_reasons"}


def declared_key(description: str) -> set[str] | None:
    """The columns that a description says are the key; empty of a table with one row."""
    if found := re.search(r"\b[Kk]ey: (?:\(([^)]+)\)|(`\w+`))", description):
        return set(re.findall(r"`(\w+)`", found[1] or found[2]))
    return set() if re.search(r"(Grain: )?\b[Oo]ne row\b(?! per)", description) else None


def test_every_key_is_tested(project: Project) -> None:
    keyed = {model["name"]: model for model in project.models}
    keyed |= {
        seed["name"]: seed for seed in project.nodes.values() if seed["name"] == "rule_catalogue"
    }
    untested = set()
    for name, node in keyed.items():
        key = declared_key(node["description"])
        if name in WITHOUT_KEY:
            assert node["config"]["materialized"] == "table_function"
        else:
            assert key is not None, f"the description of {name} says no key"
        if key not in project.tested_keys(node):
            untested.add(name)
    assert untested == KEY_TESTED_BY.keys() | CANNOT_DOUBLE
    for name, tested in KEY_TESTED_BY.items():
        key = declared_key(keyed[tested]["description"])
        assert key and key in project.tested_keys(keyed[tested])
        related = project.ancestors(keyed[name]) | {name}
        assert tested in related or name in project.ancestors(keyed[tested])


def test_every_model_that_is_written_has_a_test(project: Project) -> None:
    silent = {
        model["name"]
        for model in project.models
        if model["config"]["materialized"] in ("table", "incremental")
        and not project.tests_of(model)
    }
    assert silent == {"build_info", "rule_thresholds"}, (
        "tables of one row, which no test can double"
    )


# ── What the package asks ────────────────────────────────────────────────────────────────────


def direct_join_to_source(project: Project) -> Iterator[str]:
    """A model reads a source and a model."""
    for model in project.models:
        kinds = {id_.split(".")[0] for id_ in project.parents(model)}
        if {"source", "model"} <= kinds:
            yield model["name"]


def source_read_beyond_staging(project: Project) -> Iterator[str]:
    for model in project.models:
        if model["fqn"][1] != "staging" and any(
            id_.startswith("source.") for id_ in project.parents(model)
        ):
            yield model["name"]


def staging_reads_models(project: Project) -> Iterator[str]:
    for model in project.of("staging"):
        if any(id_ in project.nodes for id_ in project.parents(model)):
            yield model["name"]


def source_not_staged_once(project: Project) -> Iterator[str]:
    """A source is unused, or read by several models (source fan-out), or several are joined."""
    for id_, source in project.sources.items():
        if len(project.children(id_)) != 1:
            yield source["name"]
    for model in project.models:
        if sum(id_.startswith("source.") for id_ in project.parents(model)) > 1:
            yield model["name"]


def table_declared_as_two_sources(project: Project) -> Iterator[str]:
    seen = set()
    for source in project.sources.values():
        if source["relation_name"] in seen:
            yield source["name"]
        seen.add(source["relation_name"])


def hard_coded_reference(project: Project) -> Iterator[str]:
    """A table with a schema in the SQL where a `ref` or `source` belongs."""
    for model in project.models:
        sql = re.sub(r"(?s:\{\{.*?\}\}|\{%.*?%\})", "", without_comments(model))
        if re.search(r"\b(from|join)\s+\"?(raw|staging|features|network|rules|main)\"?\.", sql):
            yield model["name"]


def root_model(project: Project) -> Iterator[str]:
    for model in project.models:
        if not project.parents(model):
            yield model["name"]


def fan_out(project: Project) -> Iterator[str]:
    """Several models that nothing reads any further come from one."""
    read = {id_ for model in project.models for id_ in project.parents(model)}
    for model in project.models:
        leaves = [
            child
            for child in project.children(model["unique_id"])
            if child["unique_id"] not in read
        ]
        if len(leaves) >= MANY_CHILDREN:
            yield model["name"]


def rejoined_upstream_concept(project: Project) -> Iterator[str]:
    """A model reads a parent and that parent's child, which nothing else reads."""
    for model in project.models:
        parents = project.parents(model)
        for id_ in parents:
            between = project.nodes.get(id_)
            if (
                between
                and between["resource_type"] == "model"
                and len(project.parents(between)) == 1
                and project.parents(between)[0] in parents
                and project.children(id_) == [model]
            ):
                yield f"{model['name']} ← {between['name']}"


def many_joins(project: Project) -> Iterator[str]:
    for model in project.models:
        if len(project.parents(model)) >= MANY_PARENTS:
            yield model["name"]


def chain_of_views(project: Project) -> Iterator[str]:
    def length(id_: str) -> int:
        node = project.nodes.get(id_, {})
        if node.get("config", {}).get("materialized") not in ("view", "ephemeral"):
            return 0
        return 1 + max(map(length, project.parents(node)), default=0)

    for model in project.models:
        if length(model["unique_id"]) >= LONG_CHAIN:
            yield model["name"]


def name_without_its_layer(project: Project) -> Iterator[str]:
    """The package wants stg_, int_, fct_ and dim_; here a folder keeps to one way or the other."""
    prefix = {"staging": "stg_"}
    for model in project.models:
        wanted = prefix.get(model["fqn"][1], ("int_", "fct_", "dim_"))
        if not model["name"].startswith(wanted):
            yield model["fqn"][1]


def file_away_from_its_layer(project: Project) -> Iterator[str]:
    """A model's folder is its schema, and its YAML lies beside it."""
    for model in project.models:
        folder = Path(model["original_file_path"]).parent
        schema = {"worklist": "main", "marts": "main", "evaluation": "main"}.get(
            folder.name, folder.name
        )
        yaml = model["patch_path"].partition("://")[2]
        if model["config"]["schema"] != schema or Path(yaml) != folder / f"{model['name']}.yml":
            yield model["name"]


def test_away_from_its_model(project: Project) -> Iterator[str]:
    for test in project.tests:
        attached = project.nodes.get(test.get("attached_node"))
        if attached and Path(test["original_file_path"]).parent != (
            Path(attached["original_file_path"]).parent
        ):
            yield test["name"]


test_away_from_its_model.__test__ = False


def exposure_on_what_is_not_public(project: Project) -> Iterator[str]:
    for exposure in project.exposures:
        for id_ in exposure["depends_on"]["nodes"]:
            if id_.startswith("model.") and project.nodes[id_]["access"] != "public":
                yield f"{exposure['name']} ← {project.name(id_)}"


def exposure_on_what_is_not_written(project: Project) -> Iterator[str]:
    """A source, or a view that is computed whenever a page reads it."""
    for exposure in project.exposures:
        for id_ in exposure["depends_on"]["nodes"]:
            node = project.nodes.get(id_)
            if node is None or node["config"]["materialized"] not in ("table", "incremental"):
                yield project.name(id_)


def public_without_contract(project: Project) -> Iterator[str]:
    for model in project.models:
        if model["access"] == "public" and not model["contract"]["enforced"]:
            yield model["name"]


def public_and_undocumented(project: Project) -> Iterator[str]:
    for model in project.models:
        if model["access"] == "public" and not (
            model["description"] and all(c["description"] for c in model["columns"].values())
        ):
            yield model["name"]


def source_without_freshness(project: Project) -> Iterator[str]:
    for source in project.sources.values():
        if not source["loaded_at_field"]:
            yield source["name"]


RULES: list[Callable[[Project], Iterator[str]]] = [
    direct_join_to_source,
    source_read_beyond_staging,
    staging_reads_models,
    source_not_staged_once,
    table_declared_as_two_sources,
    hard_coded_reference,
    root_model,
    fan_out,
    rejoined_upstream_concept,
    many_joins,
    chain_of_views,
    name_without_its_layer,
    file_away_from_its_layer,
    test_away_from_its_model,
    exposure_on_what_is_not_public,
    exposure_on_what_is_not_written,
    public_without_contract,
    public_and_undocumented,
    source_without_freshness,
]

_NO_TIMES = "it has no time of loading: it is replaced whole, with the transactions"
EXCEPTIONS: dict[str, dict[str, str]] = {
    "root_model": {
        "build_info": "the hooks fill it",
        "column_catalogue": "made of the descriptions that dbt itself knows",
        "integrity_checks": "the hooks fill it",
        "rule_thresholds": "made of dbt's vars",
    },
    "fan_out": {
        "transactions": "the wide table is made to be read: each evaluation table answers one"
        " question on it",
        "rule_performance": "each evaluation table of a rule begins with its alerts and labels",
        "cases": "the queue, the money of a case and the evaluation each begin with them",
    },
    "many_joins": {
        "run_summary": "one row a figure, of every table that the notebooks printed",
        "transaction_features": "the one place where narrow steps and small tables meet",
    },
    "chain_of_views": {
        "transaction_rules": "the wide row is written once, by `transactions`",
    },
    "rejoined_upstream_concept": {
        "rule_marginal_value ← alerts_alone": "a table of months, so that a day counts its own",
    },
    "name_without_its_layer": {
        "features": "schemas say the layer: features.account_velocity",
        "network": "schemas say the layer: network.chains",
        "rules": "schemas say the layer: rules.rule_hits",
        "marts": "business names on purpose: analysts type `from alerts`",
        "worklist": "business names on purpose: `from case_queue`",
        "evaluation": "business names on purpose: `from rule_performance`",
    },
    "exposure_on_what_is_not_public": {
        "report ← transfer_links": "the report draws chains; no other table says what links them",
    },
    "exposure_on_what_is_not_written": {
        "alerts": "its sentences are composed when they are read: written, they would be half of"
        " the file",
        "describe_table": "a table macro",
        "alert_transactions": "a table macro",
        "case_file": "a table macro",
        "case_money": "a table macro",
        "priority_reasons": "a table macro",
        "generation_run": "one row on where the data come from, which no model renames",
        "accounts": "realism counts raw.accounts, so that it needs no more than `transactions`",
    },
    "source_without_freshness": {
        table.name: _NO_TIMES for table in contract.TABLES if table.name != "transactions"
    },
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_would_find_nothing_new(project: Project, rule) -> None:
    assert set(rule(project)) == set(EXCEPTIONS.get(rule.__name__, {}))


# What breaks each rule that nothing breaks today.
def _add_parent(name: str, parent: str) -> Callable[[Project], None]:
    def spoil(project: Project) -> None:
        (model,) = (model for model in project.models if model["name"] == name)
        model["depends_on"]["nodes"].append(parent)

    return spoil


def _set(name: str, **values: object) -> Callable[[Project], None]:
    def spoil(project: Project) -> None:
        (model,) = (model for model in project.models if model["name"] == name)
        model.update(values)

    return spoil


def _declare_twice(project: Project) -> None:
    one = project.sources["source.smartsentry.raw.devices"]
    project.sources["source.smartsentry.again.devices"] = one


def _move_a_test(project: Project) -> None:
    test = next(test for test in project.tests if test.get("attached_node"))
    test["original_file_path"] = "dbt_project/models/elsewhere.yml"


RAW = "source.smartsentry.raw.devices"
SPOILT: dict[str, Callable[[Project], None]] = {
    "direct_join_to_source": _add_parent("devices", RAW),
    "source_read_beyond_staging": _add_parent("devices", RAW),
    "staging_reads_models": _add_parent("stg_devices", "model.smartsentry.stg_accounts"),
    "source_not_staged_once": _add_parent("stg_accounts", RAW),
    "table_declared_as_two_sources": _declare_twice,
    "hard_coded_reference": _set("devices", raw_code="select * from staging.stg_devices"),
    "rejoined_upstream_concept": _set(
        "customer_velocity", depends_on={"nodes": ["model.smartsentry.stg_transactions"]}
    ),
    "file_away_from_its_layer": _set("devices", original_file_path="models/rules/devices.sql"),
    "test_away_from_its_model": _move_a_test,
    "exposure_on_what_is_not_public": _set("transactions", access="protected"),
    "public_without_contract": _set("devices", contract={"enforced": False}),
    "public_and_undocumented": _set("devices", description=""),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_finds_what_breaks_it(project: Project, rule) -> None:
    found = set(rule(project))
    if rule.__name__ not in SPOILT:
        assert found, "an exception shows that it finds something"
        return
    spoilt = Project(copy.deepcopy(project.manifest))
    SPOILT[rule.__name__](spoilt)
    assert set(rule(spoilt)) > found


# ── Groups, access, tags, exposures ──────────────────────────────────────────────────────────


def test_every_model_has_a_group_with_an_owner_and_its_access(project: Project) -> None:
    groups = {group["name"]: group for group in project.manifest["groups"].values()}
    assert all(group["owner"]["name"] and group["description"] for group in groups.values())
    access: dict[tuple[str, str], set[str]] = {}
    for model in project.models:
        assert model["group"] in groups
        access.setdefault((model["fqn"][1], model["access"]), set()).add(model["name"])
    assert {layer for layer, kind in access if kind == "public"} == {
        *("worklist", "marts", "evaluation")
    }
    assert {layer for layer, kind in access if kind == "protected"} == {
        *("staging", "network", "rules", "worklist")
    }
    assert access["network", "protected"] == {"transfer_links"}, "the report draws it"
    assert access["rules", "protected"] == {"rule_hits"}, "evaluation counts it"
    assert access["worklist", "protected"] == {"snooze_hits"}, "evaluation counts it"
    assert access["worklist", "private"] == {
        *("case_log", "case_members", "decided_transactions"),
        *("known_outcomes", "rule_patterns", "transaction_priority"),
    }
    assert access["evaluation", "private"] == {
        *("days", "scheme_transactions", "threshold_scenarios", "threshold_steps", "case_days"),
        *("threshold_counts", "below_the_line_candidates", "alerts_alone"),
    }
    assert not any(layer == "marts" for layer, kind in access if kind != "public")


def test_tags_say_the_layer_and_who_reads_the_answer(project: Project) -> None:
    answers = {
        column.name for table in contract.TABLES for column in table.columns if column.ground_truth
    }
    word = re.compile(rf"\b({'|'.join(answers)})\b")
    for node in [*project.models, *project.sources.values()]:
        tags = set(node["tags"])
        if node["resource_type"] == "model":
            assert node["fqn"][1] in tags
        holds = any(
            column["config"]["meta"].get("ground_truth") for column in node["columns"].values()
        )
        reads = word.search(without_comments(node))
        assert ("ground_truth" in tags) == bool(holds or reads), node["name"]


def test_the_tables_that_others_build_on_have_a_version(project: Project) -> None:
    versioned = {model["name"]: model for model in project.models if model["version"]}
    assert versioned.keys() == {"transactions", "alerts"}
    for name, model in versioned.items():
        assert (model["version"], model["latest_version"], model["alias"]) == (1, 1, name)
        assert model["original_file_path"].endswith(f"/{name}.sql")


def read_by(*texts: str) -> set[str]:
    """The tables and table macros that a page or command names in its SQL."""
    sql = re.sub("--.*", "", "\n".join(texts))
    read = set(re.findall(r"\b(?:from|join) (?:\w+\.)*(\w+)", sql))
    return read - set(re.findall(r"\b(\w+) as (?:materialized )?\(", sql))


def queries_of(pattern: str) -> str:
    return "\n".join(path.read_text() for path in sorted(html.ANALYSES.glob(pattern)))


def text_of(path: str) -> str:
    return (ROOT / path).read_text()


def test_every_exposure_names_what_its_queries_read(project: Project) -> None:
    literals = r'"(?:select [^"]*)?from [^"]*"'
    separability = re.findall(literals, text_of("smartsentry/pages/separability.py"))
    reads = {
        "exports": set(export.TABLES),
        "cases": read_by(queries_of("cases/*.sql"), html.query_text("report_build")),
        "report": read_by(queries_of("report/*.sql")),
        "realism": read_by(queries_of("realism/*.sql"), *separability),
        "comparison": read_by(queries_of("compare/*.sql")),
        "questions": read_by(queries_of("[0-9]*.sql")),
        "summary": {*summary.TABLES}
        | read_by(
            *(summary.CASES, summary.CHECKS, summary.TOP_RULES, summary.SCORES),
            *(summary.ALERTS, summary.BUILD),
            *summary.FINDINGS.values(),
        ),
        "prompt": read_by(shell.DESCRIBE, shell.WELCOME.replace("from d('transactions')", ""))
        | {"transactions"},
    }
    declared = {}
    for exposure in project.exposures:
        assert exposure["owner"]["name"] and exposure["description"]
        program, command = exposure["config"]["meta"]["command"].split()
        assert program == "smartsentry" and f'name="{command}"' in text_of("smartsentry/cli.py")
        declared[exposure["name"]] = {
            node.get("alias") or node["identifier"]
            for id_ in exposure["depends_on"]["nodes"]
            for node in [project.nodes.get(id_) or project.sources[id_]]
        }
    assert declared == reads


def test_freshness_warns_and_does_not_fail(small_warehouse: Warehouse, tmp_path: Path) -> None:
    copy_of_it = small_warehouse.copy(tmp_path)
    ran = copy_of_it.dbt("source", "freshness")
    assert ran.returncode == 0, ran.stdout
    (one,) = copy_of_it.artifact("sources.json")["results"]
    assert one["unique_id"] == "source.smartsentry.raw.transactions"
    assert one["status"] == "warn", "made-up data end on a day of their own"
    with copy_of_it.connect(read_only=False) as con:
        con.execute(
            "update raw.transactions set timestamp = current_timestamp at time zone 'UTC'"
            " - interval 1 hour where transaction_id = 'T1'"
        )
    assert copy_of_it.dbt("source", "freshness").returncode == 0
    (one,) = copy_of_it.artifact("sources.json")["results"]
    assert one["status"] == "pass"
