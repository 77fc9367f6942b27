"""Owns the kit's own certificate authorities: certifi's file, loaded by the ssl module."""

from __future__ import annotations

import ssl

import certifi


def count_authorities() -> int:
    """How many authorities OpenSSL accepts from the shipped file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=certifi.where())
    return context.cert_store_stats()["x509_ca"]
