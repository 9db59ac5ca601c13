"""Many at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def together(number: int, call: Callable[[int], T], *, seconds: float = 60) -> list[T]:
    """What `call(0)` to `call(number - 1)` answer when they start together; the first error of any is raised here."""
    barrier = threading.Barrier(number)
    answers: list[T] = []
    errors: list[BaseException] = []

    def run(index: int) -> None:
        try:
            barrier.wait(seconds)
            answers.append(call(index))
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[index], daemon=True) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    if errors:
        raise errors[0]
    assert len(answers) == number, "some did not come to an end"
    return answers
