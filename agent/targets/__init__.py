"""The languages of LLM servers: how a request is written and how the answer is read, without any I/O."""
