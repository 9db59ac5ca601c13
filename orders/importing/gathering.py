"""The rows of one document, gathered from files that may overlap. Pure."""

from collections import Counter
from typing import Generic, TypeVar

Row = TypeVar("Row")


class Gathered(Generic[Row]):
    """What the files say of one document, whose first row stood in `file`."""

    __slots__ = ("customer", "digests", "earlier", "file", "here", "number", "rows")

    def __init__(self, number: str, customer: str, file: int) -> None:
        self.number, self.customer, self.file = number, customer, file
        self.rows: list[Row] = []
        self.digests: list[bytes] = []
        # What earlier files said of this document, and how often the present file has said it so far.
        self.earlier: Counter[bytes] = Counter()
        self.here: Counter[bytes] = Counter()

    def repeats(self, digest: bytes, file: int) -> bool:
        """Whether an earlier file has this row already. Within one file a repeated row is a line of its own."""
        if file != self.file:
            self.file, self.earlier, self.here = file, Counter(self.digests), Counter()
        if not self.earlier:
            return False
        self.here[digest] += 1
        return self.here[digest] <= self.earlier[digest]
