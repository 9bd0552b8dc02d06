"""A real S3 server on this machine, and a proxy that spoils the network before it."""
