"""The response to an alarm: its section of docs/runbooks/alarms.md, which the bundle contains (`ships_runbook`)."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

FILE = Path(__file__).parents[2] / "docs/runbooks/alarms.md"
# The two alarms of which a composite alarm is made.
_PART = re.compile(r"-(long|short)$")
# The page has paragraphs with code and links, and nothing else that would need a library.
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of the runbook, with its paragraphs as HTML."""

    title: str
    paragraphs: tuple[Markup, ...]


def section_of(alarm: str, *, environment: str) -> Section | None:
    """Return the section on an alarm, by the end of the alarm's name; None if there is none."""
    name = _PART.sub("", alarm)
    titles = [title for title in _sections() if name.endswith(f"-{title}")]
    if not titles:
        return None
    title = max(titles, key=len)
    text = _sections()[title].replace("environment=prod", f"environment={environment}")
    text = text.replace("<environment>", environment)
    return Section(title=title, paragraphs=tuple(_html(each) for each in text.split("\n\n") if each.strip()))


@cache
def _sections() -> dict[str, str]:
    _, *parts = re.split(r"^## ", FILE.read_text("utf-8"), flags=re.MULTILINE)
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


def _html(paragraph: str) -> Markup:
    plain = str(escape(_LINK.sub(r"\1", paragraph.strip())))
    return Markup(_CODE.sub(r"<code>\1</code>", plain))  # noqa: S704 - escaped before the tags are added
