"""The pages of /docs and the search in them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maskr_site.docs import contents, facts, rendering
from maskr_site.docs.search import MAX_CHARACTERS, find


@require_safe
def page(request: HttpRequest, slug: str = contents.OVERVIEW) -> HttpResponse:
    found = contents.PAGES.get(slug)
    if found is None:
        raise Http404
    before, after = contents.neighbours(found)
    context = {
        "page": found,
        "document": rendering.render(found.text, facts.of(request)),
        "before": before,
        "after": after,
    }
    return render(request, "docs/page.html", _frame(request) | context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:MAX_CHARACTERS].strip()
    known = facts.of(request)
    documents = {
        page: rendering.render(page.text, known) for page in contents.PAGES.values() if query
    }
    context = {"query": query, "hits": find(query, documents)}
    return render(request, "docs/search.html", _frame(request) | context)


def _frame(request: HttpRequest) -> dict[str, object]:
    return {"sections": contents.SECTIONS, "base": facts.base_url(request)}
