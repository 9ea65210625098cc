"""Pictures of lists, topics and papers, for links that people pass on (Open Graph)."""
