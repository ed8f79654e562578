"""A diagram of the tables and their keys, from the `relationships` tests of the dbt project.

As text for Mermaid, which docs/architecture.md shows, and as an SVG for the docs site.
"""

from dataclasses import dataclass
from html import escape
from typing import Any

from raw_layer import contract


@dataclass(frozen=True, order=True)
class Relation:
    """A foreign key.

    Attributes:
        child: The table with the column, as `schema.table` outside `main`.
        column: The column.
        parent: The table that the column refers to, likewise.
        is_optional: Whether the column may be null.
        is_unique: Whether each value occurs once at most.
    """

    child: str
    column: str
    parent: str
    is_optional: bool
    is_unique: bool


def relations(manifest: dict[str, Any]) -> list[Relation]:
    """Return the relations of the `relationships` tests in a dbt manifest, sorted."""
    nodes = manifest["nodes"] | manifest["sources"]
    tests = [node for node in nodes.values() if node.get("test_metadata")]
    tested = {
        (test["test_metadata"]["name"], test["attached_node"], test["column_name"])
        for test in tests
    }
    raw = {table.name: table.required() for table in contract.TABLES}

    def is_optional(node_id: str, column: str) -> bool:
        node = nodes[node_id]
        if node["resource_type"] == "source":
            return column not in raw[node["name"]]
        kinds = {constraint["type"] for constraint in node["columns"][column]["constraints"]}
        if kinds & {"not_null", "primary_key"} or ("not_null", node_id, column) in tested:
            return False
        if node["config"]["materialized"] != "view":
            return True
        # A view has no constraints: look at the tables that it reads.
        read = [one for one in node["depends_on"]["nodes"] if column in nodes[one]["columns"]]
        return all(is_optional(one, column) for one in read)

    def name(node_id: str) -> str:
        node = nodes[node_id]
        table = node.get("alias") or node["identifier"]
        return table if node["schema"] == "main" else f"{node['schema']}.{table}"

    found = set()
    for test in tests:
        if test["test_metadata"]["name"] != "relationships":
            continue
        child, column = test["attached_node"], test["column_name"]
        to = test["test_metadata"]["kwargs"]["to"]  # ref('transactions')
        (parent,) = {
            node for node in test["depends_on"]["nodes"] if f"'{nodes[node]['name']}'" in to
        }
        unique = ("unique", child, column) in tested
        optional = is_optional(child, column)
        found.add(Relation(name(child), column, name(parent), optional, unique))
    return sorted(found)


def mermaid(found: list[Relation]) -> str:
    """Return the diagram in Mermaid's language."""
    lines = ["erDiagram"]
    for relation in found:
        one = "|o" if relation.is_optional else "||"
        many = "o|" if relation.is_unique else "o{"
        parent, child = (
            f'"{table}"' if "." in table else table for table in (relation.parent, relation.child)
        )
        lines.append(f"    {parent} {one}--{many} {child} : {relation.column}")
    return "\n".join(lines)


WIDTH, HEAD, LINE, GAP, LANE = 210, 26, 18, 20, 120


def svg(found: list[Relation]) -> str:
    """Return the diagram as an SVG element, with parents to the left of their children.

    A line leads from a column to the table that it refers to; it is dashed if the column may be
    null.
    """
    tables = {table for relation in found for table in (relation.parent, relation.child)}
    columns = {
        table: sorted({relation.column for relation in found if relation.child == table})
        for table in tables
    }
    lane = dict.fromkeys(tables, 0)
    for _ in tables:  # as many steps as the longest chain can have
        for relation in found:
            lane[relation.child] = max(lane[relation.child], lane[relation.parent] + 1)

    place: dict[str, tuple[int, int]] = {}
    bottom = [GAP] * (max(lane.values()) + 1)
    # Children of the same parents are placed together, so fewer lines cross.
    parents = {table: sorted(r.parent for r in found if r.child == table) for table in tables}
    for table in sorted(tables, key=lambda table: (lane[table], parents[table], table)):
        column = lane[table]
        place[table] = (GAP + column * (WIDTH + LANE), bottom[column])
        bottom[column] += HEAD + LINE * len(columns[table]) + GAP

    parts = []
    for relation in found:
        x, top = place[relation.child]
        y = top + HEAD + LINE * columns[relation.child].index(relation.column) + LINE // 2
        end_x, end_top = place[relation.parent]
        end_x, end_y, bend = end_x + WIDTH, end_top + HEAD // 2, LANE // 2
        dash = ' stroke-dasharray="4 3"' if relation.is_optional else ""
        parts.append(
            f'<path d="M{x} {y} C{x - bend} {y} {end_x + bend} {end_y} {end_x} {end_y}"{dash}/>'
        )
    boxes = []
    for table, (x, y) in sorted(place.items()):
        height = HEAD + LINE * len(columns[table])
        boxes.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{height}" class="box"/>'
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEAD}" class="head"/>'
            f'<text x="{x + 9}" y="{y + 17}" class="table">{escape(table)}</text>'
        )
        for number, name in enumerate(columns[table]):
            line = y + HEAD + LINE * number + 13
            boxes.append(f'<text x="{x + 9}" y="{line}">{escape(name)}</text>')
    width = len(bottom) * (WIDTH + LANE) - LANE + 2 * GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {max(bottom)}"'
        f' width="{width}" height="{max(bottom)}" role="img" aria-label="Tables and their keys">'
        "<style>svg { font: 11px Helvetica, Arial, sans-serif; fill: #1f2933 }"
        " path { fill: none; stroke: #8aa4ad; stroke-width: 1.2 }"
        " .box { fill: #fff; stroke: #1f6f8b } .head { fill: #1f6f8b }"
        " .table { fill: #fff; font-weight: bold }</style>"
        f"{''.join(parts)}{''.join(boxes)}</svg>"
    )
