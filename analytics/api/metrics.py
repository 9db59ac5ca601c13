"""The endpoints of metrics: what there is, and the figures."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api import metric_shapes as shapes
from analytics.metrics import METRICS, Cut
from analytics.queries import measuring, naming
from config.kernel import clock
from config.kernel.errors import Invalid
from config.kernel.schema import refusal


class TooManyRows(Invalid):
    code = "too_many_rows"


class MetricsView(APIView):
    @extend_schema(
        operation_id="list_metrics",
        summary="The figures the shop steers by, with their definitions",
        description="Pages, files, alerts and this API count by the same definitions.",
        tags=["metrics"],
        responses={200: shapes.MetricOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        return Response([shapes.metric(one) for one in METRICS.values()])


class MetricView(APIView):
    @extend_schema(
        operation_id="read_metric",
        summary="One figure over a period, whole and told apart",
        tags=["metrics"],
        parameters=[shapes.FiguresInput],
        responses={
            200: shapes.FiguresOutput,
            404: refusal("There is no such metric."),
            422: refusal("`cut_refused`: the figure cannot be told apart by this. `too_many_rows`: narrow the question."),
        },
    )
    def get(self, request: Request, code: str) -> Response:
        metric = METRICS.get(code)
        if metric is None:
            raise NotFound(_("There is no such metric."))
        asked = shapes.FiguresInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given, at = asked.validated_data, clock.now()
        by: Cut | None = given.pop("by")
        cuts = [*given["of"].chosen, *([by] if by else [])]
        whole = measuring.whole([metric], **given, at=at)
        rows = measuring.rows([metric], **given, by=by, at=at) if by else []
        if len(rows) > shapes.MOST_ROWS:
            raise TooManyRows(
                _("At most %(most)s rows are one answer: narrow the question.") % {"most": shapes.MOST_ROWS},
                details={"rows": len(rows), "most": shapes.MOST_ROWS},
            )
        names = naming.names(by, [row.key for row in rows]) if by else {}
        answer: dict[str, Any] = {
            "metric": shapes.metric(metric),
            "first": given["first"],
            "last": given["last"],
            "by": by.value if by else None,
            "whole": shapes.figure(metric, whole, {}),
            "rows": [shapes.figure(metric, row, names) for row in rows],
            "freshness": shapes.freshness(
                measuring.freshness(metric, cuts, at=at), holds_open_day=measuring.knows_open_day(metric, cuts)
            ),
        }
        return Response(answer)
