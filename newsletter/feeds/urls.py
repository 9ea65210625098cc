"""Which feed is where, and what search engines read."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from newsletter import crawlers
from newsletter.feeds import views


class FormConverter(StringConverter):
    """How a feed is written."""

    regex = "atom|json"


class SlugsConverter(StringConverter):
    """Slugs of topics, with a plus sign between two."""

    regex = r"[-\w]+(?:\+[-\w]+)*"


register_converter(FormConverter, "form")
register_converter(SlugsConverter, "slugs")

app_name = "feeds"
urlpatterns = [
    path("feeds/trending.<form:form>", views.trending, name="trending"),
    path("feeds/topics/<slugs:slugs>.<form:form>", views.topics, name="topics"),
    path("feeds/search.<form:form>", views.search, name="search"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("sitemap-<slug:name>.xml", crawlers.page, name="sitemap_page"),
    path("feeds/mine/<token:token>.<form:form>", views.mine, name="mine"),
]
