"""How operators upload files in the admin: choose one, see what it would change, store it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from papers import uploads
from papers.models import Ingestion, Upload
from papers.own_pages import laid_out, show
from papers.sources import SourceError

KINDS = {
    "": "recognise it by its content",
    "page": "a saved page of Hugging Face Papers",
    "jsonl": "JSON Lines",
    "csv": "CSV",
    "huggingface": "a saved answer of Hugging Face",
    "arxiv": "a saved feed of arXiv",
    "sample": "papers like those of the sample",
}
TOO_LARGE = (
    f"This file is larger than {uploads.MOST_BYTES:,} bytes; manage.py ingest_papers can read it."
)


class Quota(FileUploadHandler):
    """Takes no more of a file than may be uploaded; the rest goes nowhere."""

    is_exceeded = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._left = uploads.MOST_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._left -= len(raw_data)
        if self._left < 0:
            self.is_exceeded = True
            raise StopUpload
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers after this one."""


class UploadForm(forms.Form):
    file = forms.FileField(
        help_text="A saved page, JSON Lines, CSV, or a saved answer of Hugging Face or arXiv; "
        f"at most {uploads.MOST_BYTES // 1_000_000} MB, perhaps packed with gzip."
    )
    source = forms.ChoiceField(label="Kind", choices=KINDS, required=False)
    listed_on = forms.DateField(
        label="List date",
        required=False,
        widget=AdminDateWidget,
        help_text="For papers that do not say their own, such as 2026-03-16.",
    )

    def __init__(self, *args: Any, is_too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_too_large:
            self.fields["file"].error_messages["required"] = TOO_LARGE

    def clean_listed_on(self) -> Any:
        day = self.cleaned_data["listed_on"]
        if day and day > now().date():
            raise forms.ValidationError("This day lies in the future.")
        return day

    def clean(self) -> None:
        file: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if file is None:
            return
        name, content = uploads.safe_name(file.name or ""), file.read()
        try:
            source = self.cleaned_data.get("source") or uploads.recognise(content, name=name)
        except SourceError as error:
            self.add_error("file", str(error))
        else:
            self.cleaned_data |= {"name": name, "content": content, "source": source}


class Uploading(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mixed into the admin of papers."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("upload/", view(self.upload), name="papers_paper_upload"),
            path("upload/<int:pk>/", view(self.try_upload), name="papers_paper_try_upload"),
            *super().get_urls(),
        ]

    @method_decorator(csrf_exempt)  # until the quota is set; the form is read, and checked, after
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Choose a file.  Nothing of it is stored as papers yet."""
        check_may_ingest(request)
        quota = Quota(request)
        request.upload_handlers.insert(0, quota)
        return self._upload(request, quota)

    @method_decorator(csrf_protect)
    def _upload(self, request: HttpRequest, quota: Quota) -> HttpResponse:
        form = UploadForm()
        if request.method == "POST":
            form = UploadForm(request.POST, request.FILES, is_too_large=quota.is_exceeded)
            if form.is_valid():
                upload = self._keep(request, form.cleaned_data)
                return HttpResponseRedirect(
                    reverse("admin:papers_paper_try_upload", args=[upload.pk])
                )
        return show(
            self, request, "paper/upload.html",
            title="Upload a file of papers", adminform=laid_out(form),
        )  # fmt: skip

    def _keep(self, request: HttpRequest, wanted: dict[str, Any]) -> Upload:
        Upload.objects.forget_old(at=now())
        chosen = {name: wanted[name] for name in ("name", "content", "source", "listed_on")}
        return Upload.objects.create(user=cast("User", request.user), at=now(), **chosen)

    def try_upload(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what storing the file would change; a POST stores it."""
        check_may_ingest(request)
        Upload.objects.forget_old(at=now())
        upload = get_object_or_404(Upload, pk=pk, user=request.user.pk)
        if request.method == "POST":
            return self._store(request, upload)
        return show(
            self, request, "paper/dry_run.html",
            title=f"What {upload.name} would change", upload=upload,
            kind=KINDS[upload.source], found=uploads.try_out(upload, at=now()),
        )  # fmt: skip

    def _store(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        try:
            ingestion = uploads.store(upload, at=now())
        except SourceError as error:
            messages.warning(request, f"It was read up to an error: {error}")
        else:
            report(request, ingestion)
            self.log_addition(request, ingestion, f"Uploaded {upload.name}.")
        return HttpResponseRedirect(reverse("admin:papers_paper_changelist"))


def check_may_ingest(request: HttpRequest) -> None:
    if not request.user.has_perm("papers.add_ingestion"):
        raise PermissionDenied


def report(request: HttpRequest, ingestion: Ingestion) -> None:
    """Tell the operator what became of the records."""
    refused = ingestion.refusals.count()
    messages.success(
        request,
        f"{ingestion.created} papers are new, {ingestion.updated} changed and "
        f"{ingestion.unchanged} as they were; {refused} records were refused.",
    )
