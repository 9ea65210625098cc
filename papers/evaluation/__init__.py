"""How well are topics found, and later votes foretold?  Measured on files given to it."""
