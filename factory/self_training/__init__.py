"""Self-training without a clock or a disk: candidates, leak filter, preference pairs, teachers, stop rules.

Read `candidates.py` first (solutions of a record, and the reasons to keep or drop them). `hints.py` and
`answer_first.py` are the leak filter of STaR's rationales, `preference_pairs.py` makes pairs for DPO, `teaching.py`
says who samples and who learns in a round, `stop_rules.py` when rounds end, `training.py` what fine-tuning gets and
returns.
The rounds themselves run in `pipelines/self_training/`.
"""
