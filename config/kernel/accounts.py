"""Who may log in: members of staff. Service accounts speak by token only."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from config.kernel.models import User


class StaffBackend(ModelBackend):
    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        return super().user_can_authenticate(user) and not getattr(user, "is_service", False)
