"""The endpoint of advertising spend: reads its input, makes one call and answers."""

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.models import AdSpend
from analytics.operations import spend
from config.kernel import clock
from config.kernel.models import User
from config.kernel.pagination import ByCursor
from config.kernel.schema import refusal
from config.kernel.serializing import AmountInput, AmountOutput, StrictInput

MOST_ROWS = 2_000


class SpendRowInput(StrictInput):
    day = serializers.DateField(help_text="The business day.")
    source = serializers.CharField(  # type: ignore[assignment]  # every field has one; a serializer's class gives it up
        max_length=100, help_text="As in utm_source of the links."
    )
    medium = serializers.CharField(max_length=100, required=False, default="", allow_blank=True, help_text="As in utm_medium.")
    campaign = serializers.CharField(
        max_length=100, required=False, default="", allow_blank=True, help_text="As in utm_campaign."
    )
    impressions = serializers.IntegerField(min_value=0, required=False, default=0)
    clicks = serializers.IntegerField(min_value=0, required=False, default=0)
    cost = AmountInput()


class SpendInput(StrictInput):
    rows: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=SpendRowInput(), allow_empty=False, max_length=MOST_ROWS
    )


class SpendTaken(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class SpendOutput(serializers.ModelSerializer[AdSpend]):
    cost = AmountOutput()

    class Meta:
        model = AdSpend
        fields = ["day", "source", "medium", "campaign", "grouping", "impressions", "clicks", "cost"]


class SpendFilter(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    day_from = django_filters.DateFilter(field_name="day", lookup_expr="gte")
    day_to = django_filters.DateFilter(field_name="day", lookup_expr="lte")

    class Meta:
        model = AdSpend
        fields: list[str] = []


class LatestDayFirst(ByCursor):
    ordering = ("-day", "-id")  # type: ignore[assignment]  # the parent's stub knows one field only


class SpendView(generics.ListAPIView[AdSpend]):
    serializer_class = SpendOutput
    filterset_class = SpendFilter
    pagination_class = LatestDayFirst
    queryset: QuerySet[AdSpend] = AdSpend.objects.all()

    @extend_schema(operation_id="list_spend", summary="What advertising showed and cost, the latest day first")
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="tell_spend",
        summary="Tell what advertising showed and cost",
        description=(
            f"Up to {MOST_ROWS} rows, each the whole of one campaign on one day: told again it replaces what was known, so a "
            "repetition adds nothing. All rows are taken in or none."
        ),
        request=SpendInput,
        responses={200: SpendTaken, 422: refusal("Some rows cannot be meant; `details` names each row and column.")},
    )
    def put(self, request: Request) -> Response:
        rows = [{name: str(value) for name, value in row.items()} for row in SpendInput.read(request.data)["rows"]]
        taken = spend.take_rows(rows=rows, actor=cast(User, request.user), at=clock.now())
        return Response({"added": taken.added, "changed": taken.changed, "unchanged": taken.unchanged})
