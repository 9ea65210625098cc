"""What a mail that arrived says of the way that it took."""

from __future__ import annotations

import pytest

from newsletter.doctor import Level, received

SIGNED = "List-Unsubscribe:List-Unsubscribe-Post:From:Subject"
MAIL = """\
Authentication-Results: mx.example.net; dkim=pass header.d=example.org; {results}
DKIM-Signature: v=1; a=rsa-sha256; d={signer}; s=s1; h={headers}; bh=x; b=y
From: Papers <digest@news.example.org>
Subject: Papers
List-Unsubscribe: <https://news.example.org/unsubscribe/x/>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello
"""


def examined(results="spf=pass; dmarc=pass", signer="example.org", headers=SIGNED):
    mail = MAIL.format(results=results, signer=signer, headers=headers).encode()
    return {finding.about: finding.level for finding in received.examine(mail)}


def test_a_mail_that_everybody_believes_is_well():
    assert set(examined().values()) == {Level.WELL}


@pytest.mark.parametrize(
    ("change", "about", "level"),
    [
        ({"results": "spf=softfail; dmarc=pass"}, "SPF", Level.WRONG),
        ({"results": "spf=pass; dmarc=fail (p=none)"}, "DMARC", Level.WRONG),
        ({"results": "spf=pass"}, "DMARC", Level.UNKNOWN),
        ({"signer": "service.example"}, "signature", Level.WRONG),
        ({"headers": "From:Subject"}, "signature", Level.WARNING),
    ],
)
def test_what_is_missing_is_said(change, about, level):
    found = examined(**change)
    assert found.pop(about) is level
    assert set(found.values()) == {Level.WELL}


@pytest.mark.parametrize("mail", [b"", b"\xff\xfe\x00", b"From: a@b.c\n\nx", b"DKIM-Signature: ;"])
def test_a_file_that_is_no_such_mail_passes_nothing(mail):
    assert Level.WELL not in {finding.level for finding in received.examine(mail)}
