"""Who works here: what each may do, and how each shows that it is he."""
