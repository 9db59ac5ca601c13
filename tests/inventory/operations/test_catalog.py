"""Prices change with a reason and a trace; categories stay shallow."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel import invariants
from inventory.models import Category, PriceChange, Variant
from inventory.operations import catalog, history
from inventory.operations.history import ImpossibleHistory, PastPrice
from tests.builders import a_category, a_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def cup() -> Variant:
    return a_variant(list_price=12_000, cost=5_000)


class TestPrices:
    def test_a_change_keeps_who_from_what_to_what_and_why(self, cup: Variant, at: datetime) -> None:
        change = catalog.change_price(variant_id=cup.pk, list_price=Decimal(13_500), reason=" 인상 ", actor=None, at=at)

        cup.refresh_from_db()
        assert cup.list_price == 13_500
        assert change is not None
        assert (change.before, change.after, change.reason, change.occurred_at) == (12_000, 13_500, "인상", at)

    def test_the_same_price_is_no_change(self, cup: Variant, at: datetime) -> None:
        assert catalog.change_price(variant_id=cup.pk, list_price=Decimal(12_000), reason="인상", actor=None, at=at) is None
        assert not PriceChange.objects.exists()

    def test_a_cost_may_have_fractions_of_a_won_and_a_list_price_may_not(self, cup: Variant, at: datetime) -> None:
        catalog.change_cost(variant_id=cup.pk, cost=Decimal("4999.5"), reason="정정", actor=None, at=at)

        cup.refresh_from_db()
        assert cup.cost == Decimal("4999.5")
        with pytest.raises(catalog.PriceInvalid):
            catalog.change_price(variant_id=cup.pk, list_price=Decimal("999.5"), reason="정정", actor=None, at=at)

    @pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "1e12"])
    def test_an_amount_that_is_none_is_refused_naming_its_field(self, cup: Variant, at: datetime, amount: str) -> None:
        with pytest.raises(catalog.PriceInvalid) as refused:
            catalog.change_price(variant_id=cup.pk, list_price=Decimal(amount), reason="정정", actor=None, at=at)

        assert refused.value.details["field"] == "list_price"

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
    def test_a_price_changes_only_with_a_reason(self, cup: Variant, at: datetime, reason: str) -> None:
        with pytest.raises(catalog.ReasonMissing):
            catalog.change_cost(variant_id=cup.pk, cost=Decimal(1), reason=reason, actor=None, at=at)

    def test_a_sku_that_does_not_exist_is_refused(self, at: datetime) -> None:
        with pytest.raises(catalog.UnknownVariant):
            catalog.change_cost(variant_id=0, cost=Decimal(1), reason="정정", actor=None, at=at)


class TestTheTrace:
    """I10: whoever changes a price past the operation is found."""

    def violations(self, at: datetime) -> list[str]:
        return [one.subject for one in invariants.check_all(at=at) if one.invariant == "I10"]

    def test_changes_through_the_operation_leave_no_gap(self, cup: Variant, at: datetime) -> None:
        for amount in (1, 2, 3):
            catalog.change_price(variant_id=cup.pk, list_price=Decimal(amount), reason="행사", actor=None, at=at)
            catalog.change_cost(variant_id=cup.pk, cost=Decimal(amount), reason="행사", actor=None, at=at)

        assert self.violations(at) == []

    @pytest.mark.breaks_promises("a price is written past its trace")
    def test_a_price_written_past_it_is_found(self, cup: Variant, at: datetime) -> None:
        catalog.change_price(variant_id=cup.pk, list_price=Decimal(1), reason="행사", actor=None, at=at)
        Variant.objects.filter(pk=cup.pk).update(list_price=2)

        assert self.violations(at) == [f"LIST_PRICE of {cup.sku}"]

    @pytest.mark.breaks_promises("a price is written past its trace")
    def test_a_gap_in_the_middle_is_found(self, cup: Variant, at: datetime) -> None:
        catalog.change_cost(variant_id=cup.pk, cost=Decimal(1), reason="행사", actor=None, at=at)
        Variant.objects.filter(pk=cup.pk).update(cost=2)
        catalog.change_cost(variant_id=cup.pk, cost=Decimal(3), reason="행사", actor=None, at=at)

        assert self.violations(at) == [f"COST of {cup.sku}"]


class TestCategories:
    def chain(self, *names: str) -> list[Category]:
        chain: list[Category] = []
        for name in names:
            chain.append(a_category(name, parent=chain[-1] if chain else None))
        return chain

    def test_three_levels_are_fine_and_a_fourth_is_refused(self) -> None:
        *_above, third = self.chain("1", "2", "3")

        with pytest.raises(catalog.CategoryTooDeep) as refused:
            catalog.save_category(category=Category(name="4", code="four", parent=third))

        assert refused.value.details == {"field": "parent"}
        assert not Category.objects.filter(code="four").exists()

    def test_what_lies_below_is_counted_when_a_category_moves(self) -> None:
        _first, second = self.chain("1", "2")
        moved, _child = self.chain("a", "b")
        moved.parent = second

        with pytest.raises(catalog.CategoryTooDeep):
            catalog.save_category(category=moved)

    def test_a_category_is_not_put_below_itself(self) -> None:
        top, child = self.chain("1", "2")
        for parent in (top, child):
            top.parent = parent
            with pytest.raises(catalog.CategoryTooDeep):
                catalog.save_category(category=top)

    def test_a_category_moves_where_it_fits(self) -> None:
        top, second, third = self.chain("1", "2", "3")
        third.parent = top

        catalog.save_category(category=third)

        assert set(top.children.all()) == {second, third}


def test_a_past_of_prices_ends_at_the_price_that_is_shown(at: datetime) -> None:
    cup = a_variant(list_price=12_900)
    raised = PastPrice(cup.pk, Decimal(11_900), Decimal(12_900), "원재료비 상승", at)
    lowered = PastPrice(cup.pk, Decimal(12_500), Decimal(11_900), "인하", at - timedelta(days=30))

    assert history.write_prices(changes=[raised, lowered]) == 2
    assert [one.after for one in PriceChange.objects.order_by("id")] == [11_900, 12_900]
    with pytest.raises(ImpossibleHistory, match=cup.sku):
        history.write_prices(changes=[lowered])
