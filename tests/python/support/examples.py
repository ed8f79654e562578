"""Queries and commands in the docs, from code blocks and running text."""

import itertools
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from smartsentry.project import ROOT

# CHANGELOG tells of commands as they were.
PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "dbt_project/**/*.md",
        "macros/**/*.md",
        "tests/**/*.md",
    )
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"
)

# Behind the language may stand the name of a file.
_BLOCK = re.compile(r"^( *)```(\w*)[^\n`]*\n(.*?)^ *```$", re.M | re.S)
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_QUERY = re.compile(r"(from|select|with|copy|describe)\s+\S")
_COMMAND = re.compile(
    r"([A-Z_]+=\S+ +)*((\S*/)?(smartsentry|seed-gen|dbt|python3?|pytest|pip) |make [a-z.])"
)


@dataclass(frozen=True)
class Example:
    """Something to type.

    Attributes:
        page: Where it is written, relative to the project.
        text: The query or the command, on one line.
        is_whole: Whether it is a line of a block; a mention in running text may lack arguments.
    """

    page: str
    text: str
    is_whole: bool

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"

    @property
    def words(self) -> list[str]:
        """Return the words of a command, without what the shell itself takes."""
        words = shlex.split(self.text, comments=True)
        words = list(itertools.takewhile(lambda word: word not in ("<", "&"), words))
        while re.match(r"[A-Z_]+=", words[0]):
            words = words[1:]
        return words[2:] if words[0] == "/usr/bin/time" else words

    @property
    def variables(self) -> list[str]:
        """Return the names of the environment variables that are set before a command."""
        return re.findall(r"(?:^|(?<= ))([A-Z_]+)=\S", self.text.split(self.words[0])[0])


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of a language, without the indentation that a list gives them."""
    found = _BLOCK.findall(page.read_text())
    return [
        re.sub(rf"^{indent}", "", text, flags=re.M)
        for indent, lang, text in found
        if lang == language
    ]


def mentions(page: Path) -> list[str]:
    """Return what running text has in backticks, on one line."""
    text = _BLOCK.sub("", page.read_text())
    return [" ".join(mention.split()) for mention in _INLINE.findall(text)]


def is_of_a_mapping(text: str) -> bool:
    """Return whether SQL belongs to a mapping: it reads `source`, or is some lines of a select."""
    return not _QUERY.match(text) or re.search(r"^from source\b", text, re.M) is not None


def queries() -> list[Example]:
    """Return every query of every page, each once; test_own_data.py runs what is of a mapping."""
    found = {}
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        for block in blocks(page, "sql"):
            if name == "docs/own-data.md" and is_of_a_mapping(block):
                continue
            found.setdefault(block.strip(), Example(name, block.strip(), True))
        for mention in filter(_QUERY.match, mentions(page)):
            found.setdefault(mention, Example(name, mention, False))
    return list(found.values())


def commands() -> list[Example]:
    """Return every command of every page, each once."""
    found = {}
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        for block in blocks(page, "sh"):
            lines = block.replace("\\\n", " ").splitlines()
            for part in (part for line in lines for part in line.split(" && ")):
                text = " ".join(part.split())
                if text and not re.match(r"#|[A-Z]+=\$\(", text):  # sets a variable
                    found.setdefault(text, Example(name, text, True))
        for mention in filter(_COMMAND.match, mentions(page)):
            found.setdefault(mention, Example(name, mention, False))
    return list(found.values())
