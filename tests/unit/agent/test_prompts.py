import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.prompts.dataset import DatasetPrompts
from agent.prompts.errors import PromptError
from agent.prompts.synthetic import by_tokenizer, by_words
from agent.prompts.vocabulary import Tokenizer, Vocabulary
from agent.prompts.words import WORDS
from tests.fakes.small_tokenizer import write_tokenizer
from tests.patience import PATIENCE_SECONDS

DEFAULTS = {"output_len": 16, "seed": 0, "level": 0}


def words_of(prompts, ordinal, warmup=False):
    prompt, _ = prompts(ordinal, warmup=warmup)
    return json.loads(prompt.text_json).split(" ")


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory):
    return write_tokenizer(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")


@pytest.mark.parametrize("length", [1, 3, 16, 256, 2048, 30_000])
def test_M1_prompt_has_exactly_the_requested_tokens(tokenizer_file, length):
    tokenizer = Tokenizer(tokenizer_file)
    prompts = by_tokenizer(tokenizer, input_len=length, **DEFAULTS)
    for ordinal in (0, 1, 63, 64, 10**9):
        prompt, output_len = prompts(ordinal, warmup=False)
        assert tokenizer.count(json.loads(prompt.text_json)) == length == prompt.tokens
        assert output_len == 16


@pytest.mark.parametrize(("length", "ratio", "words"), [(256, 1, 256), (256, 0.75, 192), (1, 0.3, 1), (40, 0, 40)])
def test_M1_prompt_without_tokenizer_has_the_measured_number_of_words(length, ratio, words):
    prompts = by_words(input_len=length, words_per_token=ratio, **DEFAULTS)
    assert len(words_of(prompts, 5)) == words
    assert prompts(5, warmup=False)[0].tokens == -1


@given(
    seed=st.integers(0, 2**63 - 1),
    ordinals=st.lists(st.integers(0, 2**34 - 1), min_size=2, max_size=50, unique=True),
    levels=st.lists(st.integers(0, 1023), min_size=1, max_size=3, unique=True),
)
def test_M2_no_two_requests_of_a_run_share_their_first_words(seed, ordinals, levels):
    heads = [
        tuple(
            words_of(by_words(input_len=8, words_per_token=1, output_len=1, seed=seed, level=level), o, warm)[:5]
        )
        for level in levels
        for o in ordinals
        for warm in (False, True)
    ]
    assert len(set(heads)) == len(heads)


def test_M2_prompts_in_sequence_differ_from_the_first_word_on():
    prompts = by_words(input_len=64, words_per_token=1, **DEFAULTS)
    firsts = [words_of(prompts, ordinal)[0] for ordinal in range(1000)]
    assert len(set(firsts)) > 300
    assert sum(a == b for a, b in pairwise(firsts)) < 20


def test_same_seed_gives_same_prompts_and_another_seed_others():
    first, again = (by_words(input_len=32, words_per_token=1, **DEFAULTS) for _ in range(2))
    other = by_words(input_len=32, words_per_token=1, **(DEFAULTS | {"seed": 1}))
    assert words_of(first, 77) == words_of(again, 77)
    assert words_of(first, 77) != words_of(other, 77)


def test_long_prompts_keep_a_small_pool():
    prompts = by_words(input_len=1_000_000, words_per_token=1, **DEFAULTS)
    assert len(words_of(prompts, 3)) == 1_000_000
    assert sum(map(len, prompts._tails)) < 32 * 1024 * 1024


def test_vocabulary_of_an_expensive_tokenizer_ends_with_a_filler(tmp_path):
    """Where every word costs several tokens, a cheaper word makes the count exact."""
    from agent.prompts.synthetic import SyntheticPrompts

    vocabulary = Vocabulary(tuple(WORDS[:40]), cost=3, fillers={2: "filler"})
    prompts = SyntheticPrompts(vocabulary, tokens=32, counted=True, seed=0, level=0, output_len=1)
    words = words_of(prompts, 0)
    assert len(words) == 11
    assert words[-1] == "filler"


def test_unreadable_tokenizer_is_named(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(PromptError, match="tokenizer cannot be read"):
        Tokenizer(tmp_path / "broken.json")


def test_tokenizer_without_steady_counts_is_refused(tmp_path):
    from tokenizers import Tokenizer as Backend
    from tokenizers import models

    Backend(models.BPE()).save(str(tmp_path / "empty.json"))  # knows no token at all
    with pytest.raises(PromptError, match="no steady token count"):
        Tokenizer(tmp_path / "empty.json").vocabulary()


def test_F6_tokens_are_counted_without_network(tokenizer_file, tmp_path):
    """The process refuses every socket and has no home with a cache."""
    program = """
import sys

def refuse(event, arguments):
    if event.startswith(("socket.", "urllib.")):
        raise RuntimeError(f"{event} {arguments}")

sys.addaudithook(refuse)
from pathlib import Path
from agent.prompts.synthetic import by_tokenizer
from agent.prompts.vocabulary import Tokenizer

prompts = by_tokenizer(Tokenizer(Path(sys.argv[1])), input_len=40, output_len=1, seed=0, level=0)
print(prompts(0, warmup=False)[0].tokens)
"""
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", program, str(tokenizer_file)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert (done.stdout, done.stderr) == ("40\n", "")


def dataset(tmp_path, text):
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    return DatasetPrompts(path, output_len=9, name="rows.jsonl")


def test_dataset_rows_go_round_by_ordinal(tmp_path):
    rows = dataset(
        tmp_path,
        '{"prompt": "Grüße \\u2028"}\n\n{"messages": [{"role": "user", "content": "b"}], "output_len": 3}\n',
    )
    first, length = rows(4, warmup=False)
    assert (json.loads(first.text_json), first.messages_json, length) == ("Grüße \u2028", None, 9)
    second, length = rows(1, warmup=False)
    assert (second.text_json, json.loads(second.messages_json)[0]["content"], length) == (None, "b", 3)


def numbered(tmp_path, rows, **level):
    path = tmp_path / "numbers.jsonl"
    path.write_text("".join(f'{{"prompt": "{number}"}}\n' for number in range(rows)), encoding="utf-8")
    return DatasetPrompts(path, output_len=1, **level)


def rows_of(prompts, count, *, warmup=False):
    return [int(json.loads(prompts(ordinal, warmup=warmup)[0].text_json)) for ordinal in range(count)]


@pytest.mark.parametrize(("rows", "repeated"), [(99, False), (98, True)])
def test_M2_levels_and_their_warm_up_share_no_row_while_there_are_any(tmp_path, rows, repeated):
    asked = []
    for level in range(3):
        prompts = numbered(tmp_path, rows, level=level, request_count=30, warmup_count=3)
        asked += rows_of(prompts, 30) + rows_of(prompts, 3, warmup=True)
    assert (len(set(asked)) < len(asked)) is repeated
    assert bool(prompts.note(30)) is repeated


@given(
    rows=st.integers(1, 60),
    level=st.integers(0, 4),
    bounded=st.booleans(),
    requests=st.integers(1, 40),
    warmup=st.integers(0, 5),
)
def test_M2_repeated_rows_are_told(tmp_path_factory, rows, level, bounded, requests, warmup):
    folder = tmp_path_factory.mktemp("rows")
    asked = []
    for index in range(level + 1):
        prompts = numbered(
            folder, rows, level=index, request_count=requests if bounded else 0, warmup_count=warmup
        )
        asked += rows_of(prompts, requests) + rows_of(prompts, warmup, warmup=True)
    assert bool(prompts.note(requests)) is (len(set(asked)) < len(asked))


def test_M2_few_different_synthetic_prompts_are_told():
    prompts = by_words(input_len=1, words_per_token=1, **DEFAULTS)
    assert prompts.note(len(WORDS)) == ""
    assert len({prompts(n, warmup=False)[0] for n in range(len(WORDS) + 1)}) == len(WORDS)
    assert "more than once" in prompts.note(len(WORDS) + 1)


def test_malformed_dataset_line_is_named(tmp_path):
    with pytest.raises(PromptError, match=r'rows\.jsonl line 2: "prompt" must be a text'):
        dataset(tmp_path, '{"prompt": "fine"}\n{"prompt": 3}\n')


def test_null_output_len_is_not_given(tmp_path):
    assert dataset(tmp_path, '{"prompt": "a", "output_len": null}')(0, warmup=False)[1] == 9


def test_empty_dataset_is_refused(tmp_path):
    with pytest.raises(PromptError, match="no rows"):
        dataset(tmp_path, "\n\n")
