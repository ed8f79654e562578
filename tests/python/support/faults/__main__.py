"""Every fault many times: `make chaos`."""

import signal
import tempfile
import time
from pathlib import Path

import click

from faults import failures, interruptions, leftovers, neighbours, publish_steps, shortages
from faults.place import Place
from faults.tally import Tally, table


@click.command()
@click.option("--kills", "number", type=click.IntRange(1), default=200, show_default=True)
def main(number: int) -> None:
    """Make every fault many times and print the table."""
    tallies: list[Tally] = []

    def took(tally: Tally) -> None:
        tallies.append(tally)
        click.echo(f"{time.monotonic() - began:7.0f} s  {tally.fault}", err=True)

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="smartsentry_chaos_") as name:
        folder = Path(name)
        place = Place(folder / "place")
        if place.build() != 0:
            raise click.ClickException(place.said())
        took(interruptions.kills(folder / "kills", number, place.path))
        moments = [0.5 * step for step in range(1, 9)]
        numbers = (signal.SIGINT, signal.SIGTERM)
        took(
            interruptions.stops(
                place, [(number, moment) for number in numbers for moment in moments]
            )
        )
        took(interruptions.killed_child(place))
        took(failures.failed_check(folder / "failed", place.path))
        try:
            took(shortages.full_disk(folder, place.path, [step * 0.75 for step in range(13)]))
        except PermissionError as error:
            click.echo(str(error), err=True)
        took(shortages.small_files(place, [2, 3, 4, 5, 6, 7, 8, 9]))
        took(
            shortages.little_memory(
                place, ["20MB", "30MB", "40MB", "50MB", "60MB", "80MB", "100MB"]
            )
        )
        took(shortages.spills(place, "0.5", "300MB"))
        took(neighbours.second_build(place))
        took(neighbours.holding_reader(place))
        took(neighbours.swaps(place, 1000))
        took(leftovers.stale_wal(place))
        took(leftovers.stale_leftovers(place))
        took(publish_steps.crash_points(folder / "crash"))
    click.echo(table(tallies))
    problems = [problem for tally in tallies for problem in tally.problems]
    if problems or not all(tally.is_clean() for tally in tallies):
        raise click.ClickException("\n".join(["not every promise held:", *problems]))


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        raise SystemExit(f"Error: {error.format_message()}") from None
