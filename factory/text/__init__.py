"""Text as people and pages see it: normal wording, escapes for terminals, literal Markdown."""
