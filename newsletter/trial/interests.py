"""What simulated readers care about, by labels that matching never sees."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from newsletter.trial.records import Record

# Interest -> what one of a paper's keywords says if the paper is about it.
KEYWORDS = {
    "reinforcement learning": r"reinforcement learning|\brl\b|grpo|\bppo\b|rlvr|rlhf"
    r"|policy (optimi[sz]ation|gradient)",
    "diffusion": r"\bdiffusion|denois|(flow|score) matching|rectified flow",
    "multimodal models": r"multimodal (large|llm|model|language)|mllm|\bl?vlms?\b"
    r"|vision-language model",
    "reasoning": r"\breasoning|chain-of-thought|\bcot\b",
    "agents": r"\bagent|tool(-| )(use|call)",
    "retrieval": r"\bretriev|\brag\b|rerank",
    "code": r"\bcode\b|\bcoding|program synthesis|software engineering|swe-bench|humaneval",
    "mathematics": r"\bmath|theorem|\bgsm8k|\baime\b|olympiad",
    "safety": r"\bsafety|jailbreak|red(-| )team|backdoor|harmful|guardrail|unlearning|toxic"
    r"|misalign|adversarial attack",
    "medicine": r"medic|clinic|health|patholog|radiolog|disease",
    "long context": r"long(-| )context|context (window|length)|kv(-| )cache"
    r"|(sparse|linear) attention",
    "robotics": r"robot|embodied|vision-language-action|\bvlas?\b|manipulation",
    "video": r"\bvideo",
    "3D": r"\b3d\b|gaussian splat|\bnerf|point cloud|novel view|\bmesh|depth estimation",
    "speech and audio": r"speech|audio|music|\btts\b|\basr\b|voice",
    "efficiency": r"quanti[sz]|pruning|distill|sparsity|speculative|low-rank|\blora\b|throughput"
    r"|latency|mixture-of-experts|\bmoe\b",
    "image generation": r"text-to-image|image (generation|editing|synthesis)|inpainting",
}
PATTERNS = {name: re.compile(pattern) for name, pattern in KEYWORDS.items()}
CODE = re.compile(r"[a-z-]+(\.[A-Za-z-]+)?")  # an arXiv category, and not "68T50"
FEWEST = 50  # papers in a category that somebody is said to care about


def of_keywords(records: Sequence[Record]) -> list[frozenset[str]]:
    """Return the interests of each paper, by the keywords that its list gave."""
    found = []
    for record in records:
        said = "\n".join(record.keywords).casefold()
        found.append(frozenset(name for name, sign in PATTERNS.items() if sign.search(said)))
    return found


def of_categories(records: Sequence[Record]) -> list[frozenset[str]]:
    """Return the arXiv categories of each paper, without rare ones."""
    counts = Counter(code for record in records for code in set(record.categories))
    wide = {code for code, count in counts.items() if count >= FEWEST and CODE.fullmatch(code)}
    return [frozenset(wide & set(record.categories)) for record in records]
