"""Figures for spreadsheets and reports: CSV by name, and as much of OData 4 as Excel and Power BI need to read tables.

A token goes into the header `Authorization: Token ...`, never into an address: addresses end up in logs and histories.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.feed_shapes import FeedInput, SpanInput
from analytics.api.metric_shapes import NARROWING
from analytics.metrics import METRICS, Cut
from analytics.queries import (
    feeds,
    measuring,
)
from analytics.queries.feeds import Asked, Column, Feed, FeedRefused
from analytics.reading import VIEWS
from config.kernel import clock, exporting
from config.kernel.permissions import READERS, Scope
from config.kernel.schema import refusal
from config.kernel.throttling import TokenThrottle, within

# A feed may cost as much as a page of figures; a report asks for a handful of them.
A_MINUTE = 60
# The set of all metrics by day.
METRIC_SET = "metrics_daily"
_EDM = {
    "date": "Edm.Date",
    "moment": "Edm.DateTimeOffset",
    "number": "Edm.Decimal",
    "text": "Edm.String",
    "boolean": "Edm.Boolean",
}
_KEYS = {True: ' Nullable="false"'}
_SCALES = {"number": ' Scale="variable"'}
_OPTIONS = {"$top", "$skip", "$skiptoken", "$select", "$format", "first", "last"}
_FORMATS = ("json", "application/json")

_SPAN = [
    OpenApiParameter("first", OpenApiTypes.DATE, description="First business day; four weeks before the last, if left out."),
    OpenApiParameter("last", OpenApiTypes.DATE, description="Last business day; today, if left out."),
]


class FeedThrottle(TokenThrottle):
    def allow_request(self, request: Request, view: APIView) -> bool:
        if not super().allow_request(request, view):
            return False
        token: Any = request.auth
        return token is None or within(f"feed:{token.pk[:32]}", A_MINUTE, moment=self.moment)


class _Plain(BaseRenderer):
    """Lets programs ask for the form they get; the answers are written by the views."""

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return JSONRenderer().render(data)


class CSV(_Plain):
    media_type, format = "text/csv", "csv"


class XML(_Plain):
    media_type, format = "application/xml", "xml"


class FeedView(APIView):
    read_scopes = READERS | {Scope.FEED}
    throttle_classes = [FeedThrottle]
    renderer_classes = [JSONRenderer, CSV, XML]

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Views write their files themselves. Whatever else is answered, refusals above all, is JSON and says so."""
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class FeedsView(FeedView):
    @extend_schema(
        operation_id="list_feeds",
        summary="The feeds for spreadsheets",
        description="Every metric and every view that is not personal, each with the address of its CSV.",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        at = clock.now()
        told = [
            {"name": name, "about": about, "csv": request.build_absolute_uri(reverse("feed-csv", args=[name]))}
            for name, about in feeds.names()
        ]
        return Response({"final_until": feeds.final_until(at), "feeds": told})


class FeedCSVView(FeedView):
    @extend_schema(
        operation_id="read_feed",
        summary="A metric or a view as CSV",
        description=(
            "A metric: one row for each key of `by`, of the part that the other parameters name. A view: its rows of the span, "
            "where it has days. The header tells until which day figures are final, and when the answer was made."
        ),
        parameters=[
            *_SPAN,
            OpenApiParameter("by", OpenApiTypes.STR, enum=[one.value for one in Cut], description="Metrics: day, if left out."),
            *(OpenApiParameter(one.value, OpenApiTypes.STR, description="Metrics: of this one only.") for one in NARROWING),
        ],
        responses={
            (200, "text/csv"): OpenApiTypes.STR, 404: refusal("There is no such feed."),
            422: refusal("`cut_refused`: the figure cannot be told apart by this. `feed_refused`: too many rows."),
        },
    )  # fmt: skip
    def get(self, request: Request, name: str) -> HttpResponseBase:
        at = clock.now()
        feed = feeds.require_whole(feeds.read(name, _asked(name, request.query_params, at), at=at))
        rows = ([feeds.cell(value) for value in row] for row in feed.rows)
        heading = [column.name for column in feed.columns]
        answer = StreamingHttpResponse(
            chain([exporting.MARK], exporting.lines(chain([heading], rows))), content_type="text/csv; charset=utf-8"
        )
        return _stamped(answer, at)


class ODataView(FeedView):
    @extend_schema(
        operation_id="odata_service",
        summary="The OData service",
        description="Its tables: all metrics by day, and every view that is not personal.",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> HttpResponseBase:
        sets = [{"name": name, "kind": "EntitySet", "url": name} for name in _sets()]
        return _odata({"@odata.context": _metadata_url(request), "value": sets}, clock.now())


class ODataMetadataView(FeedView):
    # Left out of the published document: its tools drop the "$" of the address.
    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponseBase:
        types = "".join(_entity_type(name, columns, keys) for name, (columns, keys) in _sets().items())
        sets = "".join(f'<EntitySet Name="{name}" EntityType="shop.{name}"/>' for name in _sets())
        answer = HttpResponse(
            '<?xml version="1.0" encoding="utf-8"?>'
            '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
            f'<Schema Namespace="shop" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
            f'<EntityContainer Name="shop">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>',
            content_type="application/xml; charset=utf-8",
        )
        answer["OData-Version"] = "4.0"
        return _stamped(answer, clock.now())


class ODataSetView(FeedView):
    @extend_schema(
        operation_id="odata_table",
        summary="The rows of a table",
        description=(
            "OData 4 JSON with $top, $skip and $select. @odata.nextLink, where there is more, holds the days of the first page "
            "and begins after its last row. Days are chosen by `first` and `last`. Other system options, such as $filter, are "
            "refused with 501."
        ),
        parameters=[
            *_SPAN,
            OpenApiParameter("$top", OpenApiTypes.INT), OpenApiParameter("$skip", OpenApiTypes.INT),
            OpenApiParameter("$select", OpenApiTypes.STR),
            OpenApiParameter("$skiptoken", OpenApiTypes.STR, description="Of @odata.nextLink."),
        ],
        responses={
            200: OpenApiTypes.OBJECT, 404: refusal("There is no such table."), 422: refusal("An option does not fit."),
            501: refusal("An option of OData that is not supported."),
        },
    )  # fmt: skip
    def get(self, request: Request, name: str) -> HttpResponseBase:
        at = clock.now()
        asked = request.query_params
        if unknown := sorted(set(asked) - _OPTIONS):
            raise OptionUnknown(_("This option is not supported."), details={one: ["unsupported"] for one in unknown})
        if asked.get("$format", "json").split(";")[0].strip() not in _FORMATS:
            raise OptionUnknown(_("This option is not supported."), details={"$format": ["unsupported"]})
        feed, further = _page(name, asked, at)
        chosen = _chosen(asked, feed)
        rows = [{feed.columns[one].name: _json(row[one]) for one in chosen} for row in feed.rows]
        body: dict[str, Any] = {"@odata.context": f"{_metadata_url(request)}#{name}", "value": rows}
        if further:
            kept = {one: asked[one] for one in ("$select", "$format") if one in asked}
            if "$top" in asked:
                kept["$top"] = str(_number(asked, "$top", 0) - len(rows))
            body["@odata.nextLink"] = request.build_absolute_uri(f"{request.path}?{urlencode(kept | further, safe='$')}")
        return _odata(body, at)


class OptionUnknown(FeedRefused):
    code = "option_unsupported"
    status = 501


# Rows of one page; the next one is named by the answer.
PAGE = 5_000


def _asked(name: str, params: Mapping[str, str], at: datetime) -> Asked:
    shape: type[FeedInput] = SpanInput if name.startswith(feeds.VIEW) else FeedInput
    given = shape(data=dict(params.items()), context={"at": at})
    given.is_valid(raise_exception=True)
    return Asked(**given.validated_data)


def _page(name: str, asked: Mapping[str, str], at: datetime) -> tuple[Feed, dict[str, str]]:
    """The rows, and what the address of the next page says: the same days, whatever day it is then, from which row on."""
    span = _asked(feeds.VIEW, {one: asked[one] for one in ("first", "last") if one in asked}, at)
    wanted, skip = _number(asked, "$top", PAGE), _number(asked, "$skip", 0)
    top = min(wanted, PAGE)
    is_enough = "$top" in asked and wanted <= top
    if name != METRIC_SET:
        feed = feeds.of_view(name, replace(span, top=top, skip=skip, after=asked.get("$skiptoken", "")))
        if is_enough or not feed.further:
            return feed, {}
        return feed, {"first": span.first.isoformat(), "last": span.last.isoformat(), "$skiptoken": feed.further}
    # What nobody wants to see is not asked for.
    wanted_names = _selected(asked)
    metrics = [one for one in _daily() if not wanted_names or one.code in wanted_names]
    feed = feeds.of_metrics(metrics, span, at=at)
    rows = feed.rows[skip : skip + top]
    if is_enough or skip + top >= len(feed.rows):
        return Feed(feed.columns, rows), {}
    # A row is a day here: the next page begins with the day after.
    return Feed(feed.columns, rows), {"first": feed.rows[skip + top][0].isoformat(), "last": span.last.isoformat()}


def _daily() -> list[Any]:
    return [one for one in METRICS.values() if measuring.can_cut(one, [Cut.DAY])]


def _sets() -> dict[str, tuple[list[Column], tuple[str, ...]]]:
    daily = [Column("day", "date", "Business day.")] + [Column(one.code, "number", str(one.counts)) for one in _daily()]
    views = {one.name: (feeds.view_columns(one.name), one.key) for one in VIEWS if not one.is_personal}
    return {METRIC_SET: (daily, ("day",)), **views}


def _chosen(asked: Mapping[str, str], feed: Feed) -> list[int]:
    known = [column.name for column in feed.columns]
    names = _selected(asked) or known
    if unknown := [one for one in names if one not in known]:
        raise FeedRefused(_("There is no such column."), details={"$select": unknown})
    return [known.index(one) for one in names]


def _selected(asked: Mapping[str, str]) -> list[str]:
    return [one.strip() for one in asked.get("$select", "").split(",") if one.strip()]


def _number(asked: Mapping[str, str], name: str, usual: int) -> int:
    text = asked.get(name, "")
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise FeedRefused(_("This must be a whole number."), details={name: ["invalid"]})
    return int(text)


def _entity_type(name: str, columns: list[Column], keys: tuple[str, ...]) -> str:
    key = "".join(f'<PropertyRef Name="{one}"/>' for one in keys)
    told = "".join(
        f'<Property Name="{one.name}" Type="{_EDM[one.kind]}"{_KEYS.get(one.name in keys, "")}{_SCALES.get(one.kind, "")}>'
        f'<Annotation Term="Org.OData.Core.V1.Description" String={quoteattr(one.about)}/></Property>'
        for one in columns
    )
    return f'<EntityType Name="{name}"><Key>{key}</Key>{told}</EntityType>'


def _json(value: Any) -> Any:
    """Amounts as numbers: that is what a table of OData says they are."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _metadata_url(request: Request) -> str:
    return request.build_absolute_uri(reverse("odata-metadata"))


def _odata(body: dict[str, Any], at: datetime) -> HttpResponseBase:
    answer = HttpResponse(JSONRenderer().render(body), content_type="application/json;odata.metadata=minimal")
    answer["OData-Version"] = "4.0"
    return _stamped(answer, at)


def _stamped(answer: HttpResponseBase, at: datetime) -> HttpResponseBase:
    answer["Feed-Made-At"] = at.isoformat()
    answer["Feed-Final-Until"] = feeds.final_until(at).isoformat()
    answer["Cache-Control"] = "no-store"
    return answer
