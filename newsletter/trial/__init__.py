"""How well is matching doing?  Readers are simulated on papers of the past, in the order of time.

    records    saved papers, one JSON object a line
    interests  what a simulated reader cares about, by labels that matching never sees
    protocol   who likes what, and which later papers are then put in order for him
    measures   how good an order is
    mails      what matching itself would send to such readers

Source: docs/decisions/0012-measured-matching.md
"""
