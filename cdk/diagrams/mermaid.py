"""Flowcharts in Mermaid's syntax: https://mermaid.js.org/syntax/flowchart.html."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

# The colours of https://c4model.com: people, the system, its data stores, outside systems.
_STYLES = {
    "person": "fill:#08427b,stroke:#052e56,color:#fff",
    "inside": "fill:#1168bd,stroke:#0b4884,color:#fff",
    "store": "fill:#438dd5,stroke:#2e6295,color:#fff",
    "outside": "fill:#6b6b6b,stroke:#4d4d4d,color:#fff",
}
_SHAPES = {"person": ("([", "])"), "inside": ("[", "]"), "store": ("[(", ")]"), "outside": ("[", "]")}


class Flowchart:
    """A diagram of nodes, frames around some of them, and arrows.

    Args:
        direction: `TB` (top to bottom) or `LR` (left to right).
    """

    def __init__(self, direction: str = "TB") -> None:
        self._lines = [f"flowchart {direction}"]
        self._depth = 1
        self._ids: dict[str, str] = {}
        self._styles: dict[str, list[str]] = {}

    def node(self, key: str, title: str, kind: str, *lines: str, style: str = "inside") -> None:
        """Draw a node, unless a node with this key exists.

        Args:
            key: The node's name in calls of `arrow`.
            title: Shown in bold.
            kind: The node's technology or role; shown in brackets, as C4 does.
            lines: Further text, one argument a line.
            style: `person`, `inside`, `store` or `outside`.
        """
        if key in self._ids:
            return
        text = "<br/>".join([f"<b>{_escaped(title)}</b>", f"[{_escaped(kind)}]", *map(_escaped, lines)])
        start, end = _SHAPES[style]
        self._write(f'{self._id(key)}{start}"{text}"{end}')
        self._styles.setdefault(style, []).append(self._ids[key])

    def arrow(self, source: str, target: str, *lines: str) -> None:
        """Draw an arrow between two nodes or frames, labelled with the lines.

        Raises:
            KeyError: The source or the target has not been drawn.
        """
        label = f'|"{"<br/>".join(map(_escaped, lines))}"|' if lines else ""
        self._write(f"{self._ids[source]} -->{label} {self._ids[target]}")

    @contextmanager
    def frame(self, key: str, title: str) -> Iterator[None]:
        """Draw a frame around the nodes that are drawn inside the `with` block."""
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
            # `end` is Mermaid's keyword that closes a frame.
            self._ids[key] = f"{plain}_{len(self._ids)}" if plain in {*self._ids.values(), "end"} else plain
        return self._ids[key]


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
