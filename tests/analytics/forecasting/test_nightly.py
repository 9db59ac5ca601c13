"""The forecast of a night as a shop meets it: closed days, weekdays, promotions, new SKUs, chunks."""

import numpy as np
import pytest

from analytics.forecasting import decompose
from analytics.forecasting.combining import DemandClass, Method, classes
from analytics.forecasting.nightly import Pooled, forecast, pool, with_trees
from analytics.forecasting.panels import Panel, closed_days, panel

FACTORS = np.array([1.0, 1.0, 1.2, 1.0, 1.4, 0.4, 0.0])  # Monday first; closed on Sundays
DAYS = 140


def shop(size: int = 60, seed: int = 1, levels: tuple[float, float] = (0.3, 9.0), **more: object) -> Panel:
    drawn = np.random.default_rng(seed)
    means = drawn.uniform(*levels, size)
    units = drawn.poisson(means[:, None] * np.tile(FACTORS, DAYS // 7)).astype(float)
    return panel(units.tolist(), kin=[place % 3 for place in range(size)], **more)  # type: ignore[arg-type]


def test_closed_weekdays_are_found_and_nothing_is_expected_on_them() -> None:
    found = forecast(shop(), 14)
    assert (found.mean[:, [6, 13]] == 0).all()
    assert (found.mean[:, :6] > 0).all()


def test_the_week_has_the_course_that_the_shop_has() -> None:
    mean = forecast(shop(), 7).mean.sum(axis=0)
    open_days = FACTORS[:6] / FACTORS[:6].mean()
    assert mean[:6] / mean[:6].mean() == pytest.approx(open_days, abs=0.08)


def test_a_chunk_is_forecast_as_the_whole_is() -> None:
    whole = shop()
    common = Pooled.of(pool(whole).plain())
    together = forecast(whole, 28, pooled=common)
    for chunk in (slice(0, 7), slice(7, 60)):
        apart = forecast(whole.part(chunk), 28, pooled=common)
        assert apart.mean == pytest.approx(together.mean[chunk])
        assert apart.dispersion == pytest.approx(together.dispersion[chunk])
        assert apart.methods == together.methods[chunk]


def test_rows_need_no_arrays() -> None:
    row = forecast(shop(), 28).rows()[0]
    assert type(row.outlook.daily[0]) is float
    assert len(row.outlook.daily) == 28
    assert row.outlook.dispersion >= 1
    assert row.method is Method.AVERAGE
    assert len(row.weekday) == 7


def test_a_promotion_ahead_sells_what_promotions_did() -> None:
    plain = shop()
    promoted = np.zeros((plain.size, DAYS + 14), dtype=np.bool_)
    promoted[:, 30:50] = promoted[:, DAYS : DAYS + 7] = True
    units = np.where(promoted[:, :DAYS], plain.units * 3, plain.units)
    found = forecast(panel(units.tolist(), promoted=promoted.tolist()), 14).mean
    assert found[:, :7].sum() / found[:, 7:].sum() == pytest.approx(3.0, rel=0.1)
    assert found[:, 7:].sum() == pytest.approx(forecast(plain, 14).mean[:, 7:].sum(), rel=0.1)


def test_sold_out_days_do_not_press_the_forecast_down() -> None:
    plain = shop()
    censored = np.zeros(plain.units.shape, dtype=np.bool_)
    censored[:, 80:] = np.random.default_rng(5).random((plain.size, DAYS - 80)) < 0.4
    sold = np.where(censored, np.floor(plain.units * 0.3), plain.units)
    closed = plain.closed.tolist()
    expected = forecast(plain, 28).mean.sum()
    as_sold = forecast(panel(sold.tolist(), closed=closed), 28).mean.sum()
    as_known = forecast(panel(sold.tolist(), closed=closed, censored=censored.tolist()), 28).mean.sum()
    assert abs(as_known - expected) < 0.5 * (expected - as_sold)


def test_a_new_sku_is_forecast_by_its_siblings_and_a_silent_one_by_their_price() -> None:
    plain = shop()
    units = plain.units.copy()
    units[0], units[0, -4:] = 0, [2, 0, 3, 0]
    units[3] = 0
    found = forecast(panel(units.tolist(), kin=plain.kin.tolist(), closed=plain.closed.tolist()), 28)
    siblings = np.mean([found.level[place] for place in range(6, 60, 3)])
    assert found.classes[0] is DemandClass.NEW
    assert found.classes[3] is DemandClass.SILENT
    assert found.methods[0] is Method.SIBLINGS
    assert 1.0 < found.level[0] < siblings
    assert found.level[3] == pytest.approx(siblings, rel=0.2)


def test_the_quantile_of_a_day_covers_what_it_says() -> None:
    whole = shop(size=300)
    found = forecast(whole.until(112), 28)
    happened = whole.units[:, 112:]
    covered = (happened <= found.quantile(0.975))[:, found.mean.sum(axis=0) > 0].mean()
    assert 0.96 <= covered <= 0.99


def test_what_is_said_of_a_sku() -> None:
    units = np.tile(np.array([4.0, 4, 4, 4, 8, 2, 0]), (12, 20))
    units[:, -28:] *= 1.5
    story = forecast(panel(units.tolist()), 28).stories()[0]
    assert story.best == 4
    assert story.weakest == 5
    assert story.weekly_change > 0.04
    assert story.next_four_weeks == pytest.approx(4 * 26 * 1.2, rel=0.2)


def test_peak_weeks_are_those_above_the_others() -> None:
    assert decompose.peak_weeks(np.array([1.0] * 14 + [2.0] * 7 + [1.0] * 7)) == [(2, pytest.approx(1.6))]
    assert decompose.peak_weeks(np.ones(28)) == []
    assert decompose.peak_weeks(np.zeros(28)) == []


def test_classes_by_days_between_demands_and_spread_of_sizes() -> None:
    daily, rare = [5.0, 6.0] * 20, [5.0, 0.0, 0.0, 6.0] * 10
    wild, lumpy = [1.0, 40.0, 2.0, 1.0] * 10, [1.0, 0, 0, 40.0] * 10
    units = np.array([daily, wild, rare, lumpy, [0.0] * 40])
    told = np.ones(units.shape, dtype=np.bool_)
    assert [one.value for one in classes(units, told, fewest_days=28)] == [
        "smooth", "erratic", "intermittent", "lumpy", "silent",
    ]  # fmt: skip


def test_a_day_without_trade_is_no_closed_day_where_everything_was_sold_out() -> None:
    units, hidden = np.array([[1.0, 0, 2, 0, 3, 1]]), np.zeros((1, 6), dtype=np.bool_)
    hidden[0, 3] = True
    assert closed_days(units, hidden).tolist() == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("units", "more", "words"),
    [
        ([[1.0, -2.0]], {}, "units"),
        ([[1.0, 2.0]], {"kin": [1, 2]}, "kin"),
        ([[1.0, 2.0]], {"closed": [True]}, "closed"),
    ],
)
def test_a_panel_that_does_not_fit_names_what_is_wrong(units: object, more: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        panel(units, **more)  # type: ignore[arg-type]


def test_a_promotion_does_for_each_kind_and_each_sku_what_it_did_for_it() -> None:
    plain = shop(levels=(4.0, 9.0))
    promoted = np.zeros((plain.size, DAYS + 14), dtype=np.bool_)
    promoted[:, 30:58] = promoted[:, DAYS : DAYS + 7] = True
    # Kind 0 sells twice as much, the others four times; one SKU of kind 0 does not care.
    times = np.where(plain.kin == 0, 2.0, 4.0)
    times[3] = 1.0
    units = np.where(promoted[:, :DAYS], plain.units * times[:, None], plain.units)
    ready = panel(units.tolist(), promoted=promoted.tolist(), kin=plain.kin.tolist())
    common = Pooled.of(pool(ready).plain())
    assert [common.promotions[kind] for kind in (0, 1)] == pytest.approx([2.0, 4.0], rel=0.12)
    found = forecast(ready, 14, pooled=common).mean
    lifts = found[:, :7].sum(axis=1) / found[:, 7:].sum(axis=1)
    assert np.median(lifts[plain.kin == 0]) == pytest.approx(2.0, rel=0.15)
    assert np.median(lifts[plain.kin == 1]) == pytest.approx(4.0, rel=0.15)
    assert lifts[3] < 1.4


def test_trees_learn_what_a_price_does_and_go_with_what_is_pooled() -> None:
    pytest.importorskip("lightgbm")
    plain = shop(size=300)
    cheap = np.random.default_rng(2).random((plain.size, DAYS // 7 + 2)) < 0.3
    prices = np.where(np.repeat(cheap, 7, axis=1), 700.0, 1000.0)
    prices[:, DAYS : DAYS + 7], prices[:, DAYS + 7 :] = 700.0, 1000.0
    units = np.where(prices[:, :DAYS] < 1000, plain.units * 3, plain.units)
    whole = panel(units.tolist(), kin=plain.kin.tolist(), prices=prices.tolist())
    common = with_trees(whole, pool(whole))
    assert Pooled.of(common.plain()).trees == common.trees != ""
    found = forecast(whole, 14, dict.fromkeys(DemandClass, Method.BOOSTED), pooled=common).mean
    assert found[:, :7].sum() / found[:, 7:].sum() == pytest.approx(3.0, rel=0.25)


def test_without_the_boosted_model_the_others_speak_for_it() -> None:
    whole = shop()
    boosted = forecast(whole, 28, dict.fromkeys(DemandClass, Method.BOOSTED))
    assert boosted.mean == pytest.approx(forecast(whole, 28, dict.fromkeys(DemandClass, Method.AVERAGE)).mean)


def test_another_method_for_a_class_is_taken_at_its_word() -> None:
    found = forecast(shop(), 28, {DemandClass.SMOOTH: Method.TSB, DemandClass.INTERMITTENT: Method.NOTHING})
    by_class = dict(zip(found.classes, found.methods, strict=True))
    assert by_class[DemandClass.SMOOTH] is Method.TSB
    assert [level for level, one in zip(found.level, found.methods, strict=True) if one is Method.NOTHING and level] == []
