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

from faults import (
    additions,
    failures,
    interruptions,
    leftovers,
    neighbours,
    publish_steps,
    readers,
    shortages,
)
from faults.place import Place
from faults.tally import Tally, table
from faults.watch import PHASES
from smartsentry.build.publish import Files, finish_replacement

pytestmark = pytest.mark.faults


@pytest.fixture
def holds(tallies: list[Tally]) -> Callable[[Tally], None]:
    """Note a tally for the table at the end, and fail with what went wrong."""

    def check(tally: Tally) -> None:
        tallies.append(tally)
        assert tally.is_clean(), "\n".join(tally.problems) or table([tally])

    return check


@pytest.fixture(scope="module")
def place(published: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A copy of the published warehouse; always whole, never the same: builds replace it."""
    place = Place(tmp_path_factory.mktemp("faults"))
    shutil.copy(published.path, place.path)
    next(place.seeds)  # that of the copied one
    return place


def test_a_kill_in_every_phase_of_a_build(published: Place, tmp_path: Path, holds) -> None:
    """A kill in each of eight phases, and two more at random moments of the whole build.

    The phases: before the lock is taken, in the seeder, while dbt reads the project, in the first
    and in the second half of its models and data tests, in its last hooks, while the builder
    completes `build_info`, and after the publish.
    """
    tally = interruptions.kills(tmp_path, 10, published.path, lanes=1)
    assert tally.times >= 10
    assert tally.reads > 100
    assert set(tally.phases) == set(PHASES)
    holds(tally)


def test_a_kill_between_any_two_steps_of_a_publish_or_rollback(tmp_path: Path, holds) -> None:
    tally = publish_steps.crash_points(tmp_path)
    assert tally.times > 50
    holds(tally)


def test_ctrl_c_and_a_polite_end(place: Place, holds) -> None:
    holds(interruptions.stops(place, [(signal.SIGINT, 0.5), (signal.SIGTERM, 4)]))


def test_the_system_kills_dbt(place: Place, holds) -> None:
    holds(interruptions.killed_child(place))


def test_a_data_test_fails(place: Place, tmp_path: Path, holds) -> None:
    holds(failures.failed_check(tmp_path, place.path))


def test_an_addition_is_killed(published: Place, tmp_path: Path, holds) -> None:
    """While rows are merged, while dbt reads the project, in its models; then Ctrl-C."""
    place = Place(tmp_path)
    shutil.copy(published.path, place.path)
    place.seed = next(place.seeds)  # that of the copied one
    holds(additions.kills(place, additions.a_last_day(place, tmp_path), [0.2, 3, 9, 6]))


def test_a_data_test_fails_on_added_rows(published: Place, tmp_path: Path, holds) -> None:
    holds(additions.failed_check(tmp_path, published.path))


def test_a_full_disk(place: Place, tmp_path: Path, holds) -> None:
    try:
        tally = shortages.full_disk(tmp_path, place.path, [0, 2, 7])
    except PermissionError as reason:
        pytest.skip(str(reason))
    holds(tally)


def test_no_file_may_grow(place: Place, holds) -> None:
    holds(shortages.small_files(place, [2, 5]))


def test_too_little_memory(place: Place, holds) -> None:
    holds(shortages.little_memory(place, ["30MB"]))


def test_memory_spills(place: Place, holds) -> None:
    holds(shortages.spills(place, "0.05", "180MB"))


def test_a_second_build_at_the_same_time(place: Place, holds) -> None:
    holds(neighbours.second_build(place))


def test_a_reader_that_holds_the_file(place: Place, holds) -> None:
    holds(neighbours.holding_reader(place))


def test_publish_after_publish_under_readers(place: Place, holds) -> None:
    tally = neighbours.swaps(place, 100)
    assert tally.reads > 10
    holds(tally)


def test_a_stale_wal(place: Place, holds) -> None:
    holds(leftovers.stale_wal(place))


def test_a_stale_lock_and_leftovers(place: Place, holds) -> None:
    holds(leftovers.stale_leftovers(place))


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
    monkeypatch.setattr(publish_steps, "replace_published", publish)
    assert publish_steps.crash_points(tmp_path).lost > 0


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
        assert readers.read(con)[1] == []
        con.execute(change)
        assert sign in readers.read(con)[1]
