"""The site: what is trending, papers, topics, search.  Open to everybody, and about nobody."""
