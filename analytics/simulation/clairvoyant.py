"""What a shop would pay that knew all demand in advance: a lower bound for every policy.

For each SKU a dynamic programme over the days: goods that arrive on day i serve the demand of some days from then on, at the cost
of one order and, for each unit, of keeping it until it is asked for or of losing it, whichever is less; or a day's demand is lost.
H. M. Wagner, T. M. Whitin, Dynamic Version of the Economic Lot Size Model, Management Science 5 (1958), with lost sales.
"""

import numpy as np

from analytics.simulation.traces import Numbers, Traces
from analytics.simulation.world import Setting, first_stock


def cost(traces: Traces, setting: Setting) -> Numbers:
    """By SKU, starting from the stock all policies start from; nothing arrives before the first order can."""
    holding, margin = setting.holding(traces.price), setting.margin(traces.price)
    left, days = traces.met.copy(), traces.met.shape[1]
    on_hand = first_stock(traces, setting)
    paid = np.zeros(len(traces.skus))
    for day in range(days):
        met = np.minimum(on_hand, left[:, day])
        on_hand, left[:, day] = on_hand - met, left[:, day] - met
        paid += holding * on_hand

    best = np.full((len(traces.skus), days + 1), np.inf)
    best[:, 0] = 0
    for first in range(days):
        best[:, first + 1] = np.minimum(best[:, first + 1], best[:, first] + margin * left[:, first])
        if first <= setting.lead_days:
            continue
        spent = best[:, first] + setting.fixed
        for day in range(first, days):
            spent = spent + np.minimum(margin, holding * (day - first)) * left[:, day]
            best[:, day + 1] = np.minimum(best[:, day + 1], spent)
    return np.asarray(best[:, days] + paid)
