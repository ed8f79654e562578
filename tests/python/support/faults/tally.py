"""What is counted of a fault.

times      how often the fault was made
reopened   afterwards the published file opened, and each table was as its own build recorded it
mixed      reads that found tables of different builds, or of an unfinished one
lost       no whole build stood at the published path, the one before was not kept, or a build that
           said it was published was not there
changed    the published file's bytes changed although nothing was published
errors     a reader could not open or read the file, or a build did not end as it should
reads      what the readers read meanwhile, each time opening the file anew
phases     in which phase of a build a fault was made, where that is watched
"""

from collections import Counter
from dataclasses import dataclass, field

FIGURES = ("times", "reopened", "mixed", "lost", "changed", "errors", "reads")


@dataclass
class Tally:
    """One line of the table, and in `problems` a sentence on everything that went wrong."""

    fault: str
    times: int = 0
    reopened: int = 0
    mixed: int = 0
    lost: int = 0
    changed: int = 0
    errors: int = 0
    reads: int = 0
    note: str = ""
    problems: list[str] = field(default_factory=list)
    phases: Counter[str] = field(default_factory=Counter)

    def wrong(self, kind: str, what: str) -> None:
        """Count one `mixed`, `lost`, `changed` or `errors`."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.problems.append(f"{self.fault}: {kind}: {what}")

    def expect(self, holds: bool, what: str) -> None:
        """Count an error where something does not hold."""
        if not holds:
            self.wrong("errors", what)

    def add(self, other: "Tally") -> None:
        """Take in what another tally of the same fault counted."""
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.problems += other.problems
        self.phases += other.phases

    def is_clean(self) -> bool:
        """Whether every trial left a whole file and nothing at all went wrong."""
        return self.times > 0 and self.reopened == self.times and not self.problems


def table(tallies: list[Tally]) -> str:
    """Return the tallies as a table of plain text with a line of totals."""
    total = Tally("total")
    for tally in tallies:
        total.add(tally)
    head = f"{'fault':<40}" + "".join(f"{name:>9}" for name in FIGURES)
    lines = [
        f"{tally.fault:<40}"
        + "".join(f"{getattr(tally, name):>9,}" for name in FIGURES)
        + (f"  {tally.note}" if tally.note else "")
        for tally in [*tallies, total]
    ]
    return "\n".join([head, *lines[:-1], "-" * len(head), lines[-1]])
