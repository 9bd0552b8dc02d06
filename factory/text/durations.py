"""Durations as a person reads them."""


def clock(seconds: float) -> str:
    """Return `seconds` as 1:02:03, or as 2:03 below an hour."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
