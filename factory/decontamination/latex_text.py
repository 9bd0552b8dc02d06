r"""Plain text of LaTeX, as somebody would type it: \frac{a}{b+1} is a/(b+1), \left( x \cdot \sqrt{2} \right) (x · √2).

Not a renderer: only what makes two spellings of one question look alike is read. A command that is not known stays as
its name; braces go, and what they held is bracketed where it is an operand of more than one part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SIGNS = {
    "times": "×", "cdot": "·", "ast": "*", "div": "÷", "pm": "±", "mp": "∓", "to": "→", "rightarrow": "→",
    "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "lt": "<", "gt": ">",
    "ne": "≠", "neq": "≠", "equiv": "≡", "approx": "≈", "cong": "≅", "sim": "∼", "in": "∈", "notin": "∉",
    "cup": "∪", "cap": "∩", "subset": "⊂", "subseteq": "⊆", "setminus": "∖", "emptyset": "∅", "infty": "∞",
    "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨", "neg": "¬", "lnot": "¬", "sum": "∑", "prod": "∏", "int": "∫",
    "angle": "∠", "perp": "⊥", "parallel": "∥", "circ": "°", "degree": "°", "mid": "|", "vert": "|",
    "lvert": "|", "rvert": "|", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "prime": "'",
    "dots": "...", "ldots": "...", "cdots": "...", "dotsb": "...", "dotsm": "...", "dotsc": "...",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω", "Delta": "Δ", "Omega": "Ω",
}  # fmt: skip
_LAYOUT = (
    "left right middle big Big bigg Bigg bigl bigr Bigl Bigr quad qquad hline displaystyle textstyle limits nolimits "
    "text textbf textit textrm textnormal emph mbox mathrm mathbf mathit mathcal mathbb mathop bold boldsymbol "
    "operatorname underline smallskip medskip bigskip allowbreak noindent centering"
)
_DROPPED = frozenset(_LAYOUT.split())
_WITHOUT_TEXT = frozenset(("begin", "end", "hspace", "vspace", "label"))
_OPERANDS = {"frac": 2, "dfrac": 2, "tfrac": 2, "cfrac": 2, "sqrt": 1} | dict.fromkeys(_WITHOUT_TEXT, 1)
_TOKEN = re.compile(r"\\(?:left|right)\.|\\([A-Za-z]+)\*?|\\(.)|([{}])|([^\\{}$]+)", re.DOTALL)
_ROOT_INDEX = re.compile(r"\s*\[([^][]{1,9})\]")
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_ONE_PART = re.compile(r"[-√∛]?\w+(?:\^\w+)?|\d+\.\d+|\(\w+\)|.")
_DEEPEST = 20


@dataclass(slots=True)
class _Group:
    """Text between two braces, as far as it is read.

    `command` is the one that waits for its `operands`, "" for none; `root` is the index of a root that waits.
    """

    pieces: list[str] = field(default_factory=list)
    command: str = ""
    operands: list[str] = field(default_factory=list)
    root: str = ""

    def write(self, piece: str) -> None:
        """Add a piece. Words and numbers are kept apart, as no space was needed between them in LaTeX."""
        # In LaTeX a command ends a word: 2\pi r.
        beside = self.pieces[-1] if self.pieces else ""
        if piece:
            self.pieces.append(f" {piece}" if beside[-1:].isalnum() and piece[0].isalnum() else piece)

    def add(self, piece: str) -> None:
        """Add a sign, a word or the content of braces: as the next operand where a command waits for one."""
        if not self.command:
            self.write(piece)
            return
        # The last operand that is missing completes the command.
        self.operands.append(piece.strip())
        if len(self.operands) == _OPERANDS[self.command]:
            self.end_command()

    def add_run(self, run: str) -> None:
        """Add plain characters: as operands they count one by one."""
        # An index in square brackets belongs to the root in front of it: \sqrt[3]{x}.
        if self.command == "sqrt" and (index := _ROOT_INDEX.match(run)):
            self.root, run = index[1], run[index.end() :]
        while self.command and (run := run.lstrip()):
            self.add(run[0])
            run = run[1:]
        self.write(run)

    def add_braces(self, content: str) -> None:
        """Add the content of braces, bracketed as a power or an index."""
        if self.command:
            self.add(content)
        elif self.pieces and self.pieces[-1].endswith(("^", "_")):
            self.pieces.append(_bracketed(content))
        else:
            self.write(content)

    def end_command(self) -> None:
        """Write the command that waits, if any, with the operands it has."""
        if not self.command:
            return
        command, operands = self.command, self.operands
        self.command, self.operands = "", []
        if command == "sqrt":
            self.write(_ROOTS.get(self.root, f"{self.root}√") + "".join(map(_bracketed, operands)))
            self.root = ""
        elif command not in _WITHOUT_TEXT:
            self.write("/".join(map(_bracketed, operands)))


def without_latex(text: str) -> str:
    """Return `text` in plain characters; as it is where it holds no LaTeX.

    Takes time linear in the length of the text; nothing in it is an error.
    """
    if "\\" not in text and "{" not in text:
        return text
    # One group for each brace that is open. Deeper ones than `_DEEPEST` are read as if their braces were not there.
    groups = [_Group()]
    for name, escaped, brace, run in _TOKEN.findall(text):
        group = groups[-1]
        if name in _OPERANDS:
            group.end_command()
            group.command = name
        elif name in _DROPPED:
            group.write(" ")
        elif name:
            group.add(_SIGNS.get(name, name))
        elif escaped and escaped != "!":
            group.add_run(escaped if escaped in "%&#_|" else " ")
        elif brace == "{" and len(groups) < _DEEPEST:
            groups.append(_Group())
        elif brace == "}" and len(groups) > 1:
            _close(groups)
        elif run:
            group.add_run(run)
    # Braces that never close end with the text.
    while len(groups) > 1:
        _close(groups)
    groups[0].end_command()
    return "".join(groups[0].pieces).replace("^°", "°")


def _close(groups: list[_Group]) -> None:
    """End the innermost group and add its text to the one around it."""
    closed = groups.pop()
    closed.end_command()
    groups[-1].add_braces("".join(closed.pieces))


def _bracketed(operand: str) -> str:
    """Return an operand, in brackets where it has more than one part."""
    operand = operand.strip()
    return operand if _ONE_PART.fullmatch(operand) else f"({operand})"


def without_drawings(text: str) -> tuple[str, str]:
    """Return `text` without its drawings, and the drawings without white space.

    Drawings are programs in the language Asymptote, as MATH holds them.
    """
    kept, drawings, at = [], [], 0
    while (start := text.find("[asy]", at)) >= 0 and (end := text.find("[/asy]", start)) >= 0:
        kept.append(text[at:start])
        drawings += text[start:end].split()
        at = end + len("[/asy]")
    return " ".join([*kept, text[at:]]), "".join(drawings)
