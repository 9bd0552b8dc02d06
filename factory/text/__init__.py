"""Texts as people and pages see them.

Read `wording.py` first: it decides which texts count as the same, for splits and duplicates. `safe_text.py` escapes
what a terminal would obey; `markdown.py` quotes texts in a page. `number_words.py` and `braces.py` are shared by
readers of answers and questions.
"""
