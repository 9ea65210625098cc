"""Lists of papers for programs that read them again and again: Atom and JSON Feed."""
