"""Write the docs site: `smartsentry docs`.

One folder with an index page, dbt's own site in one file, column-level lineage in another, and the
diagram of the tables. No page needs the network.
"""

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from raw_layer.errors import reason
from smartsentry.pages import er_diagram
from smartsentry.pages.html import document
from smartsentry.project import ROOT
from smartsentry.warehouse import open_for_reading, warehouse_path

EXAMPLE = (
    "lineage.html?model=model.smartsentry.transactions.v1&column=rule_structuring_pattern"
    "&parents=all&children=0"
)

INDEX = """\
<dl>
<dt><a href="dbt.html">Tables and columns</a></dt>
<dd>Every model and column with its meaning, its tests and its SQL, and the graph of the models.
Search finds columns too: <code>rule_structuring_pattern</code>.</dd>
<dt><a href="lineage.html">Lineage of columns</a></dt>
<dd>From a column back to its raw columns, and forward to the columns derived from it: choose a
table, then the column. For instance
<a href="{example}"><code>rule_structuring_pattern</code></a>.</dd>
</dl>
<h2>Tables and their keys</h2>
<p>A line leads from a column to the table that it refers to; it is dashed if the column may be
null. Every build tests each line.</p>
<figure>{diagram}</figure>
<p>{tables} tables with {columns} columns. Written by <code>make docs</code> with dbt {dbt}.</p>
"""

STYLE = """\
body { max-width: 1180px; }
h2 { margin-top: 36px; }
dt { font-weight: bold; margin-top: 14px; }
dd { margin: 2px 0 0; max-width: 72ch; }
"""


def write_site(site: Path, target: Path) -> None:
    """Write the site from a built warehouse, and replace the old one as a whole.

    Args:
        site: The folder, which is replaced.
        target: dbt's folder of artifacts.

    Raises:
        click.ClickException: dbt or dbt-colibri failed; their output is on stderr.
    """
    folders = ("--target-path", str(target), "--log-path", str(target))
    run_program("dbt", "--quiet", "docs", "generate", "--static", *folders)
    manifest = json.loads((target / "manifest.json").read_text())
    site.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=site.parent, prefix=f".{site.name}.") as folder:
        new = Path(folder) / "new"
        new.mkdir()
        page = (target / "static_index.html").read_text(encoding="utf-8")
        (new / "dbt.html").write_text(without_dead_links(page), encoding="utf-8")
        run_program(
            "colibri",
            *("generate", "--disable-telemetry"),
            *("--manifest", str(target / "manifest.json")),
            *("--catalog", str(target / "catalog.json")),
            *("--output-dir", f"{folder}/lineage"),
        )
        (Path(folder) / "lineage/index.html").replace(new / "lineage.html")
        (new / "index.html").write_text(index(manifest), encoding="utf-8")
        new.chmod(0o755)
        if site.exists():
            site.rename(Path(folder) / "old")
        new.rename(site)


def index(manifest: dict[str, Any]) -> str:
    """Return the front page."""
    nodes = [
        node
        for node in [*manifest["nodes"].values(), *manifest["sources"].values()]
        if node["resource_type"] in ("model", "seed", "source")
    ]
    body = INDEX.format(
        example=escape(EXAMPLE),
        diagram=er_diagram.svg(er_diagram.relations(manifest)),
        tables=len(nodes),
        columns=f"{sum(len(node['columns']) for node in nodes):,}",
        dbt=escape(manifest["metadata"]["dbt_version"]),
    )
    return document("SmartSentry AML warehouse: documentation", body, style=STYLE)


def without_dead_links(page: str) -> str:
    """Return dbt's page without links that fail in a browser.

    The browser follows the addresses of icons before their templates are filled in, and the icon
    of the tab is a template that is never filled in.
    """
    page = page.replace('xlink:href="{{ getIcon(', 'ng-href="{{ getIcon(')
    return page.replace("${require('./assets/favicons/favicon.ico')}", "data:,")


def run_program(program: str, *arguments: str) -> None:
    """Run a program of this environment in the project's folder; print only its errors.

    Raises:
        click.ClickException: it failed; its output is on stderr.
    """
    environment = os.environ | {
        "SMARTSENTRY_DB": str(warehouse_path().resolve()),
        "SMARTSENTRY_ACCESS_MODE": "READ_ONLY",  # open readers would refuse a writer
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DISABLE_COLIBRI_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }
    command = [str(Path(sys.executable).parent / program), *arguments]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    # colibri leaves out the lineage of a model that it cannot read, says so and ends with 0.
    output = ran.stdout + ran.stderr
    if ran.returncode != 0 or "error processing model" in output:
        click.echo(output, err=True)
        raise click.ClickException(
            f"{program} failed with exit code {ran.returncode}, see above: what was there is as it"
            " was."
        )


def publish(site: Path) -> None:
    """Write the site of the current warehouse; the checkout is only read.

    Raises:
        click.ClickException: there is no built warehouse, or the site cannot be written.
        duckdb.CatalogException: the file holds no built warehouse.
    """
    if not any(
        folder.is_dir() and os.access(folder, os.W_OK)
        for folder in (site.parent, site.parent.parent)
    ):
        raise click.ClickException(f"{site} cannot be written: {site.parent} is no folder.")
    with open_for_reading(warehouse_path()) as con:
        con.execute("select 1 from build_info limit 0")
    try:
        with tempfile.TemporaryDirectory() as target:
            write_site(site, Path(target))
    except OSError as error:
        raise click.ClickException(
            f"{site} cannot be written ({reason(error)}): what was there is as it was."
        ) from error


def serve(site: Path, port: int) -> None:
    """Serve a site to this machine alone, until the process ends.

    Raises:
        click.ClickException: there is no site, or the port is taken.
    """
    if not (site / "index.html").is_file():
        raise click.ClickException(f"there is no docs site in {site}: run `make docs`.")
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on port {port} ({reason(error)}): choose another with --port."
        ) from error
    with server:
        click.echo(f"http://127.0.0.1:{port}/ until Ctrl-C")
        server.serve_forever()
