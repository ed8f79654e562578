"""What a merge of rows tells the build that follows it."""

import dataclasses
import datetime as dt

NEVER = dt.datetime(9999, 12, 31)


@dataclasses.dataclass(frozen=True)
class Added:
    """What rows were brought.

    Attributes:
        lines: What was new, known, corrected and rejected, to print.
        changed: Whether any row was new or a correction.
        touched_from: The first moment from which transactions may differ from those that were
            published, `NEVER` if none may; None where all may.
    """

    lines: list[str]
    changed: bool
    touched_from: dt.datetime | None
