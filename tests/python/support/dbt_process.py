"""dbt in a process forked from one that has already loaded dbt.

Loading dbt takes two seconds of processor time, and the tests run it some sixty times. The forked
process has the arguments, folder, environment and output of a command, and differs only in the
loading.
"""

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path


def run_dbt(
    arguments: list[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run dbt to its end, as `subprocess.run` would."""
    with tempfile.TemporaryDirectory(prefix="smartsentry_dbt_") as name:
        streams = [Path(name, "stdout"), Path(name, "stderr")]
        request = [arguments, str(folder), dict(environment), list(map(str, streams))]
        print(json.dumps(request), file=_parent().stdin, flush=True)
        code = int(_parent().stdout.readline())
        said = [path.read_text(errors="replace") for path in streams]
    return subprocess.CompletedProcess(["dbt", *arguments], code, *said)


@functools.cache
def _parent() -> subprocess.Popen[str]:
    """Start the process that loads dbt and forks; it ends with its standard input."""
    parent = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(parent.communicate)
    return parent


def _serve() -> None:
    """Fork for each line of standard input; answer with the exit code."""
    from dbt.cli.main import cli

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(*json.loads(line))
            cli()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(
    arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]
) -> None:
    """Take over the arguments, folder, environment and output of a command."""
    for number, path in enumerate([os.devnull, *streams]):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dbt", *arguments]


if __name__ == "__main__":
    _serve()
