"""What a person runs: the command line, inspect, benchmarks. Nothing imports from here."""
