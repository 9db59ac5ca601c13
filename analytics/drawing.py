"""Where the lines and the ticks of a chart lie. Pure geometry; the words and colors are the template's.

Charts are drawn on a canvas of fixed units that the page stretches to whatever room there is. Labels therefore stand outside of
the drawing, at even distances: they keep their size on a phone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

WIDTH, HEIGHT = 1000, 240


@dataclass(frozen=True)
class Slot:
    """The room of one value, from side to side; `x` is its middle."""

    left: str
    width: str
    x: str


@dataclass(frozen=True)
class Chart:
    slots: tuple[Slot, ...]
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    ticks: tuple[Decimal, ...]
    rules: tuple[str, ...]
    zero: str


def chart(*series: Sequence[Decimal | None]) -> Chart:
    """Lines over the same slots; a series may lack values at its beginning or end. Ticks go from the top down."""
    known = [value for one in series for value in one if value is not None]
    low, high = min([*known, Decimal(0)]), max([*known, Decimal(0)])
    step = nice_step(high - low)
    bottom = (low / step).to_integral_value(ROUND_FLOOR) * step
    top = bottom
    while top < high or top == bottom:
        top += step
    count = max((len(one) for one in series), default=0)
    room = Decimal(WIDTH) / max(count, 1)

    def y(value: Decimal) -> Decimal:
        return HEIGHT - (value - bottom) / (top - bottom) * HEIGHT

    ticks = [bottom + step * number for number in range(int((top - bottom) / step) + 1)][::-1]
    slots = tuple(Slot(_number(room * n), _number(room), _number(room * n + room / 2)) for n in range(count))
    return Chart(
        slots=slots,
        lines=tuple(_line(one, slots, y) for one in series),
        areas=tuple(_area(one, slots, y) for one in series),
        ticks=tuple(ticks),
        rules=tuple(_number(y(tick)) for tick in ticks),
        zero=_number(y(Decimal(0))),
    )


@dataclass(frozen=True)
class Curves:
    """Lines through points of two measures. `dots` are their places, `right` the ticks from left to right."""

    lines: tuple[str, ...]
    dots: tuple[tuple[tuple[str, str], ...], ...]
    ticks: tuple[Decimal, ...]
    right: tuple[Decimal, ...]
    rules: tuple[str, ...]


def curves(*series: Sequence[tuple[Decimal, Decimal]]) -> Curves:
    """Each in the order of its first measure. Neither axis begins at zero: it matters which of them lies higher."""
    across, upward = _axis([x for one in series for x, _ in one]), _axis([y for one in series for _, y in one])
    dots = tuple(
        tuple((_number(_share(x, across) * WIDTH), _number(HEIGHT - _share(y, upward) * HEIGHT)) for x, y in sorted(one))
        for one in series
    )
    return Curves(
        lines=tuple(" ".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(one)) for one in dots),
        dots=dots,
        ticks=tuple(upward[::-1]),
        right=tuple(across),
        rules=tuple(_number(HEIGHT - _share(tick, upward) * HEIGHT) for tick in upward[::-1]),
    )


def _axis(values: Sequence[Decimal]) -> list[Decimal]:
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(0))
    step = nice_step(high - low)
    ticks = [(low / step).to_integral_value(ROUND_FLOOR) * step]
    while ticks[-1] < high or len(ticks) == 1:
        ticks.append(ticks[-1] + step)
    return ticks


def _share(value: Decimal, axis: Sequence[Decimal]) -> Decimal:
    return (value - axis[0]) / (axis[-1] - axis[0])


def bar(lengths: Sequence[float], *, least: int = 20) -> tuple[Slot, ...]:
    """Parts of one bar side by side, each as wide as its length asks and a little more, so that none is too thin to see."""
    total, parts = sum(lengths), len(lengths)
    room = Decimal(WIDTH - least * parts)
    slots, left = [], Decimal(0)
    for length in lengths:
        share = Decimal(length) / Decimal(total) if total else 1 / Decimal(parts)
        width = least + room * share
        slots.append(Slot(_number(left), _number(width), _number(left + width / 2)))
        left += width
    return tuple(slots)


def nice_step(range_of_values: Decimal) -> Decimal:
    """1, 2 or 5 times a power of ten, so that three to six of them make up the range."""
    if range_of_values <= 0:
        return Decimal(1)
    rough = range_of_values / 4
    power = Decimal(10) ** rough.adjusted()
    return next(factor * power for factor in (Decimal(1), Decimal(2), Decimal(5), Decimal(10)) if factor * power >= rough)


def average(values: Sequence[Decimal], days: int) -> list[Decimal | None]:
    """The mean of each value and those before it, `days` in all; nothing where there are not so many yet."""
    return [
        sum(values[number - days + 1 : number + 1], Decimal(0)) / days if number + 1 >= days else None
        for number in range(len(values))
    ]


def evenly(count: int, labels: int) -> list[int]:
    """Which of `count` slots get a label, so that labels stand at even distances from the first to the last."""
    if count <= labels:
        return list(range(count))
    return [round(number * (count - 1) / (labels - 1)) for number in range(labels)]


def strength(value: Decimal, most: Decimal) -> str:
    """How opaque a cell is: 0.04 for nothing, 1 for the most."""
    return _number(Decimal("0.04") + Decimal("0.96") * (value / most if most > 0 else Decimal(0)))


def length(share: Decimal | None) -> str:
    """How long a bar is of the canvas's width; none is nothing."""
    return _number(min(max(share or Decimal(0), Decimal(0)), Decimal(1)) * WIDTH)


Height = Callable[[Decimal], Decimal]


def _points(values: Sequence[Decimal | None], slots: Sequence[Slot], y: Height) -> list[tuple[str, str]]:
    return [(slot.x, _number(y(value))) for slot, value in zip(slots, values, strict=False) if value is not None]


def _line(values: Sequence[Decimal | None], slots: Sequence[Slot], y: Height) -> str:
    return " ".join(f"{'L' if number else 'M'}{x} {height}" for number, (x, height) in enumerate(_points(values, slots, y)))


def _area(values: Sequence[Decimal | None], slots: Sequence[Slot], y: Height) -> str:
    points = _points(values, slots, y)
    if not points:
        return ""
    zero = _number(y(Decimal(0)))
    return f"M{points[0][0]} {zero} " + " ".join(f"L{x} {height}" for x, height in points) + f" L{points[-1][0]} {zero} Z"


def _number(value: Decimal) -> str:
    """As SVG reads it in every language: with a point and without separators."""
    return f"{value.quantize(Decimal('0.01')).normalize():f}"
