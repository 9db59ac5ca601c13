"""The rhythm of one customer, for storefronts and senders: when to write, and in which manner."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.models import BuyerType, CustomerRhythm
from analytics.queries import rhythm
from config.kernel.permissions import READERS, Scope
from config.kernel.schema import refusal


class RhythmOutput(serializers.Serializer[Any]):
    customer = serializers.CharField()
    as_of = serializers.DateField(allow_null=True, help_text="The business day whose end this is of; null: never read.")
    buyer_type = serializers.ChoiceField(choices=BuyerType.choices)
    by_staff = serializers.BooleanField(help_text="Staff have said the type; the rules may find another.")
    confidence = serializers.FloatField(help_text="How sure the rules are of what they find, from 0 to 1.")
    cycle_days = serializers.FloatField(allow_null=True, help_text="Usual days between purchases.")
    cycle_confidence = serializers.FloatField(allow_null=True)
    expected_on = serializers.DateField(allow_null=True, help_text="The next purchase.")
    due_from = serializers.DateField(allow_null=True)
    due_until = serializers.DateField(allow_null=True)
    is_due = serializers.BooleanField(help_text="On the morning of the last reading.")
    interest_declines = serializers.BooleanField()
    weekday = serializers.IntegerField(allow_null=True, help_text="Preferred, 1 is Monday; in the shop's time zone.")
    hour = serializers.IntegerField(allow_null=True)
    is_own_slot = serializers.BooleanField(help_text="Else weekday and hour are the shop's usual ones.")
    why = serializers.DictField(help_text="The numbers each decision rests on.")


def told(customer: str, row: CustomerRhythm | None) -> dict[str, Any]:
    if row is None:
        nothing = dict.fromkeys(
            ("as_of", "cycle_days", "cycle_confidence", "expected_on", "due_from", "due_until", "weekday", "hour")
        )
        no = dict.fromkeys(("by_staff", "is_due", "interest_declines", "is_own_slot"), False)
        return nothing | no | {"customer": customer, "buyer_type": BuyerType.UNKNOWN, "confidence": 0.0, "why": {}}
    return {
        "customer": customer,
        "as_of": row.read_on,
        "buyer_type": row.buyer_type,
        "by_staff": row.said_type is not None,
        "confidence": row.found_confidence,
        "cycle_days": row.cycle_days,
        "cycle_confidence": row.cycle_confidence,
        "expected_on": row.expected_on,
        "due_from": row.due_from,
        "due_until": row.due_until,
        "is_due": row.is_due,
        "interest_declines": row.declines,
        "weekday": row.weekday + 1,
        "hour": row.hour,
        "is_own_slot": row.is_own_slot,
        "why": row.why,
    }


class RhythmView(APIView):
    read_scopes = READERS | {Scope.STOREFRONT}

    @extend_schema(
        operation_id="read_customer_rhythm",
        summary="When a customer buys, and what kind of buyer they are",
        description="As the nightly reading left it. A customer of whom nothing is known yet is told with nulls.",
        responses={200: RhythmOutput, 404: refusal("The shop knows no such customer.")},
    )
    def get(self, request: Request, external_id: str) -> Response:
        return Response(RhythmOutput(told(*rhythm.of_customer(external_id))).data)
