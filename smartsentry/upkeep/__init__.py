"""Keep the repository's generated text current: README and rule docs."""
