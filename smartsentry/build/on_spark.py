"""`smartsentry spark`: the same models on Spark, from Parquet to Parquet.

The folders around the published one, all on its file system:

    warehouse/spark/               SCHEMA/TABLE/part-00000.parquet, replaced as a whole
    warehouse/build/spark/         where Spark works: raw tables, its own tables, temporary files
    warehouse/build/spark.dbt/     log and artifacts of the last build
    warehouse/build/spark.lock     the lock, and who holds it
"""

import importlib.util
import os
import re
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import duckdb

from raw_layer import contract
from raw_layer.errors import in_one_sentence, reason
from raw_layer.files import finish_folder, replace_folder, stoppable, unstoppable
from raw_layer.sql import literal
from raw_layer.target import PART
from smartsentry import inputs
from smartsentry.build.capacity import ROWS_AT_SCALE_1, SPARK_BYTES_A_ROW
from smartsentry.build.children import run_dbt, run_seeder
from smartsentry.build.on_duckdb import FAILED, STOPPED, command_line, said_of
from smartsentry.build.publish import Files, one_at_a_time
from smartsentry.project import ROOT

TARGET = ("--target", "spark")
JAVA_VERSIONS = (17, 21, 25)  # those of Spark 4.3; tested with 17
DEFAULT_MEMORY = "3g"
LEAST_MEMORY = 1 << 30
BEYOND_THE_HEAP = 1 << 30  # for the rest of Java, and dbt

_UNITS = {"m": 1 << 20, "g": 1 << 30}


@dataclass(frozen=True)
class Cluster:
    """A Thrift server or a master that runs Spark instead of a local process."""

    host: str
    port: int
    thrift: bool

    @classmethod
    def from_environment(cls, master: str | None) -> "Cluster | None":
        """Return the Thrift server of $SMARTSENTRY_SPARK_HOST, or else the master's host.

        Raises:
            click.UsageError: the port or the master is not valid.
        """
        host = os.environ.get("SMARTSENTRY_SPARK_HOST")
        if host:
            port = os.environ.get("SMARTSENTRY_SPARK_PORT") or "10000"
            if not (port.isdecimal() and 0 < int(port) < 65_536):
                raise click.UsageError(
                    f"SMARTSENTRY_SPARK_PORT is {port!r}; it must be a number from 1 to 65535."
                )
            return cls(host, int(port), thrift=True)
        if master is None or re.fullmatch(r"local(\[(\d+|\*)\])?", master):
            return None
        found = re.fullmatch(r"spark://([^/:,]+):(\d{1,5})", master)
        if found is None:
            raise click.UsageError(
                f"--master is {master!r}; it must be local[CORES] or spark://HOST:PORT."
            )
        return cls(found[1], int(found[2]), thrift=False)

    def require_reachable(self) -> None:
        """Raise `click.ClickException` if the cluster does not answer."""
        what = "Thrift server" if self.thrift else "Spark master"
        try:
            socket.create_connection((self.host, self.port), timeout=10).close()
        except OSError as error:
            raise click.ClickException(
                f"no {what} answers at {self.host}:{self.port} ({reason(error)})."
            ) from error


def build(
    out: Path,
    seed_options: list[str],
    scale: float,
    raw: str | None = None,
    memory: str = DEFAULT_MEMORY,
    master: str | None = None,
    verbose: bool = False,
) -> None:
    """Build and test the models on Spark, from tables seeded for it or from the folder `raw`.

    A local Spark or a master publishes the tables in `out` as a whole; a Thrift server keeps them
    in its own catalogue.

    Args:
        out: The folder to replace.
        seed_options: Options for the seeder, without `raw`.
        scale: The seeder's scale, to check the disk.
        raw: A folder of Parquet, or an address that Spark reads, instead of seeding.
        memory: The driver's heap, such as `3g`.
        master: Spark's master, such as `local[4]` or `spark://host:7077`; by default as
            spark/spark-defaults.conf says.
        verbose: Let dbt print its usual output.

    Raises:
        click.ClickException: a step failed or was refused.
        click.exceptions.Exit: stopped by a signal.
    """
    files = Files.of(out)
    cluster = Cluster.from_environment(master)
    heap = _bytes(memory)
    require_packages()
    if raw is not None:
        raw = _required_raw(raw)
    team = inputs.read_all()
    if cluster is not None:
        cluster.require_reachable()
    if cluster is not None and cluster.thrift:
        if raw is None:
            raise click.UsageError(
                "with SMARTSENTRY_SPARK_HOST set, --raw must say where the cluster finds the raw"
                " tables; `seed-gen --format parquet` writes them."
            )
        if any(read.rows for read in team):
            click.echo(
                f"  {inputs.folder()} is not read: the Thrift server takes decisions and snoozes"
                " from the raw tables",
                err=True,
            )
        with stoppable(STOPPED):
            run_dbt(TARGET, {"SMARTSENTRY_RAW": raw}, files, verbose=verbose, own_session=True)
        return
    require_java()
    _require_memory(heap)
    _require_ours(files.published)
    work = files.side.parent
    with (
        stoppable(STOPPED),
        in_one_sentence(*FAILED),
        one_at_a_time(files, command_line()) as lock,
    ):
        finish_folder(files.published)
        _require_ours(files.published)
        if work.exists():
            shutil.rmtree(work)
        rows = ROWS_AT_SCALE_1 * scale if raw is None else _rows(raw)
        _require_room(files.published.parent, rows)
        work.mkdir()
        given = raw is not None
        if raw is None:
            raw = str(work / "raw")
            arguments = ["--format", "parquet", "--out", raw, *seed_options]
            run_seeder(arguments, files, lock)
        kept = work / "inputs" if given else work / "raw"
        _keep_inputs(kept, team)
        click.echo(said_of(team), err=True)
        environment = {
            "SMARTSENTRY_RAW": raw,
            "SMARTSENTRY_RAW_INPUTS": str(kept),
            **_spark_settings(work, memory, master),
        }
        run_dbt(TARGET, environment, files, lock, verbose, own_session=True)
        side = work / "published"
        _collect(work, side)
        with unstoppable():
            replace_folder(side, files.published)
            shutil.rmtree(work, ignore_errors=True)


def _keep_inputs(folder: Path, team: list[inputs.Read]) -> None:
    """Write the team's decisions as Parquet, in place of the seeder's empty tables."""
    with duckdb.connect() as con:
        con.execute(f"create schema {contract.SCHEMA}")
        inputs.keep(con, team)
        for table in contract.INPUTS:
            (folder / table.name).mkdir(parents=True, exist_ok=True)
            part = literal(str(folder / table.name / "part-00000.parquet"))
            con.execute(f"copy {contract.SCHEMA}.{table.name} to {part} (format parquet)")


def require_packages() -> None:
    """Raise `click.ClickException` unless dbt's adapter and Spark are installed."""
    for module, package in (("dbt.adapters.spark", "dbt-spark"), ("pyspark", "pyspark")):
        if importlib.util.find_spec(module) is None:
            raise click.ClickException(
                f"{package} is not installed: run `make .venv/spark`, or install locks/spark.lock."
            )


def require_java() -> None:
    """Raise `click.ClickException` unless there is a Java that Spark supports."""
    wanted = " or ".join(map(str, JAVA_VERSIONS)).replace(" or ", ", ", len(JAVA_VERSIONS) - 2)
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")
    where = f"JAVA_HOME ({home})" if home else "PATH"
    if java is None:
        raise click.ClickException(
            f"Spark needs Java {wanted}, but there is no java in {where}: install"
            " openjdk-17-jre-headless."
        )
    try:
        done = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=60, check=False
        )
        said = done.stderr + done.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise click.ClickException(f"{java} does not run ({error}).") from error
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None:
        first = (said.strip().splitlines() or ["nothing"])[0][:100]
        raise click.ClickException(f"{java} does not say which version it is, but: {first}.")
    if int(found[1]) not in JAVA_VERSIONS:
        raise click.ClickException(
            f"Spark needs Java {wanted}, but {java} is Java {found[1]}: set JAVA_HOME to another."
        )


def _bytes(memory: str) -> int:
    """Return a size such as `3g` in bytes.

    Raises:
        click.UsageError: it is not a size, or too little for Spark.
    """
    found = re.fullmatch(r"(\d{1,6})([mg])", memory)
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if size < LEAST_MEMORY:
        raise click.UsageError(
            f"--memory is {memory!r}; it must be a whole number with m or g, at least 1g."
        )
    return size


def _available_memory() -> int | None:
    """Return the bytes that are free for a new process; None if the system does not tell."""
    try:
        text = Path("/proc/meminfo").read_text()
    except OSError:
        return None
    found = re.search(r"^MemAvailable: +(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _require_memory(heap: int) -> None:
    available = _available_memory()
    if available is not None and heap + BEYOND_THE_HEAP > available:
        raise click.ClickException(
            f"--memory asks for {heap / 1e9:.1f} GB and {BEYOND_THE_HEAP / 1e9:.1f} GB come on top,"
            f" but only {available / 1e9:.1f} GB are free: take less, or end other programs."
        )


def _require_room(folder: Path, rows: float) -> None:
    needed, free = rows * SPARK_BYTES_A_ROW, shutil.disk_usage(folder).free
    if needed > free:
        raise click.ClickException(
            f"{rows:,.0f} transactions need about {needed / 1e9:.1f} GB in {folder.resolve()}, but"
            f" only {free / 1e9:.1f} GB are free there."
        )


def _required_raw(raw: str) -> str:
    """Return the absolute path of the raw tables; an address for Spark is not checked.

    Raises:
        click.ClickException: the folder holds no raw tables.
    """
    if "://" in raw:
        return raw
    if not Path(raw, "transactions").is_dir():
        raise click.ClickException(
            f"--raw is {raw}, but there are no raw tables (it has no folder transactions)."
        )
    return str(Path(raw).resolve())


def _rows(raw: str) -> int:
    """Return the number of raw transactions; 0 for an address that only Spark can read."""
    if "://" in raw:
        return 0
    parts = literal(str(Path(raw, "transactions", "*.parquet")))
    with in_one_sentence(f"--raw is {raw}, but that cannot be read"):
        [(rows,)] = duckdb.execute(f"select count(*) from read_parquet({parts})").fetchall()
    return int(rows)


def _require_ours(published: Path) -> None:
    """Raise `click.ClickException` if the folder holds files that this command did not write."""
    if not published.exists():
        return
    foreign = published if not published.is_dir() else next(_foreign(published), None)
    if foreign is not None:
        raise click.ClickException(
            f"{published} must not be replaced, as this command did not write {foreign}: move"
            " it away or name another folder with --out."
        )


def _foreign(published: Path) -> Iterator[Path]:
    for path in published.rglob("*"):
        depth = len(path.relative_to(published).parts)
        if path.is_dir() and depth <= 2:
            continue
        if not (path.is_file() and depth == 3 and PART.fullmatch(path.name)):
            yield path


def _spark_settings(work: Path, memory: str, master: str | None) -> dict[str, str]:
    """Return the variables that make dbt's Spark write to one folder only."""
    temporary = work / "temporary"
    temporary.mkdir()
    catalogue = f"jdbc:derby:;databaseName={work / 'metastore'};create=true"
    arguments = ["--driver-memory", memory]
    if master is not None:
        arguments += ["--master", master]
    for name, value in (
        ("spark.sql.warehouse.dir", str(work / "tables")),
        ("spark.hadoop.javax.jdo.option.ConnectionURL", catalogue),
        ("spark.local.dir", str(temporary)),
        # Otherwise Derby's log and Hive's downloads would be left in the current folder.
        (
            "spark.driver.extraJavaOptions",
            f'"-Dderby.stream.error.file={work / "derby.log"}" "-Djava.io.tmpdir={temporary}"',
        ),
    ):
        arguments += ["--conf", f"{name}={value}"]
    return {
        "SPARK_CONF_DIR": str(ROOT / "spark"),
        "PYSPARK_SUBMIT_ARGS": shlex.join([*arguments, "pyspark-shell"]),
    }


def _collect(work: Path, side: Path) -> None:
    """Link the files of all tables into the layout of the published folder."""
    tables = {
        path: Path(path.parent.name.removesuffix(".db"), path.name)
        for path in sorted((work / "tables").glob("*.db/*"))
    }
    for path in sorted((work / "raw").glob("*")):
        tables[path] = Path("raw", path.name)
    for path, name in tables.items():
        (side / name).mkdir(parents=True)
        for number, part in enumerate(sorted(path.glob("part-*.parquet"))):
            os.link(part, side / name / f"part-{number:05}.parquet")
