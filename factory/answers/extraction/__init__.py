r"""Reading of the answer that a completion states.

Read `extract.py` first: `final_answer` tries the markers in turn and uses `boxes.py` (`\boxed{}`) and `statements.py`
("The answer is 72."). `choices.py` and `named_choice.py` read multiple-choice answers, `markup.py` takes styling off.
"""
