"""Flowcharts in Mermaid's syntax."""

import pytest

from cdk.diagrams.mermaid import Flowchart


def test_nodes_frames_and_arrows_become_a_block_of_markdown() -> None:
    chart = Flowchart("LR")
    chart.node("me", "Me", "person", style="person")
    with chart.frame("us", "All of us"):
        chart.node("the shop", "The shop", "software", "Sells.", "Buys.")
    chart.arrow("me", "the shop", "asks", "pays")

    assert str(chart).splitlines() == [
        "```mermaid",
        "flowchart LR",
        '    me(["<b>Me</b><br/>[person]"])',
        '    subgraph us["All of us"]',
        '        the_shop["<b>The shop</b><br/>[software]<br/>Sells.<br/>Buys."]',
        "    end",
        '    me -->|"asks<br/>pays"| the_shop',
        "    classDef inside fill:#1168bd,stroke:#0b4884,color:#fff",
        "    class the_shop inside",
        "    classDef person fill:#08427b,stroke:#052e56,color:#fff",
        "    class me person",
        "```",
    ]


def test_the_text_of_a_node_is_escaped() -> None:
    chart = Flowchart()
    chart.node("n", 'say "<b>"', "a & b")

    assert "<b>say #quot;#lt;b#gt;#quot;</b><br/>[a #amp; b]" in str(chart)


def test_a_node_is_drawn_once() -> None:
    chart = Flowchart()
    chart.node("n", "First", "kind")
    chart.node("n", "Second", "kind")

    assert "Second" not in str(chart)


def test_keys_that_become_the_same_id_get_different_ids() -> None:
    chart = Flowchart()
    chart.node("a b", "One", "kind")
    chart.node("a-b", "Two", "kind")
    chart.node("end", "Three", "kind")
    chart.arrow("a b", "a-b")

    assert "a_b --> a_b_1" in str(chart)
    assert 'end_2["<b>Three</b>' in str(chart)


def test_an_arrow_needs_both_ends() -> None:
    chart = Flowchart()
    chart.node("a", "A", "kind")

    with pytest.raises(KeyError):
        chart.arrow("a", "b")
