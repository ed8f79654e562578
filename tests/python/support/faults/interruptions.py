"""A build is ended while it runs: by the system, by its user."""

import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from faults.place import UNTOUCHED, Place, digest
from faults.readers import readers
from faults.tally import Tally


def kills(folder: Path, number: int, lanes: int = 2, seed: int = 5) -> Tally:
    """SIGKILL at random moments spread over a whole build, with readers all the while.

    Every other kill takes the whole process group, as a machine that goes down; the others take
    the builder alone. Each following build finds what the killed one left.
    """
    rng = random.Random(seed)
    # One moment in each of `number` equal parts of a build, and a little beyond its end.
    moments = [1.05 * (part + rng.random()) / number for part in range(number)]
    rng.shuffle(moments)
    tally = Tally("SIGKILL of a build")
    with ThreadPoolExecutor(lanes) as pool:
        shares = [moments[lane::lanes] for lane in range(lanes)]
        folders = [folder / f"lane_{lane}" for lane in range(lanes)]
        published = 0
        for part, part_published in pool.map(_kill_lane, folders, shares):
            tally.add(part)
            published += part_published
    tally.note = f"{published} of them after the publish"
    return tally


def _kill_lane(folder: Path, moments: list[float]) -> tuple[Tally, int]:
    tally, published = Tally("SIGKILL of a build"), 0
    place = Place(folder)
    tally.expect(place.build() == 0, place.last_line())
    with readers(place.path, 1, tally):
        began = time.monotonic()
        tally.expect(place.build() == 0, place.last_line())
        whole = time.monotonic() - began
        for trial, moment in enumerate(moments):
            before = digest(place.path)
            process = place.start()
            try:
                code = process.wait(moment * whole)
                tally.expect(code == 0, place.last_line())
            except subprocess.TimeoutExpired:
                code = None
                if trial % 2:
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            killed = time.monotonic()
            place.wait_until_at_rest()
            tally.expect(time.monotonic() - killed < 3, "what a killed build started went on")
            published += place.judge(tally, before, code)
        tally.expect(place.build() == 0, place.last_line())
    left = sorted(path.name for path in (folder / "build").iterdir())
    tally.expect(left == [place.files.lock.name], f"left in build/: {left}")
    return tally, published


def stops(place: Place, trials: list[tuple[signal.Signals, float]]) -> Tally:
    """Ctrl-C and SIGTERM: one sentence, exit code 128 + number, nothing published."""
    tally = Tally("SIGINT, SIGTERM")
    for number, seconds in trials:
        before = digest(place.path)
        process = place.start()
        place.wait_until_begun(process)
        time.sleep(seconds)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        code = process.wait()
        place.wait_until_at_rest()
        place.judge(tally, before, code)
        sentence = f"Stopped by {number.name}: {UNTOUCHED}."
        tally.expect(code == 128 + number, f"{number.name}: exit code {code}")
        tally.expect(place.last_line() == sentence, f"{number.name}: said {place.last_line()}")
        tally.expect("Traceback" not in place.said(), f"{number.name}: a traceback")
    return tally


def killed_child(place: Place) -> Tally:
    """The system kills dbt alone, as it does when memory runs out: the builder says so."""
    tally = Tally("SIGKILL of dbt alone")
    before = digest(place.path)
    process = place.start()
    place.wait_until_begun(process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(1000):
        for child in children.read_text().split():
            if b"dbt" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    code = process.wait()
    place.judge(tally, before, code)
    tally.expect(code == 1, f"exit code {code}")
    tally.expect("dbt build was killed by signal 9" in place.last_line(), place.last_line())
    return tally
