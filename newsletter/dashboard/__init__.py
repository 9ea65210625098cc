"""The first page of the admin: how everything stands, at a look."""
