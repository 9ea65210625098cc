"""Which papers does a reader get, in which order, and why?  Pure: numpy and nothing of Django.

    phrases   which papers have this phrase, or this author
    pool      the candidates as arrays
    twins     candidates that are one paper twice
    readers   what a block of readers wants, as arrays
    reasons   every reason that a paper is one for a reader, as one sorted number
    choosing  the best of them, with a limit for each topic
    block     all of it, for one reader or for a block

Source: docs/decisions/0006-matching.md
"""
