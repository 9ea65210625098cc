"""Django's admin, on a site that asks for a second factor."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "newsletter.staff.site.StaffSite"
