"""A build is ended while it runs: by the system, by its user."""

import math
import os
import random
import shutil
import signal
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from faults.place import UNTOUCHED, Place, digest
from faults.readers import readers
from faults.tally import Tally
from faults.watch import PHASES, Watch


def kills(folder: Path, number: int, published: Path, lanes: int = 2, seed: int = 5) -> Tally:
    """SIGKILL in every phase of a build, with readers all the while.

    The first kills take one phase each, the others are at random moments spread over a whole build.
    Every other kill takes the whole process group, as a machine that goes down; the others take
    the builder alone. Each following build finds what the killed one left. A kill that came after
    its phase, because the machine had other work before, is made again, earlier.
    """
    rng = random.Random(seed)
    # Soon after a phase began: what was measured on a busy machine is shorter on a quiet one.
    moments = [(phase, 0.25 * rng.random()) for phase in range(len(PHASES))]
    rng.shuffle(moments)
    rest = max(number - len(moments), 0)
    # One moment in each of `rest` equal parts of a build.
    moments = moments[:number] + [(None, (part + rng.random()) / rest) for part in range(rest)]
    rng.shuffle(moments)
    tally = Tally("SIGKILL of a build")
    with ThreadPoolExecutor(lanes) as pool:
        shares = [moments[lane::lanes] for lane in range(lanes)]
        folders = [folder / f"lane_{lane}" for lane in range(lanes)]
        for part in pool.map(_kill_lane, folders, shares, [published] * lanes):
            tally.add(part)
    tally.note = ", ".join(f"{name} {tally.phases[name]}" for name in PHASES)
    return tally


def _kill_lane(folder: Path, moments: list[tuple[int | None, float]], published: Path) -> Tally:
    """Kill one build after another: at a share of a phase or, without one, of a whole build."""
    tally = Tally("SIGKILL of a build")
    place = Place(folder)
    shutil.copy(published, place.path)
    next(place.seeds)  # that of the copied one
    with readers(place.path, 1, tally, pause=0.5):
        watch = Watch(place)
        watch.wait(math.inf)
        tally.expect(watch.process.wait() == 0, place.last_line())
        seconds = watch.seconds()
        waiting, trial = deque(moments), 0
        while waiting:
            phase, share = waiting.popleft()
            before = digest(place.path)
            watch = Watch(place)
            watch.wait(share * (sum(seconds) if phase is None else seconds[phase]), phase)
            code = watch.process.poll()
            if code is None:
                if trial % 2:
                    watch.process.kill()
                else:
                    os.killpg(watch.process.pid, signal.SIGKILL)
                watch.process.wait()
                tally.phases[PHASES[watch.phase]] += 1
            else:
                tally.expect(code == 0, place.last_line())
            missed = phase is not None and (code is not None or watch.phase > phase)
            if missed and share > 0.001:
                waiting.append((phase, share / 10))  # the first build's phase was longer
            killed = time.monotonic()
            place.wait_until_at_rest()
            tally.expect(time.monotonic() - killed < 3, "what a killed build started went on")
            place.judge(tally, before, code)
            trial += 1
        tally.expect(place.build() == 0, place.last_line())
    left = sorted(path.name for path in (folder / "build").iterdir())
    tally.expect(left == [place.files.lock.name], f"left in build/: {left}")
    return tally


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
