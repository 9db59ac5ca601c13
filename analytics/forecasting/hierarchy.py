"""Forecasts of SKUs, categories, warehouses and the whole shop that agree: each sum is the sum of its parts. Pure.

The plainest way adds up SKUs (`added`). Where sums have forecasts of their own, all are moved as little as makes them agree:
by least squares (Hyndman, Ahmed, Athanasopoulos and Shang 2011, Computational Statistics & Data Analysis 55, 2579-2589), or
weighed by how their errors vary together, with covariances drawn to 0 (MinT: Wickramasuriya, Athanasopoulos and Hyndman 2019,
Journal of the American Statistical Association 114, 804-819; the strength: Schaefer and Strimmer 2005, Statistical
Applications in Genetics and Molecular Biology 4, 32).
"""

from collections.abc import Hashable, Sequence

import numpy as np

from .panels import Floats


def summing(*groupings: Sequence[Hashable]) -> tuple[list[Hashable], Floats]:
    """Names of the sums and the matrix that forms them (sums x series); the first sum is that of all.

    Each grouping names, for each series, the group that it belongs to (its category, its warehouse).
    """
    size = len(groupings[0]) if groupings else 0
    names: list[Hashable] = ["all"]
    rows = [np.ones(size)]
    for number, grouping in enumerate(groupings):
        if len(grouping) != size:
            raise ValueError("every grouping names a group for each series")
        for group in dict.fromkeys(grouping):
            names.append((number, group))
            rows.append(np.array([float(one == group) for one in grouping]))
    return names, np.vstack(rows)


def added(series: Floats, sums: Floats) -> Floats:
    """The sums of the series' own forecasts (sums x horizon)."""
    return np.asarray(sums @ series)


def reconciled(series: Floats, own: Floats, sums: Floats, errors: Floats | None = None) -> tuple[Floats, Floats]:
    """Series and sums that agree, from forecasts of both (series x horizon, sums x horizon). No series goes below 0.

    `errors` are one-step errors of the past, sums first and series after them (rows x times); without them plain least squares.
    """
    all_rows = np.vstack([sums, np.eye(series.shape[0])])
    base = np.vstack([own, series])
    weight = np.eye(len(all_rows)) if errors is None else np.linalg.inv(shrunk_covariance(errors))
    moved = np.linalg.solve(all_rows.T @ weight @ all_rows, all_rows.T @ weight @ base)
    parts = np.maximum(moved, 0.0)
    return parts, added(parts, sums)


def shrunk_covariance(errors: Floats) -> Floats:
    """Covariance of the rows, what is beside the diagonal drawn to 0 by as much as it is guessed from few times."""
    times = errors.shape[1]
    centred = errors - errors.mean(axis=1, keepdims=True)
    covariance = centred @ centred.T / (times - 1)
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    scaled = centred / spread[:, None]
    correlation = scaled @ scaled.T / (times - 1)
    products = (scaled**2) @ (scaled**2).T / times - (scaled @ scaled.T / times) ** 2
    beside = ~np.eye(len(errors), dtype=np.bool_)
    strong = float((correlation[beside] ** 2).sum())
    drawn = min(1.0, max(0.0, float(products[beside].sum()) / (times - 1) / strong)) if strong > 0 else 1.0
    found = np.where(beside, (1 - drawn) * covariance, covariance)
    return np.asarray(found + np.diag(np.full(len(errors), 1e-9)))
