"""The pages about jobs: the list, one job with its pictures, and requesting it again.

Whatever belongs to somebody else does not exist.
"""

from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms_alone import signed_in
from accounts.views import OwnerRequest
from services import operations, repeating, waiting
from services.errors import ApiError, Purged
from services.models import Job
from services.pages import history, pictures, timings, words
from services.pages.pictures import WHICH, Which
from services.views import stream_result

#: How long a repeated request waits for its job before its page is shown.
_WAIT_S = 10
FULL = "full"


class AgainForm(forms.Form):
    """What was confirmed: which cost, and which showing of the page, so that twice counts once."""

    agreed = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    nonce = forms.UUIDField(widget=forms.HiddenInput)


@require_safe
@never_cache
@login_required
def job_list(request: OwnerRequest) -> HttpResponse:
    form = history.HistoryForm(request.user, request.GET)
    page = history.Page([])
    if form.is_valid():
        try:
            page = history.page(request.user, form.cleaned_data)
        except Job.DoesNotExist:
            form.add_error(None, "The job that this page began after is not there.")
    wishes = request.GET.copy()
    for name in ("older", "newer"):
        wishes.pop(name, None)
    context = {
        "form": form,
        "page": page,
        "query": wishes.urlencode(),
        "kept_hours": settings.RETENTION_HOURS,
    }
    return render(request, "services/jobs.html", context, status=200 if form.is_valid() else 400)


@require_safe
@never_cache
@login_required
def job_page(request: OwnerRequest, job_id: UUID) -> HttpResponse:
    job = _own(request, job_id)
    context = {
        "job": job,
        "options": words.options(job.operation),
        "timings": timings.of(job),
        "shows_result": job.result_extension in pictures.SHOWN_BY_BROWSERS,
        "again": repeating.price(job) if repeating.is_possible(job) else None,
    }
    return render(request, "services/job.html", context)


@require_safe
@login_required
def picture(request: OwnerRequest, job_id: UUID, which: Which, size: str) -> HttpResponseBase:
    job = _own(request, job_id)
    if which not in WHICH or size not in (FULL, *pictures.SIDES):
        raise Http404
    try:
        if size != FULL:
            return pictures.respond_reduced(job, which, size)
        if which == "result":
            pictures.file_name(job, which)
            return stream_result(request, job)
        return pictures.respond_upload(job, which)
    except Purged as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def again(request: OwnerRequest, job_id: UUID) -> HttpResponse:
    job = _own(request, job_id)
    form = AgainForm(request.POST or None)
    if form.is_valid():
        try:
            new = repeating.repeat(job, **form.cleaned_data, request_id=_request_id(request))
        except ApiError as error:
            messages.error(request, error.message)
            return redirect("pages:job", job.pk)
        waiting.wait_if_room(new, _WAIT_S)
        return redirect("pages:job", new.pk)
    is_possible = repeating.is_possible(job)
    context = {
        "job": job,
        "is_possible": is_possible,
        "is_understood": operations.is_understood(job.operation),
        "price": repeating.price(job) if is_possible else None,
        "nonce": uuid4(),
    }
    return render(request, "services/again.html", context)


def _own(request: OwnerRequest, job_id: UUID) -> Job:
    return get_object_or_404(request.user.jobs.select_related("api_key", "owner"), pk=job_id)


def _request_id(request: OwnerRequest) -> str:
    return str(getattr(request, "request_id", ""))
