"""Papers, what they are about, the attention that they got, and how they came here."""

from __future__ import annotations

from papers.models.ingestion import Ingestion, Refusal
from papers.models.observation import Observation
from papers.models.paper import Assignment, Paper, PaperQuerySet
from papers.models.topic import Topic, TopicQuerySet
from papers.models.upload import Upload, UploadQuerySet

__all__ = [
    "Assignment",
    "Ingestion",
    "Observation",
    "Paper",
    "PaperQuerySet",
    "Refusal",
    "Topic",
    "TopicQuerySet",
    "Upload",
    "UploadQuerySet",
]
