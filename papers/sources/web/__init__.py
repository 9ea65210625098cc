"""How other machines are asked: where, whose turn it is, and what of the answer is believed."""
