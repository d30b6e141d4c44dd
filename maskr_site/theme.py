"""Light, dark, or as the system is: the switch at the foot of every page."""

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
)
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from maskr_site.navigation import THEME_COOKIE, THEMES

_YEAR_S = 365 * 24 * 3600


# Exempt: a token would bind every page, also those for strangers, to a cookie, and a forged request
# could change nothing but colours.
@require_POST
@csrf_exempt
def choose(request: HttpRequest) -> HttpResponse:
    """For browsers without JavaScript; with it the page sets the same cookie by itself."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest("theme must be light, dark or system")
    response = HttpResponseRedirect(_way_back(request))
    if theme == "system":
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    else:
        # Readable by the script of the switch; it holds nothing but a word.
        response.set_cookie(
            THEME_COOKIE, theme, max_age=_YEAR_S, samesite="Lax", secure=request.is_secure()
        )
    return response


def _way_back(request: HttpRequest) -> str:
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if is_ours and page.startswith("/") else "/"
