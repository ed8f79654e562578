"""`smartsentry build` publishes whole or not at all, whatever happens to it meanwhile.

Each test makes a fault a few times at the smallest scale (`make chaos` makes them many times) and
asks for the same: every read whole, no publish lost, no byte changed, the sentence that it owes.
"""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import faults
from faults import Place, Tally
from smartsentry.build.publish import Files, finish_replacement

pytestmark = pytest.mark.faults


@pytest.fixture
def holds(tallies: list[Tally]) -> Callable[[Tally], None]:
    """Note a tally for the table at the end, and fail with what went wrong."""

    def check(tally: Tally) -> None:
        tallies.append(tally)
        assert tally.is_clean(), "\n".join(tally.problems) or faults.table([tally])

    return check


def test_a_kill_at_any_moment_of_a_build(tmp_path: Path, holds) -> None:
    tally = faults.kills(tmp_path, number=30)
    assert tally.times == 30
    assert tally.reads > 100
    holds(tally)


def test_a_kill_between_any_two_steps_of_a_publish_or_rollback(tmp_path: Path, holds) -> None:
    tally = faults.crash_points(tmp_path)
    assert tally.times > 50
    holds(tally)


def test_ctrl_c_and_a_polite_end(published: Place, holds) -> None:
    holds(faults.stops(published, [(signal.SIGINT, 0.5), (signal.SIGTERM, 4)]))


def test_the_system_kills_dbt(published: Place, holds) -> None:
    holds(faults.killed_child(published))


def test_a_data_test_fails(published: Place, tmp_path: Path, holds) -> None:
    holds(faults.failed_check(tmp_path, published.path))


def test_a_full_disk(published: Place, tmp_path: Path, holds) -> None:
    try:
        tally = faults.full_disk(tmp_path, published.path, [0, 2, 7])
    except PermissionError as reason:
        pytest.skip(str(reason))
    holds(tally)


def test_no_file_may_grow(published: Place, holds) -> None:
    holds(faults.small_files(published, [2, 5]))


def test_too_little_memory(published: Place, holds) -> None:
    holds(faults.little_memory(published, ["30MB"]))


def test_memory_spills(published: Place, holds) -> None:
    holds(faults.spills(published, "0.05", "130MB"))


def test_a_second_build_at_the_same_time(published: Place, holds) -> None:
    holds(faults.second_build(published))


def test_a_reader_that_holds_the_file(published: Place, holds) -> None:
    holds(faults.holding_reader(published))


def test_publish_after_publish_under_readers(published: Place, holds) -> None:
    tally = faults.swaps(published, 100)
    assert tally.reads > 10
    holds(tally)


def test_a_stale_wal(published: Place, holds) -> None:
    holds(faults.stale_wal(published))


def test_a_stale_lock_and_leftovers(published: Place, holds) -> None:
    holds(faults.stale_leftovers(published))


# ── The faults themselves can find something ─────────────────────────────────────────────────


def copied_over(source: Path, files: Files) -> None:
    finish_replacement(files)
    shutil.copyfile(source, files.published)
    source.unlink()


def published_before_it_was_kept(source: Path, files: Files) -> None:
    finish_replacement(files)
    source.replace(files.published)


def removed_first(source: Path, files: Files) -> None:
    finish_replacement(files)
    if files.published.exists():
        files.outgoing.hardlink_to(files.published)
    files.published.unlink(missing_ok=True)
    source.replace(files.published)
    finish_replacement(files)


@pytest.mark.parametrize("publish", [copied_over, published_before_it_was_kept, removed_first])
def test_a_careless_publish_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publish: Callable[[Path, Files], None]
) -> None:
    monkeypatch.setattr(faults, "replace_published", publish)
    assert faults.crash_points(tmp_path).lost > 0


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ("delete from transactions where transaction_no = 7", "transactions"),
        ("delete from rules.rule_hits where rowid = 0", "rules.rule_hits"),
        ("update rules.rule_catalogue set rule_name = 'other' where rowid = 0", "firings"),
        ("update raw.generation_run set seed = seed + 1", "run"),
        ("update build_info set published_at = null", "build_info"),
        ("update integrity_checks set passed = false where rowid = 0", "checks"),
        ("update raw.transactions set amount = amount + 1", "sums"),
    ],
)
def test_a_reader_notices_a_mix(published: Place, tmp_path: Path, change: str, sign: str) -> None:
    shutil.copy(published.path, tmp_path / "mixed.duckdb")
    with duckdb.connect(tmp_path / "mixed.duckdb") as con:
        assert faults.read(con)[1] == []
        con.execute(change)
        assert sign in faults.read(con)[1]
