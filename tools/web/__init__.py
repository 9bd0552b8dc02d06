"""Parts that all HTML pages share: theme, charts, harmless texts, content policy. None comes from a network."""
