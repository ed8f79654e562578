"""The configuration: every figure of the simulation, with its default, validated.

A TOML file overrides any figure by its name, `[typologies.mule_ring]` for instance. Options of the
command line override the file.
"""

import dataclasses
import errno
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raw_layer.errors import BadInputError, reason
from seed_gen import typologies
from seed_gen.bank.segments import routine_registry, segment_registry
from seed_gen.figures.fields import as_plain, override, show
from seed_gen.figures.world import World
from seed_gen.schemes import lookalikes

LONGEST_WINDOW = 3_653  # days
SHORTEST_WINDOW = 100  # days; below it the silences of the dormant accounts do not fit


@dataclasses.dataclass(frozen=True)
class Config(World):
    """All figures that decide the content of the raw tables."""

    segments: Mapping[str, Any] = dataclasses.field(default_factory=segment_registry)
    routines: Mapping[str, Any] = dataclasses.field(default_factory=routine_registry)
    lookalikes: Mapping[str, Any] = dataclasses.field(default_factory=lookalikes.registry)
    typologies: Mapping[str, Any] = dataclasses.field(default_factory=typologies.registry)

    def as_json(self) -> dict[str, Any]:
        """Return all figures as plain objects, lists and numbers."""
        plain = as_plain(self)
        assert isinstance(plain, dict)
        return plain


def load_config(path: str | Path | None, options: Mapping[str, object]) -> Config:
    """Return the defaults, overridden by the TOML file at `path`, overridden by `options`.

    `options` are texts as typed on the command line, by name (`fraud_rate`); None means not given.
    Raises `BadInputError` with one sentence for a value that is not allowed.
    """
    config = Config()
    if path is not None:
        config = override(config, _read_toml(Path(path)), f"In {path}, ")
    given = {name: text for name, text in options.items() if text is not None}
    for name, text in given.items():
        config = _with_option(config, name, str(text))
    return _checked(config)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is not a file")
        with path.open("rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(
            f"--config is {path}, but must be a file in valid TOML ({reason(error)})."
        ) from error
    except OSError as error:
        raise BadInputError(
            f"--config is {path}, but must be a TOML file that can be read ({reason(error)})."
        ) from error


def _with_option(config: Config, name: str, text: str) -> Config:
    option = "--" + name.replace("_", "-")
    value: object = text
    if name not in ("start", "end"):
        try:
            value = int(text) if name == "seed" else float(text)
        except ValueError:
            value = text
    # The field's own check refuses a text that is not a number, and shows it as typed.
    try:
        return override(config, {name: value}, "")
    except BadInputError as error:
        shown = show(value)
        said = str(error).removeprefix(f"{name} is {shown}")
        raise BadInputError(f"{option} is {show(text)}{said}") from None


def _checked(config: Config) -> Config:
    """Check the conditions that several figures must meet together."""
    if config.end < config.start:
        raise BadInputError(
            f"--end is {config.end}, but must not be before --start, which is {config.start}."
        )
    days = (config.end - config.start).days + 1
    if not SHORTEST_WINDOW <= days <= LONGEST_WINDOW:
        raise BadInputError(
            f"The window from {config.start} to {config.end} has {days} days, but must have at "
            f"least {SHORTEST_WINDOW} and at most {LONGEST_WINDOW}."
        )
    part = config.behaviour.channels.parts()
    if part["mobile"] + part["web"] <= 0:
        raise BadInputError(
            "behaviour.channels gives mobile and web a probability of 0, but transfers need one."
        )
    return config
