"""What the OpenAPI document says about every operation: how to show a token, and the one shape of errors."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from config.kernel.api import IDEMPOTENCY_HEADER
from config.kernel.idempotency import LONGEST_KEY

ERROR = {
    "type": "object",
    "description": "Every refusal has this shape.",
    "properties": {
        "code": {"type": "string", "description": "Stable, for programs."},
        "message": {"type": "string", "description": "For people, in the language of Accept-Language."},
        "details": {
            "type": "object",
            "additionalProperties": {},
            "description": "What is meant; for invalid input a list of {code, message} for each field.",
        },
    },
    "required": ["code", "message", "details"],
}
# Answers that any operation may give before or instead of its own.
REFUSALS = {
    "400": "The request cannot be read, or some fields are not right.",
    "401": "No token, or one that is not valid.",
    "403": "The token's scope does not allow this.",
    "404": "There is no such thing here.",
    "406": "Only JSON is served.",
    "429": "Too many requests; come back after Retry-After seconds.",
    "503": "The database does not answer; come back after Retry-After seconds. `too_slow`: ask for less.",
}
REFUSALS_OF_WRITES = {
    "409": "Others are at work on the same things; come back after Retry-After seconds.",
    "415": "Only JSON is read.",
}
# For `extend_schema(parameters=[IDEMPOTENCY_KEY])` of every operation that goes through `api.idempotent`.
IDEMPOTENCY_KEY = OpenApiParameter(
    IDEMPOTENCY_HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description=f"1 to {LONGEST_KEY} printable characters, new for each request; a repetition gets the first answer again.",
)


def refusal(description: str) -> OpenApiResponse:
    """An operation's own refusal in `extend_schema(responses={409: refusal("...")})`."""
    return OpenApiResponse(response={"$ref": "#/components/schemas/Error"}, description=description)


class ByTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.kernel.authentication.ByToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token <the token>`",
        }


def describe_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Adds the shared refusals to every operation that does not describe them itself."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            refusals = REFUSALS if method in ("get", "head", "options") else REFUSALS | REFUSALS_OF_WRITES
            for status, description in refusals.items():
                operation["responses"].setdefault(status, {"description": description, "content": content})
    return result
