"""Model folders: embedded, local, in object stores or on the Hub."""
