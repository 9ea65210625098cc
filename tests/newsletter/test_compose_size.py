from __future__ import annotations

import pytest

from newsletter import compose


@pytest.mark.parametrize("papers", [1, 30])
def test_a_digest_is_never_longer_than_gmail_shows(make_delivery, make_paper, papers):
    wide = {
        "abstract": "Word & " * 400,
        "authors": ["A" * 200] * 4,
        "code_url": "https://github.com/" + "c" * 400,
        "project_url": "https://example.org/" + "p" * 400,
    }
    made = [make_paper(f"{n} " + "Long <title> " * 38, **wide) for n in range(papers)]
    delivery = make_delivery(made)
    message = compose.compose_all([delivery])(delivery)

    assert compose.html_bytes(message) <= compose.HTML_LIMIT
    shown = message.body.count("Abstract: ")
    assert shown == 1 if papers == 1 else 10 < shown < 30
    assert message.subject.startswith(f"{shown} paper")


def test_an_ordinary_long_digest_is_whole(make_delivery):
    delivery = make_delivery(20)
    assert compose.compose_all([delivery])(delivery).body.count("Abstract: ") == 20
