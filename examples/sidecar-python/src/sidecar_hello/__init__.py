"""The smallest sidecar that keeps to the READY protocol."""
