"""Why prompts cannot be made."""


class PromptError(Exception):
    """A tokenizer or dataset cannot be used; the text is for the user and names file, line and reason."""
