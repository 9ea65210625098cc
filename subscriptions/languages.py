"""Which language a page is in, and where else it can be read.

Pages behind a reader's link are in his language.  Others are in that of their address
(`?lang=de`), else in what the visitor chose in the footer, else in what his browser asks for.
docs/decisions/0015-languages.md says why.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

PARAMETER = "lang"
REMEMBERED_FOR = 365 * 24 * 3600  # seconds
LONGEST_ADDRESS = 2000  # characters of a page that may be returned to
FOR_OPERATORS = "/admin/"  # stays in English
FOR_PROGRAMS = ("/feeds/", "/api/", "/pictures/", "/sitemap", "/robots.txt")  # as well

Answer = Callable[[HttpRequest], HttpResponse]


def known(code: str) -> str:
    """Return `code` if there is such a language, else the site's own."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def active() -> str:
    """The language that is spoken now, by its code in settings.LANGUAGES."""
    return known(translation.get_language() or "")


def of_request(request: HttpRequest) -> str:
    """The language that a page for everybody has for this visitor."""
    if request.path_info.startswith((FOR_OPERATORS, *FOR_PROGRAMS)):
        return settings.LANGUAGE_CODE
    asked = _parameters(request).get(PARAMETER, "")
    if asked in dict(settings.LANGUAGES):
        return asked
    return known(translation.get_language_from_request(request))


def speak(get_response: Answer) -> Answer:
    """Middleware: answer in the language of the request, and say that it depends on it."""

    def answer(request: HttpRequest) -> HttpResponse:
        with translation.override(of_request(request)):
            response = get_response(request)
        if not 300 <= response.status_code < 400:  # which says nothing in any language
            response.headers.setdefault("Content-Language", of_request(request))
            is_varied = not request.path_info.startswith(FOR_PROGRAMS)
            if is_varied and "no-store" not in response.get("Cache-Control", ""):
                patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    return answer


def of_page(request: HttpRequest) -> dict[str, object]:
    """Template context processor: the languages that this page can be read in.

    Behind a reader's link there is no choice: his language is one of his preferences.
    """
    if hasattr(request, "reader_language"):
        return {}
    versions = {code: _address(request, code) for code, _ in settings.LANGUAGES}
    return {
        "languages": settings.LANGUAGES,
        "language_versions": versions,
        "this_page": without_language(request.get_full_path()),
    }


def remember(request: HttpRequest) -> tuple[str, str]:
    """Return the language that a visitor chose and the page that he was on.

    Nothing is believed: another language is the site's own, another site is the front page.
    """
    page = request.POST.get("next", "")
    is_ours = len(page) <= LONGEST_ADDRESS and url_has_allowed_host_and_scheme(page, None)
    return known(request.POST.get("language", "")), without_language(page) if is_ours else "/"


def without_language(address: str) -> str:
    """Return a path and its query without the parameter that names a language."""
    parts = urlsplit(address)
    if f"{PARAMETER}=" not in parts.query:
        return address
    query = QueryDict(parts.query, mutable=True)
    query.pop(PARAMETER, None)
    return urlunsplit(("", "", parts.path, query.urlencode(), ""))


def _parameters(request: HttpRequest) -> QueryDict:
    """What the address says; nothing if it says more than anybody reads, which gets a 400."""
    try:
        return request.GET
    except SuspiciousOperation:
        return QueryDict()


def _address(request: HttpRequest, code: str) -> str:
    """The address of this page in one language, whatever its visitor's is."""
    query = _parameters(request).copy()
    query[PARAMETER] = code
    return f"{settings.SITE_URL}{request.path}?{query.urlencode()}"
