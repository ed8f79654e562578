"""`smartsentry compact`: copy the warehouse into a file without the space of replaced tables."""

import shutil
from pathlib import Path

from raw_layer.errors import in_one_sentence
from raw_layer.files import replace_file, stoppable, unstoppable
from raw_layer.settings import STORAGE_VERSION, Settings, connect
from raw_layer.sql import literal
from smartsentry.build.on_duckdb import command_line, duckdb_settings, require_warehouse
from smartsentry.build.publish import Files, clear_side, finish_replacement, one_at_a_time
from smartsentry.warehouse import open_for_reading


def compact(published: Path) -> tuple[int, int]:
    """Put a copy of the published file in its place; the file published before stays as it is.

    Open readers keep what they have open.

    Args:
        published: The file.

    Returns:
        The bytes of the file before and after.

    Raises:
        click.ClickException: there is no warehouse, it is being written, or the copy failed; the
            file is then as it was.
        click.exceptions.Exit: stopped by a signal.
    """
    files = Files.of(published)
    open_for_reading(published).close()  # which refuses a missing file
    require_warehouse(files.published)
    settings: Settings = {
        "memory_limit": duckdb_settings(None)["memory_limit"],
        "temp_directory": str(files.side.parent),
    }
    with (
        stoppable("Stopped by {signal}: the file is as it was."),
        in_one_sentence(f"cannot compact {published}", ": it is as it was."),
        one_at_a_time(files, command_line()),
    ):
        finish_replacement(files)
        clear_side(files)
        files.side.parent.mkdir()
        before = files.published.stat().st_size
        with connect(Path(":memory:"), settings=settings) as con:
            con.execute(f"attach {literal(str(files.published))} as published (read_only)")
            con.execute(
                f"attach {literal(str(files.side))} as compacted"
                f" (storage_version {literal(STORAGE_VERSION)})"
            )
            con.execute("copy from database published to compacted")
            con.execute("detach compacted")  # which takes the write-ahead log into the file
            after = files.side.stat().st_size
            shutil.copymode(files.published, files.side)
            with unstoppable():
                # While the published file is attached, nobody can open it for writing.
                replace_file(files.side, files.published)
        clear_side(files)
    return before, after
