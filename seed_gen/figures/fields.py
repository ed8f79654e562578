"""Fields of the configuration: what they allow, and how a TOML table overrides them.

A group of figures is a frozen dataclass. A field declares its bounds with one of the helpers below,
and `override` checks every value against the field's type and bounds. A new group, a new typology
for instance, needs no further code to be validated.
"""

import contextlib
import dataclasses
import math
import re
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from raw_layer.errors import BadInputError

T = TypeVar("T")

LONGEST_SCHEME = 60  # days
_SUM_TOLERANCE = 1e-9


@dataclasses.dataclass(frozen=True)
class Distribution:
    """Categories with their probabilities, in a fixed order; the probabilities sum to 1."""

    names: tuple[str, ...]
    probabilities: tuple[float, ...]

    def parts(self) -> dict[str, float]:
        """Return the probability of each category."""
        return dict(zip(self.names, self.probabilities, strict=True))


@dataclasses.dataclass(frozen=True)
class DayWeights:
    """Weights of single days: a day of every year is written MM-DD, one of one year YYYY-MM-DD."""

    weights: Mapping[str, float]

    def of(self, day: date) -> float:
        """Return a day's weight: that of the exact day, else of its date in any year, else 1."""
        every = self.weights.get(f"{day:%m-%d}", 1.0)
        return self.weights.get(day.isoformat(), every)


def figure(
    default: Any,  # noqa: ANN401
    *,
    low: float = -math.inf,
    high: float = math.inf,
    weights: bool = False,
) -> Any:  # noqa: ANN401
    """Declare a field with the bounds of its value, or of each of its values."""
    bounds = {"low": low, "high": high, "weights": weights}
    return dataclasses.field(default=default, metadata=bounds)


def trait(default: Any) -> Any:  # noqa: ANN401
    """Declare what a group is, which no configuration changes."""
    return dataclasses.field(default=default, metadata={"trait": True})


def fraction(default: float) -> Any:  # noqa: ANN401
    """Declare a probability or a part of a whole: a number from 0 to 1."""
    return figure(default, low=0, high=1)


def count(default: int, low: int = 1, high: float = math.inf) -> Any:  # noqa: ANN401
    """Declare a whole number of things."""
    return figure(default, low=low, high=high)


def days_within(default: int) -> Any:  # noqa: ANN401
    """Declare the days within which a scheme happens; they fit the shortest window."""
    return count(default, high=LONGEST_SCHEME)


def between(low: float, high: float, at_least: float = 0, at_most: float = math.inf) -> Any:  # noqa: ANN401
    """Declare a range [low, high], both ends included."""
    return figure((low, high), low=at_least, high=at_most)


def distribution(**probabilities: float) -> Any:  # noqa: ANN401
    """Declare categories with probabilities that sum to 1."""
    return figure(Distribution(tuple(probabilities), tuple(probabilities.values())))


def hour_weights(*weights: float) -> Any:  # noqa: ANN401
    """Declare one weight per hour of the day, midnight first."""
    return figure(tuple(float(weight) for weight in weights), low=0, weights=True)


def day_weights(weights: Mapping[str, float]) -> Any:  # noqa: ANN401
    """Declare weights of single days; see `DayWeights`."""
    return dataclasses.field(default=DayWeights(types.MappingProxyType(dict(weights))))


def override(group: T, given: Mapping[str, Any], where: str) -> T:
    """Return `group` with the values of `given` in place of its own, every one checked.

    `where` is put before a field's name in a message, `behaviour.` for instance. Raises
    `BadInputError` for an unknown key, a wrong type, or a value out of bounds.
    """
    hints = typing.get_type_hints(type(group))
    fields = {field.name: field for field in figures_of(group)}
    changes: dict[str, Any] = {}
    for key, value in given.items():
        name = f"{where}{key}"
        if key not in fields:
            known = ", ".join(sorted(fields))
            raise BadInputError(f"{name} is no known setting; known here are {known}.")
        current = getattr(group, key)
        if dataclasses.is_dataclass(current) and not isinstance(current, Distribution | DayWeights):
            changes[key] = override(current, _table(value, name, "settings"), f"{name}.")
        elif isinstance(current, Mapping):
            changes[key] = _override_groups(current, value, name)
        else:
            changes[key] = _checked(fields[key], hints[key], current, value, name)
    return dataclasses.replace(group, **changes)  # type: ignore[type-var]


def figures_of(group: Any) -> list[dataclasses.Field[Any]]:  # noqa: ANN401
    """Return the fields that a configuration may change."""
    return [field for field in dataclasses.fields(group) if not field.metadata.get("trait")]


def _override_groups(current: Mapping[str, Any], given: object, name: str) -> Mapping[str, Any]:
    """Override a mapping of named groups, `[typologies.<name>]` for instance."""
    changed = dict(current)
    for key, values in _table(given, name, "settings").items():
        if key not in current:
            known = ", ".join(current)
            raise BadInputError(f"{name}.{key} is no known setting; known here are {known}.")
        place = f"{name}.{key}"
        changed[key] = override(current[key], _table(values, place, "settings"), f"{place}.")
    return types.MappingProxyType(changed)


def _table(value: object, name: str, of: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(name, value, f"a table of {of}")
    return value


def _wrong(name: str, value: object, allowed: str) -> BadInputError:
    return BadInputError(f"{name} is {show(value)}, but must be {allowed}.")


def _checked(
    field: dataclasses.Field[Any],
    hint: object,
    current: object,
    value: object,
    name: str,
) -> object:
    """Return `value` as the field's type, or raise with what the field allows."""
    if isinstance(current, Distribution):
        return _checked_distribution(current, value, name)
    if isinstance(current, DayWeights):
        return _checked_day_weights(current, value, name)
    if hint is date:
        return parse_date(value, name)
    if hint is int or hint is float:
        _check_number(field, hint is int, value, name)
        return int(value) if hint is int else float(value)  # type: ignore[call-overload, arg-type]
    arguments = typing.get_args(hint)
    if arguments and arguments[-1] is Ellipsis:
        return _weights(field, current, value, name)
    if arguments:
        return _range(field, arguments[0], value, name)
    if hint is str:
        if not isinstance(value, str):
            raise _wrong(name, value, "a text")
        return value
    raise TypeError(f"{name}: no check for {hint}")  # a field declared with an unknown type


def _check_number(field: dataclasses.Field[Any], whole: bool, value: object, name: str) -> None:
    low, high = field.metadata.get("low", -math.inf), field.metadata.get("high", math.inf)
    if not is_number(value, whole) or not low <= value <= high:
        raise _wrong(name, value, _allowed(whole, low, high))


def _allowed(whole: bool, low: float, high: float) -> str:
    kind = "a whole number" if whole else "a finite number"
    if low > -math.inf and high < math.inf:
        return f"{kind} from {low:g} to {high:g}"
    if low > -math.inf:
        return f"{kind} of at least {low:g}"
    return kind


def _range(field: dataclasses.Field[Any], item: object, value: object, name: str) -> object:
    whole = item is int
    low, high = field.metadata.get("low", -math.inf), field.metadata.get("high", math.inf)
    good = (
        isinstance(value, list)
        and len(value) == 2
        and all(is_number(end, whole) and low <= end <= high for end in value)
        and value[0] <= value[1]
    )
    if not good:
        ends = _allowed(whole, low, high)
        order = "the low one first"
        raise _wrong(name, value, f"a list [low, high] of two ends, each {ends}, {order}")
    return (value[0], value[1]) if whole else (float(value[0]), float(value[1]))  # type: ignore[index]


def _weights(field: dataclasses.Field[Any], current: object, value: object, name: str) -> object:
    length = len(current)  # type: ignore[arg-type]
    low = field.metadata.get("low", 0)
    if (
        not isinstance(value, list)
        or len(value) != length
        or not all(is_number(weight, False) and weight >= low for weight in value)
        or (field.metadata.get("weights") and not sum(value) > 0)
    ):
        numbers = f"{length} finite numbers of at least {low:g}"
        raise _wrong(name, value, f"a list of {numbers}, not all 0")
    return tuple(float(weight) for weight in value)


def _checked_distribution(current: Distribution, value: object, name: str) -> Distribution:
    merged = current.parts()
    for key, probability in _table(value, name, "probabilities").items():
        if key not in merged:
            known = ", ".join(current.names)
            raise BadInputError(f"{name}.{key} is no known category; known here are {known}.")
        if not is_number(probability, False) or not 0 <= probability <= 1:
            raise _wrong(f"{name}.{key}", probability, "a finite number from 0 to 1")
        merged[key] = float(probability)
    total = math.fsum(merged.values())
    if abs(total - 1) > _SUM_TOLERANCE:
        raise BadInputError(
            f"{name} has probabilities that sum to {total:g}, but they must sum to 1."
        )
    return Distribution(tuple(merged), tuple(merged.values()))


_HIGHEST_DAY_WEIGHT = 100


def _checked_day_weights(current: DayWeights, value: object, name: str) -> DayWeights:
    given = _table(value, name, "days and weights")
    for day, weight in given.items():
        if not _is_day(day):
            raise BadInputError(
                f"{name} has the day {show(day)}, but a day must be written MM-DD or YYYY-MM-DD."
            )
        if not is_number(weight, False) or not 0.01 <= weight <= _HIGHEST_DAY_WEIGHT:
            allowed = f"a finite number from 0.01 to {_HIGHEST_DAY_WEIGHT}"
            raise _wrong(f"{name}.{day}", weight, allowed)
    merged = dict(current.weights) | {day: float(weight) for day, weight in given.items()}
    return DayWeights(types.MappingProxyType(merged))


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"(\d{4}-)?\d{2}-\d{2}", text):
        return False
    try:
        # 2024 is a leap year, in which every day of a year exists.
        date.fromisoformat(text if len(text) == 10 else f"2024-{text}")
    except ValueError:
        return False
    return True


def is_number(value: object, whole: bool) -> bool:
    """Tell whether `value` is a finite number; True and False are not."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    return not whole and isinstance(value, float) and math.isfinite(value)


def parse_date(value: object, name: str) -> date:
    """Return a date given as a TOML date or as text `YYYY-MM-DD`."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
    raise _wrong(name, value, "a date written YYYY-MM-DD")


def show(value: object) -> str:
    """Return a value for a message: short, on one line, texts in quotes."""
    text = repr(value) if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def as_plain(value: object) -> object:
    """Return figures as JSON holds them: dataclasses and mappings as objects, ranges as lists."""
    if isinstance(value, Distribution):
        return value.parts()
    if isinstance(value, DayWeights):
        return dict(value.weights)
    if dataclasses.is_dataclass(value):
        return {field.name: as_plain(getattr(value, field.name)) for field in figures_of(value)}
    if isinstance(value, Mapping):
        return {key: as_plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [as_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
