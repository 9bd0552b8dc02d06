r"""Reading of the answer that a completion states.

Read `extract.py` first: `final_answer` tries the markers in turn.

* Boxes: `boxes.py` finds them, `box_gaps.py` judges what stands between two, `box_rows.py` reads the last of them with
  its neighbours (also for gold answers), `formula.py` tells a box that is a part of a formula.
* Sentences: `statements.py` reads "The answer is 72.", `phrases.py` the same in the languages of `languages.py`.
* What stands behind: `doubts.py` tells whether it takes the answer back, `same_answer.py` whether it says the same,
  `end_tokens.py` cuts off another turn.
* Multiple choice: `choices.py` and `named_choice.py`; `markup.py` takes styling off.
"""
