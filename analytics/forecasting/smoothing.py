"""Methods that smooth: mean, simple exponential smoothing, Holt-Winters with a damped trend. Pure, all series at once.

Every method takes units (n series x T days), which of the days tell of demand, and a horizon, and gives the mean of each coming
day (n x horizon). A day that does not tell is passed over: the state of the series stays as it is.

- Simple exponential smoothing: Brown (1959), *Statistical forecasting for inventory control*; Holt (1957, reprinted 2004),
  International Journal of Forecasting 20, 5-10.
- Trend and season: Winters (1960), Management Science 6, 324-342; the damped trend is of Gardner and McKenzie (1985),
  Management Science 31, 1237-1246.
"""

import numpy as np

from .panels import Floats, Mask, Whole

# Weights of the newest day that are tried: small ones closer, because sparse demand wants them.
ALPHAS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.55, 0.75, 0.95)
# So many series tell what is common to all; as how many days of a series' own that is tried to count, and the drifts believed.
FEWEST_SERIES = 10
DRAWN = tuple(0.25 * 2 ** (place / 2) for place in range(24))
DRIFTS = (0.5, 2.0)
# (level, trend, season) of Holt-Winters that are tried, and how much of a trend is left a day later.
HOLT_WINTERS = ((0.02, 0.0, 0.02), (0.05, 0.0, 0.05), (0.1, 0.01, 0.05), (0.2, 0.02, 0.05), (0.05, 0.01, 0.1), (0.3, 0.05, 0.1))
DAMPED = 0.98


def flat(level: Floats, horizon: int) -> Floats:
    """The same mean on every coming day."""
    return np.repeat(level[:, None], horizon, axis=1)


def mean(units: Floats, told: Mask, horizon: int, *, days: int | None = None) -> Floats:
    """The mean of the last days, of all by default."""
    last = slice(None) if days is None else slice(-days, None)
    count = told[:, last].sum(axis=1)
    total = np.where(told[:, last], units[:, last], 0.0).sum(axis=1)
    return flat(np.divide(total, count, out=np.zeros(len(units)), where=count > 0), horizon)


def fading_mean(units: Floats, told: Mask, horizon: int, *, alpha: float = 0.01) -> Floats:
    """The mean of all days, each counting a little less than the next: exponential smoothing that believes no first day."""
    fading = (1 - alpha) ** np.arange(units.shape[1] - 1, -1, -1)
    weight = np.where(told, fading, 0.0)
    count = weight.sum(axis=1)
    return flat(np.divide((weight * units).sum(axis=1), count, out=np.zeros(len(units)), where=count > 0), horizon)


def credible_mean(
    units: Floats, told: Mask, horizon: int, *, alpha: float, prior: float, days: float, drift: float = 1.0
) -> Floats:
    """The fading mean, drawn to the mean of all series as if that had been seen on `days` days, times the drift of them all.

    Buhlmann and Straub (1970), Mitteilungen der Vereinigung schweizerischer Versicherungsmathematiker 70, 111-133: `days` is
    the variance of a day around its level over the variance of levels (`credibility`).
    """
    weight = np.where(told, (1 - alpha) ** np.arange(units.shape[1] - 1, -1, -1), 0.0)
    total, count = (weight * units).sum(axis=1), weight.sum(axis=1)
    level = np.divide(total + days * prior, count + days, out=np.full(len(units), prior), where=count + days > 0)
    return flat(np.where(told.any(axis=1), level, 0.0) * drift, horizon)


def credibility(units: Floats, told: Mask) -> tuple[float, float]:
    """The mean level of all series, and as how many days of a series' own it counts; 0 days where fewer than 10 series tell."""
    count = told.sum(axis=1)
    tells = count >= 8
    if tells.sum() < FEWEST_SERIES:
        return 0.0, 0.0
    days, seen = count[tells], told[tells]
    level = np.where(seen, units[tells], 0.0).sum(axis=1) / days
    noise = np.where(seen, (units[tells] - level[:, None]) ** 2, 0.0).sum(axis=1) / (days - 1)
    between = float(level.var() - (noise / days).mean())
    longest = float(days.mean())
    return float(level.mean()), min(float(noise.mean()) / between, longest) if between > 0 else longest


def credibility_by_outcome(units: Floats, told: Mask, *, alpha: float, span: int) -> tuple[float, float, float] | None:
    """The same, learned from how it turned out: (mean level, days, drift) with the least squared error, over all series and
    all evenings whose next `span` days have passed, of (units + days x mean) / (days seen + days) x drift. None where that
    has passed on no evening after the first two spans.

    Variances alone believe a series too soon: levels wander, and what sold much lately will sell less.
    """
    total, count = np.zeros(len(units)), np.zeros(len(units))
    ahead, seen_ahead = (np.cumsum(np.pad(one, ((0, 0), (1, 0))), axis=1) for one in (np.where(told, units, 0.0), told))
    sides: list[Floats] = []
    days = units.shape[1]
    for day in range(days):
        if day >= 2 * span and (day - 2 * span) % max(span // 6, 1) == 0 and day + span <= days:
            asked, seen = (one[:, day + span] - one[:, day] for one in (ahead, seen_ahead))
            tells = (count > 0) & (seen > 0)
            if tells.sum() >= FEWEST_SERIES:
                prior = np.full(tells.sum(), (total[tells] / count[tells]).mean())
                sides.append(np.stack([total[tells], count[tells], prior, asked[tells] / seen[tells]]))
        total = (1 - alpha) * total + np.where(told[:, day], units[:, day], 0.0)
        count = (1 - alpha) * count + told[:, day]
    if not sides or (count > 0).sum() < FEWEST_SERIES:
        return None
    sold, known, prior, came = np.concatenate(sides, axis=1)
    best = (np.inf, 0.0, 1.0)
    for drawn in DRAWN:
        level = (sold + drawn * prior) / (known + drawn)
        drift = float(level @ came) / max(float(level @ level), 1e-12)
        best = min(best, (float(np.square(came - drift * level).sum()), drawn, drift))
    return float((total[count > 0] / count[count > 0]).mean()), best[1], float(np.clip(best[2], *DRIFTS))


def ses(units: Floats, told: Mask, horizon: int, *, alpha: float) -> Floats:
    """Simple exponential smoothing that begins with the first day."""
    return flat(_smooth(units, told, np.array([alpha]))[0][0], horizon)


def ses_optimised(units: Floats, told: Mask, horizon: int, *, alphas: tuple[float, ...] = ALPHAS) -> Floats:
    """Simple exponential smoothing with that of the given weights which has erred least one day ahead, series by series."""
    levels, squares = _smooth(units, told, np.array(alphas))
    return flat(levels[squares.argmin(axis=0), np.arange(len(units))], horizon)


def smoothed(units: Floats, told: Mask, *, alpha: float) -> Floats:
    """The level before each day (n x T): what would have been forecast the evening before."""
    level, begun = np.zeros(len(units)), np.zeros(len(units), dtype=np.bool_)
    found = np.zeros(units.shape)
    for day in range(units.shape[1]):
        here, now = told[:, day], units[:, day]
        found[:, day] = level
        level = np.where(here, np.where(begun, level + alpha * (now - level), now), level)
        begun |= here
    return found


def _smooth(units: Floats, told: Mask, alphas: Floats) -> tuple[Floats, Floats]:
    """Last levels and sums of squared errors one day ahead, one row per weight."""
    size = len(units)
    level, squares = np.zeros((len(alphas), size)), np.zeros((len(alphas), size))
    begun = np.zeros(size, dtype=np.bool_)
    weight = alphas[:, None]
    for day in range(units.shape[1]):
        here, now = told[:, day], units[:, day]
        error = np.where(here & begun, now - level, 0.0)
        squares += error * error
        level += weight * error
        first = here & ~begun
        if first.any():
            level[:, first] = now[first]
            begun |= first
    return level, squares


def holt_winters(units: Floats, told: Mask, horizon: int, *, season: int = 7, phase: int = 0) -> Floats:
    """Additive season and damped trend; of a few sets of weights that which has erred least one day ahead. Never below 0.

    The season begins as the differences of its days from the mean of the first four seasons.
    """
    size, days = units.shape
    weights = np.array(HOLT_WINTERS)
    alpha, beta, gamma = (weights[:, place][:, None] for place in range(3))
    places = (np.arange(days + horizon) + phase) % season
    level0, season0 = _beginnings(units, told, season, places)
    level = np.tile(level0, (len(weights), 1))
    trend, squares = np.zeros_like(level), np.zeros_like(level)
    factors = np.tile(season0[None], (len(weights), 1, 1))
    for day in range(days):
        here, now, factor = told[:, day], units[:, day], factors[:, :, places[day]]
        carried = level + DAMPED * trend
        error = np.where(here, now - carried - factor, 0.0)
        squares += error * error
        level = np.where(here, carried + alpha * error, level)
        trend = np.where(here, DAMPED * trend + alpha * beta * error, trend)
        factors[:, :, places[day]] = factor + gamma * error
    best, which = squares.argmin(axis=0), np.arange(size)
    fade = np.cumsum(DAMPED ** np.arange(1, horizon + 1))
    found = level[best, which][:, None] + trend[best, which][:, None] * fade + factors[best, which][:, places[days:]]
    return np.asarray(np.maximum(found, 0.0))


def _beginnings(units: Floats, told: Mask, season: int, places: Whole) -> tuple[Floats, Floats]:
    """Level and season over the first four seasons that a series tells of."""
    early = told & (told.cumsum(axis=1) <= 4 * season)
    kept = np.where(early, units, 0.0)
    count = early.sum(axis=1)
    level = np.divide(kept.sum(axis=1), count, out=np.zeros(len(units)), where=count > 0)
    factors = np.zeros((len(units), season))
    for place in range(season):
        on = places[: units.shape[1]] == place
        seen = early[:, on].sum(axis=1)
        factors[:, place] = np.divide(kept[:, on].sum(axis=1), seen, out=level.copy(), where=seen > 0) - level
    return level, factors
