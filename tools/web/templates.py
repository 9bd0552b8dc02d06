"""Jinja environment of all pages: everything printed is escaped and made visible, a missing name is an error."""

from __future__ import annotations

import jinja2
from markupsafe import Markup

from factory.text.safe_text import excerpt
from tools.web.content_policy import policy_of_a_file
from tools.web.hostile_text import shown
from tools.web.static_files import static_text


def environment(package: str) -> jinja2.Environment:
    """Return an environment that reads templates from the folder `templates/` of `package`.

    A filter beside Jinja's own: `excerpt` (long texts without their middle).
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["excerpt"] = excerpt
    return made


class Inlined:
    """Scripts and styles of a self-contained page, with the policy under which only they run.

    In a template: `{{ inlined.policy }}` in the `<meta>`, then `<style>{{ inlined.style(name) }}</style>` and
    `<script>{{ inlined.script(name) }}</script>`, nothing else between the tags.
    """

    def __init__(self, scripts: dict[str, str], styles: dict[str, str]) -> None:
        """Take the names of static files and the package of each."""
        self._scripts = {name: static_text(name, package) for name, package in scripts.items()}
        self._styles = {name: static_text(name, package) for name, package in styles.items()}
        for name, text in {**self._scripts, **self._styles}.items():
            if "</script" in text.lower() or "</style" in text.lower():
                raise ValueError(f"{name} holds a closing tag, which would end the element around it")

    @property
    def policy(self) -> str:
        """Content security policy of the page."""
        return policy_of_a_file(self._scripts.values(), self._styles.values())

    def script(self, name: str) -> Markup:
        """Return the text of a script."""
        return Markup(self._scripts[name])

    def style(self, name: str) -> Markup:
        """Return the text of a style sheet."""
        return Markup(self._styles[name])
