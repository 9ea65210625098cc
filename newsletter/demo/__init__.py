"""The whole product on one bare machine: real servers, no installation.  For trying and tests."""
