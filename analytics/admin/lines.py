"""What the forms of events share: a list that people type one entry a line, and labels as the other forms have them."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget

LONGEST = 10_000


class LinesField(forms.Field):
    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "widget": UnfoldAdminTextareaWidget(attrs={"rows": rows}), **kwargs})

    def to_python(self, value: Any) -> list[str]:
        text = value if isinstance(value, str) else ""
        ProhibitNullCharactersValidator()(text)
        if len(text) > LONGEST:
            raise forms.ValidationError(_("This is too long."))
        return [line.strip() for line in text.splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return list(initial or []) != self.to_python(data)
        except forms.ValidationError:
            return True


class LabeledForm(forms.ModelForm):  # type: ignore[type-arg]
    """Fields that are declared anew are labeled like those of the model."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label)
