"""How staff's answers move the limit of a rule: each "not an issue" a step up, each "good catch" a step down, bounded. Pure.

Fixed thresholds stay what somebody wrote; only limits against what is usual are tuned.
"""

STEP = 1.15
FEWEST_STEPS, MOST_STEPS = -4, 8


def raised(steps: int) -> int:
    return min(steps + 1, MOST_STEPS)


def lowered(steps: int) -> int:
    return max(steps - 1, FEWEST_STEPS)


def effective(limit: float, steps: int) -> float:
    """The limit as tuned: each step is 15 % more or less."""
    return float(limit * STEP ** max(FEWEST_STEPS, min(steps, MOST_STEPS)))
