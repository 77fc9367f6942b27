"""A field technician's kit for the command line."""
