from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KernelConfig(AppConfig):
    name = "config.kernel"
    label = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        from config.kernel import checks, promises  # noqa: F401  register themselves
