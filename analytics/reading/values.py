"""What a view for readers is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    name: str
    sql: str
    about: str


@dataclass(frozen=True)
class View:
    """`source` is what stands behind FROM; `{zone}` in it or in a column becomes the shop's time zone.

    `by_day` names the column by which whole business days can be taken out, `key` those that tell a row from all others, in
    whose order they are taken. Where the day is worked out of a moment, `by_moment` names the moment: it has an index.
    """

    name: str
    about: str
    source: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    by_day: str = ""
    by_moment: str = ""
    is_personal: bool = False

    def select(self, zone: str) -> str:
        told = ", ".join(f"{one.sql} AS {one.name}" for one in self.columns)
        return f"SELECT {told} FROM {self.source}".replace("{zone}", zone)  # noqa: S608  of texts of the product alone


def columns(**told: tuple[str, str] | str) -> tuple[Column, ...]:
    """By name: what it is in SQL and what it means; or only the latter, where the column is called the same in table `t`."""
    return tuple(
        Column(name, f"t.{name}", one) if isinstance(one, str) else Column(name, one[0], one[1]) for name, one in told.items()
    )
