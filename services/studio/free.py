"""What the studio does without a charge: masks while pointing, and the tries of visitors.

The services' own views, with another customer: small results, nothing charged, counted by network.
"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rates
from accounts.throttling import KeyRateThrottle
from services import jobs
from services.dialects.background_removal import BackgroundRemovalView
from services.dialects.image_segmentation import ImageSegmentationView
from services.dialects.maskr import SingleView
from services.dialects.object_extraction import ObjectExtractionView
from services.dialects.object_removal import ObjectRemovalView
from services.errors import Unavailable
from services.jobs import Customer
from services.models import Job
from services.studio import visitors
from services.studio.authentication import PageSession, Visitor
from services.uploads import UploadLimits

_PREVIEW_BYTES = 2 * 1024 * 1024


class VisitorThrottle(KeyRateThrottle):
    """Counts requests of any outcome by network: all visitors are one account."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.user != visitors.account():
            return super().allow_request(request, view)
        network = visitors.network(request._request)
        self.state = rates.hit(view.rate_per_minute, view.rate_scope, network)
        return self.state is None or self.state.is_allowed


class Free(SingleView):
    """Put before a service's view.

    Idempotency-Key is passed over: keys of strangers would meet in one account.
    """

    throttle_classes = [VisitorThrottle]

    def customer(self, request: Request) -> Customer:
        return Customer(visitors.account(), None, is_trying=True)

    def count(self, request: Request) -> None:
        """In the transaction that places the job: what is refused before costs no try."""
        raise NotImplementedError

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        return self.respond(request, self.with_a_place(request, lambda _job: self.count(request)))

    def wait_s(self, request: Request) -> float:
        return self.timeout_s

    def render(self, request: Request, job: Job) -> Response:
        if not job.has_ended and jobs.abandon(job, error="It took too long."):
            raise Unavailable
        return super().render(request, job)


class Try(Free):
    """A visitor's."""

    authentication_classes = [Visitor]
    rate_scope = "tries"
    rate_per_minute = 30

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        visitors.check_tries(request._request)

    def count(self, request: Request) -> None:
        visitors.take_try(request._request)


class PreviewView(Free, ImageSegmentationView):
    """`POST /studio/preview`: the mask of what was pointed at in a small copy, while pointing."""

    authentication_classes = [PageSession, Visitor]
    upload_limits = UploadLimits(_PREVIEW_BYTES)
    rate_scope = "previews"
    rate_per_minute = 120
    timeout_s = 30.0

    def customer(self, request: Request) -> Customer:
        is_visitor = request.user == visitors.account()
        owner = visitors.account() if is_visitor else visitors.previewer()
        return Customer(owner, None, is_trying=True)

    def count(self, request: Request) -> None:
        if request.user == visitors.account():
            visitors.take_preview(request._request)


class BackgroundTryView(Try, BackgroundRemovalView):
    """`POST /studio/try/background-removal`."""


class ExtractionTryView(Try, ObjectExtractionView):
    """`POST /studio/try/object-extraction`."""


class RemovalTryView(Try, ObjectRemovalView):
    """`POST /studio/try/object-removal`."""
