"""How well do scores foretell what readers will vote for?  Measured on saved lists."""
