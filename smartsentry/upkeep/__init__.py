"""Keep the repository's generated text current: results in README and docs, and rule docs."""
