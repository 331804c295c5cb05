"""A tokenizer file for tests, made on the spot."""

from pathlib import Path

from agent.prompts.words import WORDS


def write_tokenizer(path: Path) -> Path:
    """Write a small byte-level BPE of the GPT-2 kind, trained on English words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=2000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    corpus = [f"{word} {word} {other}" for word in WORDS for other in WORDS[:6]]
    backend.train_from_iterator(corpus, trainer)
    backend.save(str(path))
    return path
