"""Time and peak memory of each step of `make warehouse`, and of each model. Reports only.

make bench            at scale 1
make bench SCALE=0.1
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; return its seconds and its peak memory in MB."""
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> None:
    """Measure the steps in a temporary folder and print two tables."""
    os.chdir(ROOT)
    scale = os.environ.get("SCALE", "1")
    with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as folder:
        environment = os.environ | {
            "SMARTSENTRY_DB": f"{folder}/warehouse.duckdb",
            "DBT_TARGET_PATH": f"{folder}/target",
            "DBT_LOG_PATH": folder,
        }
        unit_tests = ["--exclude-resource-type", "unit_test"]
        steps = {
            "seed-gen": [str(BIN / "seed-gen"), "--scale", scale, "--quiet"],
            "dbt seed and run": [
                str(BIN / "dbt"),
                "--quiet",
                "build",
                *unit_tests,
                "--exclude-resource-type",
                "test",
            ],
            "dbt build, models and data tests": [str(BIN / "dbt"), "--quiet", "build", *unit_tests],
        }
        figures = {step: measure(command, environment) for step, command in steps.items()}
        results = json.loads(Path(folder, "target/run_results.json").read_text())["results"]

    print(f"\nscale {scale}\n{'step':<36}{'seconds':>10}{'peak MB':>10}")
    for step, (seconds, megabytes) in figures.items():
        print(f"{step:<36}{seconds:>10.1f}{megabytes:>10.0f}")
    print(f"\n{'the ten slowest of the last step':<60}{'seconds':>10}")
    for result in sorted(results, key=lambda item: -item["execution_time"])[:10]:
        print(f"{result['unique_id'][:58]:<60}{result['execution_time']:>10.2f}")


if __name__ == "__main__":
    main()
