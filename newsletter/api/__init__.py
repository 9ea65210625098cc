"""The API for programs: what anybody may read of papers, topics and issues, as JSON.

docs/api.md says what it promises.
"""
