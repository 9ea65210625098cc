"""How well are topics found?  Measured on files that somebody labelled."""
