"""What suppliers promise: by staff or by their link, kept as a history, moving the expected day and not the promise."""

import io
import logging
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client
from django.urls import reverse
from structlog.stdlib import ProcessorFormatter

from config.kernel import clock, throttling
from inventory.models import PurchaseMail, PurchaseOrder, SupplierConfirmation
from inventory.operations import confirming, purchasing, receiving
from inventory.operations.confirming import Confirmed
from inventory.operations.purchase_steps import PurchaseInvalid, TransitionRefused
from inventory.queries import supplier_links
from inventory.queries.supplier_links import BadLink
from tests.inventory.operations.papers import a_sent_order, skus

pytestmark = pytest.mark.django_db
CHRISTMAS, NEW_YEAR = date(2026, 12, 24), date(2026, 12, 31)


def confirmed(order: PurchaseOrder, at: datetime, *lines: Confirmed, note: str = "") -> SupplierConfirmation:
    return confirming.confirm(number=order.number, lines=lines, source="STAFF", note=note, actor=None, at=at)


class TestConfirming:
    def test_the_expected_day_moves_with_every_word_and_the_promise_with_the_first(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, plate = skus(order)

        confirmed(order, at, Confirmed(cup, 8, date(2026, 12, 1)), Confirmed(plate, 5, CHRISTMAS))
        order.refresh_from_db()
        assert (order.expected_on, order.promised_on) == (CHRISTMAS, CHRISTMAS)
        assert order.timeline.latest("id").details["confirmed_less"] == {cup: 2}

        confirmed(order, at, Confirmed(plate, 5, NEW_YEAR))
        order.refresh_from_db()
        assert (order.expected_on, order.promised_on) == (NEW_YEAR, CHRISTMAS)
        lines = order.lines.order_by("pk").values_list("confirmed_quantity", "confirmed_on")
        assert list(lines) == [(8, date(2026, 12, 1)), (5, NEW_YEAR)]

    def test_the_same_words_again_change_nothing(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)
        first = confirmed(order, at, Confirmed(cup, 10, CHRISTMAS))

        assert confirmed(order, at, Confirmed(cup, 10, CHRISTMAS)) == first
        assert order.timeline.filter(kind="CONFIRMED").count() == 1

    @pytest.mark.parametrize(
        ("line", "field"),
        [
            (Confirmed("CUP", 1, None), "expected_on"),
            (Confirmed("CUP", 1, date(2026, 11, 20)), "expected_on"),
            (Confirmed("CUP", -1, CHRISTMAS), "quantity"),
            (Confirmed("NOT-ORDERED", 1, CHRISTMAS), "lines"),
        ],
    )
    def test_what_makes_no_sense_is_refused_naming_its_field(self, at: datetime, line: Confirmed, field: str) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)
        told = Confirmed(cup if line.sku == "CUP" else line.sku, line.quantity, line.expected_on)

        with pytest.raises(PurchaseInvalid) as refused:
            confirmed(order, at, told)

        assert refused.value.details["field"] == field
        assert not SupplierConfirmation.objects.exists()

    def by_link(self, order: PurchaseOrder, at: datetime, *lines: Confirmed) -> PurchaseOrder:
        confirming.confirm(number=order.number, lines=lines, source="LINK", actor=None, at=at)
        order.refresh_from_db()
        return order

    def test_by_its_link_a_supplier_puts_off_the_expected_day_and_not_the_promise(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, plate = skus(order)
        PurchaseOrder.objects.filter(pk=order.pk).update(expected_on=CHRISTMAS, promised_on=CHRISTMAS)

        order = self.by_link(order, at, Confirmed(cup, 10, NEW_YEAR), Confirmed(plate, 5, CHRISTMAS))
        assert (order.expected_on, order.promised_on) == (NEW_YEAR, CHRISTMAS)

        confirmed(order, at, Confirmed(plate, 5, date(2027, 1, 4)))
        order.refresh_from_db()
        assert order.promised_on == date(2027, 1, 4), "staff agreed to it"

    def test_by_its_link_a_supplier_may_promise_an_earlier_day(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, plate = skus(order)
        PurchaseOrder.objects.filter(pk=order.pk).update(expected_on=NEW_YEAR, promised_on=NEW_YEAR)

        order = self.by_link(order, at, Confirmed(cup, 10, CHRISTMAS), Confirmed(plate, 5, CHRISTMAS))
        assert (order.expected_on, order.promised_on) == (CHRISTMAS, CHRISTMAS)

    def test_the_link_tells_no_day_beyond_half_a_year(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)

        with pytest.raises(PurchaseInvalid) as refused:
            self.by_link(order, at, Confirmed(cup, 10, at.date() + timedelta(days=181)))

        assert refused.value.details["field"] == "expected_on"
        assert self.by_link(order, at, Confirmed(cup, 10, at.date() + timedelta(days=180))).confirmations.count() == 1

    def test_nothing_is_confirmed_of_what_is_settled(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)
        purchasing.cancel(number=order.number, reason="단종", actor=None, at=at)

        with pytest.raises(TransitionRefused):
            confirmed(order, at, Confirmed(cup, 1, CHRISTMAS))


class TestTheLink:
    @pytest.fixture(autouse=True)
    def _now(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)
        monkeypatch.setattr(throttling, "within", lambda who, most, *, moment, amount=1: True)

    def page(self, order: PurchaseOrder, at: datetime, mail_id: int = 0) -> str:
        return reverse("confirm-purchase", args=[supplier_links.token(number=order.number, mail_id=mail_id, at=at)])

    def sent(self, order: PurchaseOrder, **changes: Any) -> dict[str, Any]:
        values: dict[str, Any] = {"note": "조금 늦습니다"}
        for line in order.lines.all():
            values |= {f"units-{line.pk}": line.quantity, f"day-{line.pk}": "2026-12-24"}
        return values | changes

    def test_a_supplier_confirms_without_logging_in_and_in_its_language(self, at: datetime) -> None:
        order = a_sent_order(at, language="en")
        cup, _plate = order.lines.order_by("pk")
        visitor, address = Client(), self.page(order, at)

        asked = visitor.get(address)
        assert (asked.status_code, "Confirm a purchase order" in asked.content.decode()) == (200, True)
        assert "4,000" not in asked.content.decode(), "the link tells no prices"
        policy = asked["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert (asked["Cache-Control"], asked["Referrer-Policy"]) == ("no-store", "same-origin")
        done = visitor.post(address, self.sent(order, **{f"units-{cup.pk}": 6}))

        assert "Thank you" in done.content.decode()
        made = SupplierConfirmation.objects.get()
        assert (made.source, made.actor, made.note) == ("LINK", None, "조금 늦습니다")
        cup.refresh_from_db()
        assert (cup.confirmed_quantity, cup.confirmed_on) == (6, CHRISTMAS)

    def test_the_form_goes_through_as_a_browser_sends_it(self, at: datetime) -> None:
        order = a_sent_order(at)
        visitor, address = Client(enforce_csrf_checks=True), self.page(order, at)

        asked = visitor.get(address)
        origin = "null" if asked["Referrer-Policy"] == "no-referrer" else "http://testserver"
        key = {"csrfmiddlewaretoken": visitor.cookies["csrftoken"].value}
        done = visitor.post(address, self.sent(order) | key, headers={"Origin": origin})

        assert (done.status_code, SupplierConfirmation.objects.count()) == (200, 1)

    @pytest.mark.parametrize("change", ["units", "day", "past"])
    def test_a_slip_is_told_at_its_field_and_nothing_is_kept(self, at: datetime, change: str) -> None:
        order = a_sent_order(at)
        line = order.lines.order_by("pk")[0]
        wrong = {"units": {f"units-{line.pk}": -1}, "day": {f"day-{line.pk}": "soon"}, "past": {f"day-{line.pk}": "2026-01-01"}}

        answer = Client().post(self.page(order, at), self.sent(order, **wrong[change]))

        assert (answer.status_code, SupplierConfirmation.objects.count()) == (400, 0)

    def test_a_link_ends_after_thirty_days_and_a_forged_one_opens_nothing(
        self, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = a_sent_order(at)
        address, forged = (
            self.page(order, at),
            signing.dumps({"order": order.number, "mail": 1, "until": 10**10}, salt="another"),
        )
        monkeypatch.setattr(clock, "now", lambda: at + timedelta(days=30))

        for one in (address, reverse("confirm-purchase", args=[forged]), "/confirm/x/"):
            answer = Client().get(one)
            assert (answer.status_code, order.number in answer.content.decode()) == (404, False)
        with pytest.raises(BadLink):
            supplier_links.number_of(token=forged, at=at)

    @pytest.mark.parametrize(("state", "ends"), [("SENT", True), ("UNSURE", True), ("WAITING", False), ("FAILED", False)])
    def test_a_later_mail_ends_the_earlier_link_once_it_went_out(self, at: datetime, state: str, ends: bool) -> None:
        order, other = a_sent_order(at), a_sent_order(at)
        first, _of_another, later = (
            PurchaseMail.objects.create(purchase_order=of, address="a@dawon.example.com", language="ko", due_at=at, state=how)
            for of, how in ((order, "SENT"), (other, "SENT"), (order, state))
        )

        assert Client().get(self.page(order, at, first.pk)).status_code == (404 if ends else 200)
        assert Client().get(self.page(order, at, later.pk)).status_code == 200

    def test_one_order_is_confirmed_by_link_twenty_times_at_most(self, at: datetime) -> None:
        order = a_sent_order(at)
        address = self.page(order, at)
        for turn in range(confirming.MOST_BY_LINK):
            assert Client().post(address, self.sent(order, note=f"{turn}")).status_code == 200

        refused = Client().post(address, self.sent(order, note="또"))
        assert (refused.status_code, "전화" in refused.content.decode()) == (400, True)
        assert SupplierConfirmation.objects.count() == confirming.MOST_BY_LINK
        cup, _plate = skus(order)
        confirmed(order, at, Confirmed(cup, 9, CHRISTMAS))

    def test_what_is_settled_asks_for_nothing(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, plate = skus(order)
        receiving.receive_goods(number=order.number, delivery_note="DN-1", quantities={cup: 10, plate: 5}, actor=None, at=at)

        assert Client().post(self.page(order, at), self.sent(order)).status_code == 409
        assert not SupplierConfirmation.objects.exists()

    def test_the_key_in_its_address_stands_in_no_line_of_the_log(self, at: datetime) -> None:
        order = a_sent_order(at)
        address, written = self.page(order, at), io.StringIO()
        lines = logging.StreamHandler(written)
        how = {name: value for name, value in settings.LOGGING["formatters"]["line"].items() if name != "()"}
        lines.setFormatter(ProcessorFormatter(**how))
        logging.getLogger().addHandler(lines)
        try:
            refused = Client(enforce_csrf_checks=True).post(address, self.sent(order))
        finally:
            logging.getLogger().removeHandler(lines)

        assert refused.status_code == 403
        assert written.getvalue().count("/confirm/[key]/") >= 2, "of the request, and of the forgery"
        assert address.split("/")[2] not in written.getvalue()

    def test_too_many_requests_are_turned_away(self, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(throttling, "within", lambda who, most, *, moment, amount=1: False)

        assert Client().get(self.page(a_sent_order(at), at)).status_code == 429
