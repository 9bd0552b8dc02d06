"""Parser that re-writes a scalar LaTeX expression in one unambiguous spelling.

A computer algebra system's LaTeX reader guesses: it reads `2(3)` as a mixed number, drops the base of `101_2`, folds
`A` into `a` and stops where it no longer understands. What is handed to it is therefore parsed here first, by recursive
descent: every product explicit, every argument in brackets, decimals as fractions, variables renamed. Nothing is
evaluated. The grammar, loosest binding first: sum, product, signed, power, atom.
"""

from __future__ import annotations

from factory.answers.comparison.latex_tokens import (
    CLOSING,
    FUNCTIONS,
    INVERSES,
    OVER,
    TIMES,
    NotScalar,
    exact_decimal,
)
from factory.answers.comparison.token_reader import TokenReader
from factory.answers.values.exact import MAX_DEPTH


def plain_latex(expression: str, names: dict[str, str]) -> str:
    """Return `expression` re-written.

    `names` maps its variables to the names they have in the result, and is filled on the way: use one dict for all
    expressions that are compared. Raises `NotScalar` for what is no scalar expression or can be read in two ways.
    """
    parser = _ExpressionParser(expression, names)
    latex = parser.sum(0)
    if parser.peek():
        raise NotScalar(f"unexpected {parser.peek()!r}")
    return latex


class _ExpressionParser(TokenReader):
    """Recursive-descent parser over the tokens of one expression.

    Each method reads one construct of the grammar at the current position and returns it re-written. `depth` counts the
    brackets around it. All raise `NotScalar`.
    """

    def sum(self, depth: int) -> str:
        """Read terms joined by + and -."""
        if depth > MAX_DEPTH:
            raise NotScalar("nested too deeply")
        latex = self._product(depth)
        while self.peek() in ("+", "-"):
            latex += self.take() + self._product(depth)
        return latex

    def _product(self, depth: int) -> str:
        """Read factors joined by signs of multiplication or division, or by nothing.

        A factor behind a slash (1/2x) and a number behind a factor (x2) can be read in two ways and are refused.
        """
        latex = self._signed(depth)
        divided = False
        while True:
            if self.peek() in TIMES:
                self.take()
                latex, divided = rf"{latex}\cdot {self._signed(depth)}", False
            elif self.peek() in OVER:
                self.take()
                latex, divided = rf"\frac{{{latex}}}{{{self._signed(depth)}}}", True
            elif self.starts_atom():
                if divided:
                    raise NotScalar("a product behind a slash: 1/2x")
                if self.is_number():
                    raise NotScalar("a number behind a factor")
                latex = rf"{latex}\cdot {self._power(depth)}"
            else:
                return latex

    def _signed(self, depth: int) -> str:
        """Read a power with any number of signs in front."""
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self.take() == "-"
        latex = self._power(depth)
        return rf"\left(-{latex}\right)" if negative else latex

    def _power(self, depth: int) -> str:
        """Read an atom with a factorial or an exponent behind it."""
        latex = self._atom(depth)
        while True:
            if self.peek() == "!":
                self.take()
                if self.peek() == "!":
                    raise NotScalar("a double factorial")
                latex = rf"\left({latex}\right)!"
            elif self.peek() in ("^", "**"):
                self.take()
                latex = rf"{{\left({latex}\right)}}^{{{self._exponent(depth)}}}"
                if self.peek() in ("^", "**"):
                    raise NotScalar("a double exponent")
            else:
                return latex

    def _exponent(self, depth: int) -> str:
        """Read what stands behind ^: a braced group, or a signed atom with exponents of its own."""
        if self.peek() == "{":
            return self._bracketed(depth)
        sign = self.take() if self.peek() in ("+", "-") else ""
        exponent = self._atom(depth)
        if self.peek() in ("^", "**"):
            self.take()
            exponent = rf"{{\left({exponent}\right)}}^{{{self._exponent(depth + 1)}}}"
        return rf"\left({sign}{exponent}\right)" if sign == "-" else exponent

    def _atom(self, depth: int) -> str:
        """Read a number, a bracketed sum, a function with its argument, or a variable."""
        if depth > MAX_DEPTH:
            raise NotScalar("nested too deeply")
        # Constructs that consume their own first token.
        token = self.peek()
        if self.is_number():
            return self._number(depth)
        if token in ("(", "[", "{"):
            return rf"\left({self._bracketed(depth)}\right)"
        # Constructs that are recognised by a token which is consumed here.
        self.take()
        if token in ("|", r"\lvert"):
            return self._absolute(depth, token)
        if token in (r"\lfloor", r"\lceil"):
            inner = self.sum(depth + 1)
            self.expect(CLOSING[token])
            return f"{token} {inner}{CLOSING[token]} "
        if token in (r"\frac", r"\binom"):
            return rf"{token}{{{self._argument(depth)}}}{{{self._argument(depth)}}}"
        if token == r"\sqrt":
            return self._root(depth)
        if token[1:] in FUNCTIONS:
            return self._function(token[1:], depth)
        if token in (r"\pi", r"\infty"):
            return token + " "
        return self.variable(token)

    def _number(self, depth: int) -> str:
        """Read a number, with the degree sign or the fraction of a mixed number behind it."""
        token = self.take()
        if self.peek() == "_":
            raise NotScalar("a number in another base")
        latex = exact_decimal(token)
        if self.peek() == "degrees":
            self.take()
            return rf"\frac{{{latex}\cdot \pi }}{{180}}"
        if token.isdigit() and self.peek() == r"\frac":
            # A mixed number, such as 1\frac{1}{2}: only a proper fraction can follow.
            self.take()
            numerator, denominator = self._argument(depth), self._argument(depth)
            if not (numerator.isdigit() and denominator.isdigit() and int(numerator) < int(denominator)):
                raise NotScalar("a number in front of a fraction")
            return rf"\left({latex}+\frac{{{numerator}}}{{{denominator}}}\right)"
        return latex

    def _bracketed(self, depth: int) -> str:
        """Read from an opening bracket to the one that closes it, and return what stands between."""
        closing = CLOSING[self.take()]
        # Inside brackets a bar may open again, whatever stands around them.
        outer, self.in_bars = self.in_bars, False
        inner = self.sum(depth + 1)
        self.in_bars = outer
        self.expect(closing)
        return inner

    def _absolute(self, depth: int, opening: str) -> str:
        """Read from a bar to the next one, as an absolute value."""
        if self.in_bars:
            raise NotScalar("bars within bars")
        self.in_bars = opening == "|"
        inner = self.sum(depth + 1)
        self.in_bars = False
        self.expect("|" if opening == "|" else r"\rvert")
        return rf"\left|{inner}\right|"

    def _argument(self, depth: int) -> str:
        """Read a braced group, or the one token that LaTeX takes as an argument."""
        token = self.peek()
        if token == "{":
            return self._bracketed(depth + 1)
        if token.isdigit() and len(token) > 1:
            # LaTeX takes one digit: \frac12 is 1/2.
            self.split_number()
            token = self.peek()
        if not (token.isdigit() or token == r"\pi" or (len(token) == 1 and token.isalpha())):
            raise NotScalar(f"{token!r} as an argument")
        self.take()
        return token if token.isdigit() else (r"\pi " if token == r"\pi" else self.variable(token))

    def _root(self, depth: int) -> str:
        """Read the index and the radicand of a root."""
        index = ""
        if self.peek() == "[":
            index = f"[{self._bracketed(depth)}]"
        token = self.peek()
        if token == "(":
            radicand = self._bracketed(depth)
        elif token.isdigit() and len(token) > 1:
            raise NotScalar(r"\sqrt12")
        else:
            radicand = self._argument(depth)
        return rf"\sqrt{index}{{{radicand}}}"

    def _function(self, name: str, depth: int) -> str:
        """Read the base, the exponent and the argument of a named function."""
        # A logarithm without a base is decimal, as in school mathematics.
        base, exponent = "", ""
        if name == "log":
            base = "10"
            if self.peek() == "_":
                self.take()
                base = self._argument(depth)
        if self.peek() == "^":
            self.take()
            exponent = self._exponent(depth)
            if exponent.replace(r"\left(", "").replace(r"\right)", "") == "-1":
                if name not in INVERSES:
                    raise NotScalar("an inverse or a reciprocal")
                name, exponent = INVERSES[name], ""
        argument = self._function_argument(depth)
        latex = rf"\log_{{{base}}}\left({argument}\right)" if base else rf"\{name}\left({argument}\right)"
        return rf"{{\left({latex}\right)}}^{{{exponent}}}" if exponent else latex

    def _function_argument(self, depth: int) -> str:
        r"""Read the argument of a function.

        `\sin(x)` takes the brackets, `\sin 2x` the product up to the next sign or function.
        """
        if self.peek() in ("(", "{"):
            argument = self._bracketed(depth)
            if self.peek() in ("^", "!", "**"):
                raise NotScalar("a power behind a function's brackets")
            return argument
        if self.peek() in ("+", "-"):
            raise NotScalar("a sign behind a function")
        argument = self._power(depth + 1)
        while self.starts_atom() and self.peek()[1:] not in FUNCTIONS and self.peek() not in ("(", "["):
            if self.is_number():
                raise NotScalar("a number behind a factor")
            argument = rf"{argument}\cdot {self._power(depth + 1)}"
        if self.peek() in OVER:
            raise NotScalar("a slash behind a function's argument")
        return argument
