"""What trends, over HTTP: for shop fronts that show it, and for whoever wants to know why."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.models import TrendingProduct
from analytics.queries import trending
from config.kernel.permissions import READERS, Scope

USUAL, MOST = 20, 100


class TrendingAsked(serializers.Serializer[Any]):
    category = serializers.CharField(required=False, max_length=60)
    limit = serializers.IntegerField(required=False, default=USUAL, min_value=1, max_value=MOST)


class TrendingOutput(serializers.Serializer[Any]):
    rank = serializers.IntegerField(help_text="Among all SKUs, those left out here too.")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.SerializerMethodField()
    category = serializers.CharField(source="variant.product.category.code")
    score = serializers.FloatField(help_text="Views 1, wishes 2, carts 4, orders 8; each worth half after 24 hours.")
    views = serializers.IntegerField(source="viewers", help_text="In seven days; a person counts once for each hour.")
    wishes = serializers.IntegerField(source="wishers")
    carts = serializers.IntegerField(source="carters")
    orders = serializers.IntegerField(source="buyers")
    made_at = serializers.DateTimeField()

    def get_name(self, row: TrendingProduct) -> str:
        return f"{row.variant.product.name} {row.variant.name}".strip()


class TrendingView(APIView):
    read_scopes = READERS | {Scope.STOREFRONT}

    @extend_schema(
        operation_id="list_trending",
        summary="What shoppers turn to at present",
        description="SKUs that can be bought right now, the highest score first. Ranked every ten minutes.",
        tags=["catalog"],
        parameters=[
            OpenApiParameter("category", OpenApiTypes.STR, description="The code of a category."),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST}; {USUAL} if left out."),
        ],
        responses={200: TrendingOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        asked = TrendingAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = trending.for_sale()
        if "category" in asked.validated_data:
            rows = rows.filter(variant__product__category__code=asked.validated_data["category"])
        return Response(TrendingOutput(rows[: asked.validated_data["limit"]], many=True).data)
