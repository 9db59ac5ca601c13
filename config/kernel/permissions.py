"""What a token may do. Each view says which scopes may read it and which may write; a token without a scope may do nothing.

A view that says nothing is closed to the storefront.
"""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from config.kernel.models import TokenScope

if TYPE_CHECKING:
    # At run time rest_framework.views imports this module while it is itself half imported.
    from rest_framework.views import APIView

Scope = TokenScope.Scope
READERS = frozenset({Scope.INTEGRATION, Scope.READ_ONLY})
WRITERS = frozenset({Scope.INTEGRATION})


class HasTokenScope(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        token: Any = request.auth
        if token is None:
            return False
        if not hasattr(view, str(request.method).lower()):
            return True  # What the address does not do at all is answered by 405, whatever the scope.
        reading = request.method in SAFE_METHODS
        allowed: Any = getattr(view, "read_scopes", READERS) if reading else getattr(view, "write_scopes", WRITERS)
        return not set(allowed).isdisjoint(token.granted)
