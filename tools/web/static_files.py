"""Scripts and style sheets that come with the project, as text."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

# In the order in which a page needs them: theme.js sets light or dark before anything is drawn.
THEME_SCRIPT, SORTING_SCRIPT, CHARTS_SCRIPT, ECHARTS = "theme.js", "sortable.js", "charts.js", "echarts.min.js"
THEME_STYLE = "theme.css"


@lru_cache
def static_text(name: str, package: str = "tools.web") -> str:
    """Return the text of the file `name` in the folder `static/` of `package`."""
    return (files(package) / "static" / name).read_text(encoding="utf-8")
