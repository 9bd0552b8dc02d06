"""Parts of rStar (Qi et al., arXiv 2408.06195) behind `factory/search/rstar.py`.

They are the grammar of its actions, the texts of sub-questions, the children of a node, mutual consistency and step
scores. Nothing in here reads a gold answer. Read `actions.py` first.
"""
