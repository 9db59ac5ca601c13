"""What the events API takes and answers. Batches are read by analytics/behaviour/reading.py: each through a serializer of its
own would cost more than storing it. The serializers here describe the same to the OpenAPI document.
"""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from analytics.behaviour.reading import MOST_EVENTS, Refused
from analytics.transport import HandedOver


class EventInput(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Made by the client once; a repetition keeps it.")
    at = serializers.DateTimeField(help_text="By the client's clock, with its time zone; or milliseconds since 1970.")
    kind = serializers.CharField(max_length=60, help_text="One of GET /api/v1/events/kinds/.")
    version = serializers.IntegerField(required=False, help_text="The latest, if left out.")
    properties = serializers.DictField(required=False)


class BatchInput(serializers.Serializer[Any]):
    events = serializers.ListField(child=EventInput(), min_length=1, max_length=MOST_EVENTS)
    sent_at = serializers.DateTimeField(required=False, help_text="By the client's clock: tells how wrong it goes.")
    consent = serializers.BooleanField(
        required=False, help_text="Whether the shopper agreed to be known again. Without it nobody is named, only counted."
    )
    visitor = serializers.CharField(required=False, max_length=64, help_text="The name this browser keeps for itself.")
    customer = serializers.CharField(
        required=False, help_text="A server: the customer's external id. A browser: the proof of GET /api/v1/events/proof/."
    )


class RefusedOutput(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    code = serializers.CharField()
    details = serializers.CharField()


class TakenOutput(serializers.Serializer[Any]):
    stored = serializers.IntegerField()
    doubled = serializers.IntegerField(help_text="Were stored before.")
    queued = serializers.IntegerField(
        help_text="Are kept for good and stored in a moment, where a queue stands before the database."
    )
    refused = RefusedOutput(many=True)


class ProofOutput(serializers.Serializer[Any]):
    proof = serializers.CharField()


class KindOutput(serializers.Serializer[Any]):
    kind = serializers.CharField()
    version = serializers.IntegerField()
    schema = serializers.DictField()


def taken(done: HandedOver, refused: Sequence[Refused]) -> dict[str, Any]:
    return {
        "stored": done.taken.stored,
        "doubled": done.taken.doubled,
        "queued": done.queued,
        "refused": [{"index": one.index, "code": one.reason, "details": one.told} for one in refused],
    }
