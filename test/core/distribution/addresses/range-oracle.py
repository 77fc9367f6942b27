"""Judges address ranges by Python's own ipaddress module: one JSON case a line in, one JSON answer a line out."""
import ipaddress
import json
import sys

MAPPED = ipaddress.ip_network("::ffff:0:0/96")


def network(text):
    """An IPv4-mapped range is the IPv4 range: that is how callers on a dual-stack socket are named."""
    found = ipaddress.ip_network(text, strict=False)
    if found.version == 6 and found.prefixlen >= 96 and found.subnet_of(MAPPED):
        first = int(found.network_address) & 0xFFFFFFFF
        return ipaddress.ip_network((first, found.prefixlen - 96))
    return found


def address(text):
    found = ipaddress.ip_address(text)
    return (found.ipv4_mapped or found) if found.version == 6 else found


def has_host_bits(text):
    try:
        ipaddress.ip_network(text)
        return False
    except ValueError:
        return True


for line in sys.stdin:
    case = json.loads(line)
    networks = [network(text) for text in case["ranges"]]
    merged = [
        str(found)
        for version in (4, 6)
        for found in ipaddress.collapse_addresses([n for n in networks if n.version == version])
    ]
    callers = [address(text) for text in case["callers"]]
    answer = {
        "merged": merged,
        "inside": [any(c.version == n.version and c in n for n in networks) for c in callers],
        "callers": [str(c) for c in callers],
        "hostBits": [str(network(text)) if has_host_bits(text) else None for text in case["ranges"]],
    }
    print(json.dumps(answer))
