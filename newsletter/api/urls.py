"""The API, version 1, put together.  docs/api.md says what may change within a version."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path
from ninja import NinjaAPI

from newsletter.api import errors, issues, pages, papers, signup, topics

ABOUT = """\
Trending research papers, topics and issues, for programs. Everything that is read here is
public and about nobody. Answers may be kept for five minutes; each has an ETag."""

api = NinjaAPI(
    title=f"{settings.SITE_NAME}: API",
    version="1.0.0",
    description=ABOUT.replace("\n", " "),
    urls_namespace="api",
    docs_url=None,
    servers=[{"url": settings.SITE_URL}],
)
errors.install(api)
for router in (papers.router, topics.router, issues.router, signup.router):
    api.add_router("", router)

app_name = "api"
urlpatterns = [
    path("api/v1/", pages.documentation(api), name="documentation"),
    path("api/v1/", include(api.urls[0])),
]
