"""Files of the pages, served across a release."""

import re

from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

# As Django's ManifestStaticFilesStorage names a file by its content: css/maskr.0123456789ab.css
_HASH = re.compile(r"\.[0-9a-f]{12}(?=\.[^./]+$)")


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, and for a file as another release has it, this release's own.

    While web machines are replaced one after the other, a page of one asks another for its files. Without
    them it would stand there bare, and its buttons would do nothing.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase
        own = None if request.path_info in self.files else self._own(request.path_info)
        if own is None:
            response = super().__call__(request)
        else:
            response = self.serve(own, request)
            response["Cache-Control"] = "no-store"  # by this name it is not what it should be
        return response

    def _own(self, path: str) -> object | None:
        plain, found = _HASH.subn("", path)
        return self.files.get(plain) if found else None
