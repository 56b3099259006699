"""Networks instead of addresses: enough for limits and for a list of sessions, less than the address itself."""

from __future__ import annotations

import ipaddress


def ip_prefix(address: str | None) -> str:
    """The network that an address lies in (IPv4 /24, IPv6 /56)."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 56), strict=False))
