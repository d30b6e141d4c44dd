"""What search engines are told of: the front page and the documents."""

from typing import TYPE_CHECKING

from django.contrib.sitemaps import Sitemap

from maskr_site.docs.contents import PAGES

if TYPE_CHECKING:
    _Sitemap = Sitemap[str]
else:
    _Sitemap = Sitemap  # generic for the type checker only


class SiteMap(_Sitemap):
    def items(self) -> list[str]:
        return ["/", *(page.url for page in PAGES.values()), "/docs/api"]

    def location(self, item: str) -> str:
        return item
