"""Where counted links lead: on to their address, and to no other."""

from __future__ import annotations

from base64 import b64decode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from newsletter import counting
from newsletter.counting import BadToken
from subscriptions.limits import address_of

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect to the link's address; the pixel and the hidden link show a dot."""
    address = address_of(request)
    try:
        url = counting.see(token, address=address, at=now() if request.method == "GET" else None)
    except BadToken as error:
        raise Http404 from error
    if url is None:
        return HttpResponse(PIXEL, content_type="image/gif", headers=PRIVATE)
    return HttpResponseRedirect(url, headers=PRIVATE)
