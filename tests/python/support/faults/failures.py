"""A build whose data are not right."""

import shutil
from pathlib import Path

import duckdb

from faults.place import UNTOUCHED, Place, copy_project, digest
from faults.tally import Tally


def failed_check(folder: Path, published: Path) -> Tally:
    """A data test that fails: exit code 1 and where to look, nothing published."""
    tally = Tally("a data test fails")
    project = folder / "project"
    copy_project(project)
    place = Place(folder, root=project)
    shutil.copy(published, place.path)
    check = project / "tests/dbt/singular/no_amount_is_above_1.sql"
    check.write_text("select 1 from {{ ref('transactions') }} where amount > 1")
    before = digest(place.path)
    code = place.build()
    place.judge(tally, before, code)
    tally.expect(code == 1, f"exit code {code}")
    tally.expect("Failure in test no_amount_is_above_1" in place.said(), "dbt's words are missing")
    said = place.last_line()
    tally.expect("the whole log is" in said, "the log is not named")
    tally.expect(UNTOUCHED in said and str(place.files.side) in said, said)
    with duckdb.connect(place.files.side, read_only=True) as con:
        failed = con.execute('select "check" from integrity_checks where not passed').fetchall()
    tally.expect(("no_amount_is_above_1",) in failed, f"the side file says {failed}")
    return tally
