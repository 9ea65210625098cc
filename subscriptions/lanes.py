"""Which group of receiving servers does an address belong to?  Pure.

Large providers count what they get over all of their domains, so rates are per group.
"""

from __future__ import annotations

OTHER = "other"
_GROUPS = {
    "gmail": "gmail.com googlemail.com",
    "microsoft": "outlook.com hotmail.com live.com msn.com passport.com",
    "yahoo": "yahoo.com ymail.com rocketmail.com aol.com aim.com verizon.net",
    "apple": "icloud.com me.com mac.com",
}
LANES = (*_GROUPS, OTHER)
_BY_DOMAIN = {domain: lane for lane, domains in _GROUPS.items() for domain in domains.split()}
# Providers with a domain for each country: yahoo.co.uk, hotmail.fr, outlook.com.br.
_BY_NAME = {"outlook": "microsoft", "hotmail": "microsoft", "live": "microsoft", "yahoo": "yahoo"}


def lane_of(address: str) -> str:
    """Return the lane of an address as `subscriptions.address` made it."""
    domain = address.rpartition("@")[2]
    if lane := _BY_DOMAIN.get(domain):
        return lane
    name, _, rest = domain.partition(".")
    is_country = len(rest) == 2 or rest.startswith(("co.", "com."))
    return _BY_NAME.get(name, OTHER) if is_country else OTHER
