"""Flowcharts as Mermaid writes them: https://mermaid.js.org/syntax/flowchart.html."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

# Colours as https://c4model.com has them: people, the system itself, what is outside of it.
_STYLES = {
    "person": "fill:#08427b,stroke:#052e56,color:#fff",
    "inside": "fill:#1168bd,stroke:#0b4884,color:#fff",
    "store": "fill:#438dd5,stroke:#2e6295,color:#fff",
    "outside": "fill:#6b6b6b,stroke:#4d4d4d,color:#fff",
}
_SHAPES = {"person": ("([", "])"), "inside": ("[", "]"), "store": ("[(", ")]"), "outside": ("[", "]")}


class Flowchart:
    """A diagram of nodes, of frames around some of them, and of arrows.

    Args:
        direction: `TB` from top to bottom, `LR` from left to right.
    """

    def __init__(self, direction: str = "TB") -> None:
        self._lines = [f"flowchart {direction}"]
        self._depth = 1
        self._ids: dict[str, str] = {}
        self._styles: dict[str, list[str]] = {}

    def node(self, key: str, title: str, kind: str, *lines: str, style: str = "inside") -> None:
        """Draw a node; what has been drawn under the same key stays as it is.

        Args:
            key: What arrows name it by.
            title: In bold.
            kind: What it is, in brackets as C4 has it.
            lines: What else there is to say, each on a line of its own.
            style: `person`, `inside`, `store` or `outside`.
        """
        if key in self._ids:
            return
        text = "<br/>".join([f"<b>{_escaped(title)}</b>", f"[{_escaped(kind)}]", *map(_escaped, lines)])
        start, end = _SHAPES[style]
        self._write(f'{self._id(key)}{start}"{text}"{end}')
        self._styles.setdefault(style, []).append(self._ids[key])

    def arrow(self, source: str, target: str, *lines: str) -> None:
        """Draw an arrow between two nodes or frames that have been drawn, with what there is to say of it.

        Raises:
            KeyError: One of them has not.
        """
        said = f'|"{"<br/>".join(map(_escaped, lines))}"|' if lines else ""
        self._write(f"{self._ids[source]} -->{said} {self._ids[target]}")

    @contextmanager
    def frame(self, key: str, title: str) -> Iterator[None]:
        """Draw a frame around the nodes that are drawn in the block."""
        self._write(f'subgraph {self._id(key)}["{_escaped(title)}"]')
        self._depth += 1
        yield
        self._depth -= 1
        self._write("end")

    def __str__(self) -> str:
        """Return the diagram as a block of Markdown."""
        styles = [
            line
            for style, ids in sorted(self._styles.items())
            for line in (f"    classDef {style} {_STYLES[style]}", f"    class {','.join(ids)} {style}")
        ]
        return "\n".join(["```mermaid", *self._lines, *styles, "```"])

    def _write(self, line: str) -> None:
        self._lines.append(f"{'    ' * self._depth}{line}")

    def _id(self, key: str) -> str:
        if key not in self._ids:
            plain = re.sub(r"[^A-Za-z0-9]+", "_", key)
            # `end` alone would end a frame.
            self._ids[key] = f"{plain}_{len(self._ids)}" if plain in {*self._ids.values(), "end"} else plain
        return self._ids[key]


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
