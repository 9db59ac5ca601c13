"""How much anybody may send at once. Larger requests are turned away before their body is read, so that no disk fills."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class BoundedUpload(FileUploadHandler):
    """Stands first among the upload handlers; looks at the announced length and leaves the rest to them."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > settings.UPLOAD_MOST_MB * 1_000_000:
            raise RequestDataTooBig(f"A request of {content_length} bytes; {settings.UPLOAD_MOST_MB} MB are the most.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
