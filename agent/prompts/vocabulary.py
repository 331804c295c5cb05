"""Which words a prompt is made of and what each costs in tokens."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from agent.prompts.errors import PromptError
from agent.prompts.words import WORDS

# With fewer words the heads of prompts would soon repeat themselves.
FEWEST_WORDS = 32


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of equal cost.

    Attributes:
        words: The words.
        cost: Tokens of each of them.
        fillers: For smaller costs a word of that cost, to end a prompt with.
    """

    words: tuple[str, ...]
    cost: int = 1
    fillers: dict[int, str] = field(default_factory=dict)


class Tokenizer:
    """A tokenizer.json, for counting."""

    def __init__(self, path: Path) -> None:
        try:
            # The package is an extra: only runs that name a tokenizer need it.
            from tokenizers import Tokenizer as Backend  # noqa: PLC0415
        except ImportError as error:
            raise PromptError(
                "a tokenizer was given but the package 'tokenizers' is missing on the agent: "
                "pip install 'loadcell[tokenizer]'"
            ) from error
        try:
            self._backend = Backend.from_file(str(path))
        except Exception as error:
            raise PromptError(f"the tokenizer cannot be read: {error}") from error
        self._backend.no_truncation()
        self._backend.no_padding()

    def count(self, text: str) -> int:
        """Return the number of tokens of a text, without special tokens."""
        return len(self._backend.encode(text, add_special_tokens=False).ids)

    def count_all(self, texts: list[str]) -> list[int]:
        """Return the number of tokens of each text, without special tokens. Other threads run meanwhile."""
        return [len(found) for found in self._backend.encode_batch(texts, add_special_tokens=False)]

    def vocabulary(self) -> Vocabulary:
        """Return the largest set of words that cost the same and, among sets large enough, the least.

        Raises:
            PromptError: the words have no steady cost in this tokenizer.
        """
        frame = self.count("the the")
        by_cost: dict[int, list[str]] = defaultdict(list)
        for word in WORDS:
            pair = self.count(f"the {word} {word} the") - frame
            leading = self.count(f"{word} the") - self.count("the")
            if pair > 0 and pair == 2 * leading:
                by_cost[leading].append(word)
        for cost, words in sorted(by_cost.items()):
            if len(words) >= FEWEST_WORDS:
                fillers = {smaller: by_cost[smaller][0] for smaller in sorted(by_cost) if smaller < cost}
                return Vocabulary(tuple(words), cost, fillers)
        raise PromptError("the tokenizer gives no steady token count to common words; use a dataset instead")
