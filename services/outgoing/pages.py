"""The webhooks pages. A secret is on the answer to the POST that made it, nowhere else."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.addresses import site_of
from accounts.forms_alone import form_of, signed_in
from accounts.views import OwnerRequest
from billing import balance_alerts
from services.outgoing import endpoints, history, signing, testing
from services.outgoing.bodies import SubjectGone, body_of
from services.outgoing.forms import ChangeForm, EndpointForm, RollForm, ThresholdForm
from services.outgoing.models import WebhookDelivery, WebhookEndpoint
from services.outgoing.names import EventType

_page = require_http_methods(["GET", "HEAD", "POST"])
_ALREADY_MADE = "This endpoint is made already, and its secret was shown once. If you have not stored it, roll it."
_ON_A_PAGE = 50
_LATELY = 10


@_page
@never_cache
@signed_in
def overview(request: OwnerRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None)
    if form.is_valid():
        try:
            endpoint = endpoints.create(
                request.user, site_url=site_of(request), **form.cleaned_data
            )
        except endpoints.AlreadyMade:
            messages.error(request, _ALREADY_MADE)
            return redirect("webhooks:overview")
        except endpoints.TooManyEndpoints:
            form.add_error(None, f"An account has at most {endpoints.MOST} endpoints.")
        else:
            return _show_secret(request, endpoint)
    return _overview(request, form, _threshold_form(request))


@form_of("webhooks:overview")
def threshold(request: OwnerRequest) -> HttpResponse:
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _overview(request, EndpointForm(), form, status=400)
    threshold = form.cleaned_data["threshold"]
    balance_alerts.set_threshold(request.user, threshold)
    messages.success(request, "The threshold is set." if threshold else "No threshold.")
    return redirect("webhooks:overview")


@_page
@never_cache
@signed_in
def endpoint_page(request: OwnerRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = _own(request, endpoint_id)
    initial = {
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
    }
    form = ChangeForm(request.POST or None, initial=initial)
    if form.is_valid():
        endpoints.change(endpoint, **form.cleaned_data)
        messages.success(request, "The endpoint is changed.")
        return redirect("webhooks:endpoint", endpoint.pk)
    lately = history.deliveries_of(request.user, {"endpoint": str(endpoint.pk)})[:_LATELY]
    context = {"endpoint": endpoint, "form": form, "lately": lately}
    return render(request, "webhooks/endpoint.html", context)


@_page
@never_cache
@signed_in
def roll(request: OwnerRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = _own(request, endpoint_id)
    form = RollForm(request.POST or None)
    if form.is_valid():
        if endpoints.roll_secret(endpoint, form.overlap):
            return _show_secret(request, endpoint, overlap=form.overlap)
        messages.error(request, "The secret has just been rolled by somebody else.")
        return redirect("webhooks:endpoint", endpoint.pk)
    return render(request, "webhooks/roll.html", {"endpoint": endpoint, "form": form})


@_page
@signed_in
def delete(request: OwnerRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = _own(request, endpoint_id)
    if request.method != "POST":
        return render(request, "webhooks/delete.html", {"endpoint": endpoint})
    endpoint.delete()
    messages.success(request, f"{endpoint} is deleted, with its log.")
    return redirect("webhooks:overview")


@form_of("webhooks:endpoint", "endpoint_id")
def switch(request: OwnerRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = _own(request, endpoint_id)
    if request.POST.get("to") == "on":
        endpoints.switch_on(endpoint)
    else:
        endpoints.switch_off(endpoint)
    messages.success(request, f"{endpoint} is {'on' if endpoint.is_enabled else 'off'}.")
    return redirect("webhooks:endpoint", endpoint.pk)


@form_of("webhooks:endpoint", "endpoint_id")
def test(request: OwnerRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = _own(request, endpoint_id)
    if not endpoint.is_enabled:
        messages.error(request, "The endpoint is off. Switch it on first.")
        return redirect("webhooks:endpoint", endpoint.pk)
    try:
        delivery = testing.send_test(endpoint)
    except testing.TooOften:
        return _too_often(request, endpoint)
    return redirect("webhooks:delivery", delivery.pk)


@require_safe
@never_cache
@login_required
def log(request: OwnerRequest) -> HttpResponse:
    wishes = request.GET.copy()
    wishes.pop("page", None)
    rows = history.deliveries_of(request.user, request.GET)
    context = {
        "page": Paginator(rows, _ON_A_PAGE).get_page(request.GET.get("page")),
        "endpoints": request.user.webhook_endpoints.order_by("created_at"),
        "states": WebhookDelivery.State.choices,
        "types": EventType.values,
        "wishes": wishes,
        "query": wishes.urlencode(),
    }
    return render(request, "webhooks/log.html", context)


@require_safe
@never_cache
@login_required
def delivery_page(request: OwnerRequest, delivery_id: UUID) -> HttpResponse:
    delivery = _own_delivery(request, delivery_id)
    try:
        body = json.dumps(
            json.loads(body_of(delivery.event, delivery.endpoint)), indent=2, ensure_ascii=False
        )
    except SubjectGone:
        body = ""
    context = {"delivery": delivery, "body": body, "attempts": _attempts(delivery)}
    return render(request, "webhooks/delivery.html", context)


def _attempts(delivery: WebhookDelivery) -> list[dict[str, Any]]:
    """The newest first, with the time as a value that templates can write."""
    return [
        {**attempt, "moment": datetime.fromisoformat(attempt["at"])}
        for attempt in reversed(delivery.log)
    ]


@form_of("webhooks:delivery", "delivery_id")
def send_again(request: OwnerRequest, delivery_id: UUID) -> HttpResponse:
    delivery = _own_delivery(request, delivery_id)
    if not delivery.endpoint.is_enabled:
        messages.error(request, "The endpoint is off. Switch it on first.")
        return redirect("webhooks:delivery", delivery.pk)
    try:
        testing.send_again(delivery, request.POST.get("seen", ""))
    except testing.SentMeanwhile:
        messages.info(request, "It was sent since this page was opened, and not once more now.")
    except testing.TooOften:
        return _too_often(request, delivery.endpoint)
    return redirect("webhooks:delivery", delivery.pk)


def _own(request: OwnerRequest, endpoint_id: UUID) -> WebhookEndpoint:
    return get_object_or_404(request.user.webhook_endpoints, pk=endpoint_id)


def _own_delivery(request: OwnerRequest, delivery_id: UUID) -> WebhookDelivery:
    return get_object_or_404(history.deliveries_of(request.user, {}), pk=delivery_id)


def _overview(
    request: OwnerRequest, form: EndpointForm, threshold_form: ThresholdForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "threshold_form": threshold_form,
        "endpoints": request.user.webhook_endpoints.order_by("created_at"),
    }
    return render(request, "webhooks/overview.html", context, status=status)


def _threshold_form(request: OwnerRequest) -> ThresholdForm:
    now = balance_alerts.threshold_of(request.user)
    return ThresholdForm(initial={"threshold": now})


def _show_secret(
    request: OwnerRequest, endpoint: WebhookEndpoint, overlap: timedelta | None = None
) -> HttpResponse:
    context = {"endpoint": endpoint, "secret": signing.secret_of(endpoint), "overlap": overlap}
    return render(request, "webhooks/secret.html", context)


def _too_often(request: OwnerRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    messages.error(request, "That was often. Wait a minute and try again.")
    return redirect("webhooks:endpoint", endpoint.pk)
