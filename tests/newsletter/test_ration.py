from __future__ import annotations

from datetime import timedelta

from newsletter.ration import Ration
from tests.conftest import MOMENT


def test_each_key_has_its_share_of_every_minute():
    ration = Ration(2)
    assert [ration.take("a", at=MOMENT) for _ in range(3)] == [True, True, False]
    assert ration.take("b", at=MOMENT)
    assert not ration.take("a", at=MOMENT + timedelta(seconds=59))
    assert ration.take("a", at=MOMENT + timedelta(seconds=60))
