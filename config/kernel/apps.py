from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KernelConfig(AppConfig):
    name = "config.kernel"
    label = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        from config.kernel import checks, promises, schema  # noqa: F401  register themselves
        from config.kernel.roles import Role, grant

        seen = ("view_jobrun", "view_outboxdelivery", "view_outboxevent")
        grant("kernel", {Role.ANALYST: seen, Role.VIEWER: seen})
        grant("django_celery_beat", {Role.ANALYST: ("view_periodictask",), Role.VIEWER: ("view_periodictask",)})
