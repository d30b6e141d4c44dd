"""Addresses for the tests alone: the smallest views that use keys, scopes and limits."""

from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import HasScope
from accounts.throttling import KeyRateThrottle


class Open(APIView):
    """Needs a key, and nothing more."""

    def get(self, request: Request) -> Response:
        return Response({"user": request.user.get_username(), "key": str(request.auth.pk)})


class Scoped(Open):
    permission_classes = [IsAuthenticated, HasScope]
    required_scope = "object-removal"


class Limited(Open):
    throttle_classes = [KeyRateThrottle]
    rate_scope = "limited"
    rate_per_minute = 3


class LimitedToo(Limited):
    """Shares the count of Limited."""


class Roomy(Limited):
    rate_scope = "roomy"
    rate_per_minute = 60


class Broken(Roomy):
    def get(self, request: Request) -> Response:
        raise RuntimeError("on purpose")


urlpatterns = [
    path("open", Open.as_view()),
    path("scoped", Scoped.as_view()),
    path("limited", Limited.as_view()),
    path("limited-too", LimitedToo.as_view()),
    path("roomy", Roomy.as_view()),
    path("broken", Broken.as_view()),
]
