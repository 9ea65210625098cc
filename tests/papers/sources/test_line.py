"""Certificates are looked at, by the name that was asked for."""

from __future__ import annotations

import ssl
import subprocess

import pytest
from pytest_httpserver import HTTPServer

from papers.sources import SourceError, fetch
from papers.sources.web import line

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture(params=["localhost"])
def certificate(request, tmp_path):
    """A key and a certificate for the name, signed by itself."""
    path = tmp_path / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={request.param}", "-addext",
         f"subjectAltName=DNS:{request.param}", "-keyout", path, "-out", tmp_path / "one.crt"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + (tmp_path / "one.crt").read_bytes())
    return path


@pytest.fixture
def url(certificate, settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HTTPServer(host="127.0.0.1", port=0, ssl_context=context) as server:
        server.expect_request("/list").respond_with_data("papers")
        settings.ARXIV_API_URL = f"https://localhost:{server.port}/list"
        yield settings.ARXIV_API_URL


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    line.certificates.cache_clear()
    yield
    line.certificates.cache_clear()


def test_a_certificate_that_nobody_vouches_for_is_refused(url):
    with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch.get(url)


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_is_vouched_for_is_believed(url):
    assert fetch.get(url).body == b"papers"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("certificate", ["papers.example.org"], indirect=True)
def test_a_certificate_for_another_name_is_refused(url):
    with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch.get(url)
