"""Papers, what they are about, the attention that they got, and how they came here."""

from __future__ import annotations

from papers.models.correction import Correction
from papers.models.growth import GrowthPoint
from papers.models.host import Host, Page, Turn
from papers.models.ingestion import Ingestion, Refusal
from papers.models.observation import Observation
from papers.models.paper import Assignment, Paper, PaperQuerySet
from papers.models.topic import Topic, TopicQuerySet, topic_label
from papers.models.topic_model import TopicModel, TopicModelQuerySet
from papers.models.upload import Upload, UploadQuerySet

__all__ = [
    "Assignment",
    "Correction",
    "GrowthPoint",
    "Host",
    "Ingestion",
    "Observation",
    "Page",
    "Paper",
    "PaperQuerySet",
    "Refusal",
    "Topic",
    "TopicModel",
    "TopicModelQuerySet",
    "TopicQuerySet",
    "Turn",
    "Upload",
    "UploadQuerySet",
    "topic_label",
]
