"""What readers follow goes along when editors merge or split topics."""

from __future__ import annotations

import pytest

from papers import curating, following
from papers.models import Topic
from subscriptions.models import Subscriber

pytestmark = pytest.mark.django_db


def weights(reader):
    return dict(reader.interests.values_list("topic__slug", "weight"))


def mute(reader, topic):
    reader.interests.update_or_create(topic=topic, defaults={"weight": 0})


def test_only_confirmed_readers_who_follow_a_topic_count(make_subscriber, make_topic):
    make_subscriber(topics=["agents"])
    make_subscriber(topics=["agents"], state=Subscriber.State.PENDING)
    mute(make_subscriber(), make_topic("agents"))
    assert following.count(make_topic("agents")) == 1


def test_followers_go_along_with_a_merged_topic(make_subscriber, make_topic):
    agents, vision = make_topic("agents"), make_topic("vision")
    ada, ben = make_subscriber(topics=["agents"]), make_subscriber(topics=["agents", "vision"])
    ada.interests.update(weight=1.5)
    ben.interests.filter(topic=vision).update(weight=0.5)
    assert curating.merge(agents, into=vision, with_signs=False) == 1
    assert (weights(ada), weights(ben)) == ({"vision": 1.5}, {"vision": 0.5})


def test_a_mute_is_not_made_larger_by_merging(make_subscriber, make_topic):
    agents, vision = make_topic("agents"), make_topic("vision")
    ada, ben = make_subscriber(), make_subscriber(topics=["agents"])
    mute(ada, agents)
    mute(ben, vision)
    curating.merge(agents, into=vision, with_signs=False)
    assert (weights(ada), weights(ben)) == ({"agents": 0}, {"vision": 0})


def test_followers_and_mutes_are_copied_to_a_part(make_subscriber, make_topic):
    agents = make_topic("agents")
    ada, ben = make_subscriber(topics=["agents"]), make_subscriber()
    ada.interests.update(weight=1.5)
    mute(ben, agents)
    assert curating.split(agents, Topic(slug="tools", name="Tools")) == 2
    assert weights(ada) == {"agents": 1.5, "tools": 1.5}
    assert weights(ben) == {"agents": 0, "tools": 0}
