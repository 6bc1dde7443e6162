"""Dynamic prompts: every pick is one that was offered, as often as it should be, and the same for a seed for ever."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from pipelines.errors import InvalidRequest
from pipelines.expansion import expand, hints, wear
from pipelines.prompt import parse, pieces

WORDS = st.text(alphabet="ab ,.()<>0", max_size=4)
Template = str | tuple[str, list["Template"]]
"""Words, or ("all", …) for one after another, or ("one", …) for a choice."""

TEMPLATES: st.SearchStrategy = st.recursive(
    WORDS,
    lambda inner: st.tuples(st.sampled_from(["all", "one"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=6,
)


def written(template: Template) -> str:
    if isinstance(template, str):
        return template
    kind, inner = template
    return "".join(map(written, inner)) if kind == "all" else "{" + "|".join(map(written, inner)) + "}"


def possible(template: Template) -> set[str]:
    if isinstance(template, str):
        return {template}
    kind, inner = template
    outcomes = [possible(each) for each in inner]
    return {"".join(each) for each in product(*outcomes)} if kind == "all" else set().union(*outcomes)


@given(st.text(max_size=80).filter(lambda text: not set("{}\\") & set(text) and "__" not in text), st.integers())
def test_plain_text_comes_back(text: str, seed: int) -> None:
    assert expand(text, seed) == text
    assert hints(text) == ()


@given(TEMPLATES, st.integers(0, 2**64))
def test_a_result_is_one_of_the_product_and_the_same_again(template: Template, seed: int) -> None:
    made = expand(written(template), seed)
    assert made in possible(template)
    assert made == expand(written(template), seed)


@given(st.text(alphabet="ab{}[]|\\_:0123$prompt", max_size=60), st.integers(0, 9))
def test_nothing_breaks_it(text: str, seed: int) -> None:
    lists = {"a": ["x", "{y|z}"], "b": ["__a__"]}
    expand(text, seed, lists)
    hints(text, lists)


def pick(seed: int, number: int, weights: list[int]) -> int:
    """The documented rule, in a few lines of its own."""
    digest = hashlib.sha256(b"%d:%d" % (seed, number)).hexdigest()
    goal = int(digest[:16], 16) * sum(weights) // 2**64
    place = 0
    while goal >= weights[place]:
        goal -= weights[place]
        place += 1
    return place


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1])
def test_picks_follow_the_documented_rule(seed: int) -> None:
    colour = ["red", "blue", "green"][pick(seed, 1, [1, 1, 1])]
    thing = ["boat", "hill"][pick(seed, 2, [3, 1])]
    tree = ["oak", "elm", "fir", "ash"][pick(seed, 3, [1] * 4)]
    text = "a {red|blue|green} {3::boat|hill} by an __trees__"
    assert expand(text, seed, {"trees": ["oak", "elm", "fir", "ash"]}) == f"a {colour} {thing} by an {tree}"


@pytest.mark.parametrize(
    ("seed", "made"), [(0, "c b b a c b a b"), (1, "c b b a b b a a"), (2, "b a b c a a b c"), (42, "a c b b b b b b")]
)
def test_picks_are_pinned(seed: int, made: str) -> None:
    """Worked out once with sha256sum and bc; pictures that people have made depend on it."""
    assert expand(" ".join(["{a|b|c}"] * 8), seed) == made


def test_another_process_with_another_hash_seed_picks_the_same() -> None:
    code = "from pipelines.expansion import expand; print(expand('{a|b|__c__}' * 20, 7, {'c': 'wxyz'}))"
    run = [subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], env={"PYTHONHASHSEED": seed},
                          capture_output=True, text=True, check=True).stdout.strip() for seed in "12"]  # fmt: skip
    assert run == [expand("{a|b|__c__}" * 20, 7, {"c": "wxyz"})] * 2


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("{a|b|c}", {"a": 1, "b": 1, "c": 1}),
        ("{3::a|b}", {"a": 3, "b": 1}),
        ("{0.5::a|0.25::b|c}", {"a": 2, "b": 1, "c": 4}),
        ("{0::a|b|c}", {"b": 1, "c": 1}),
        ("{a|{b|c}}", {"a": 2, "b": 1, "c": 1}),
        ("{a|__l__}", {"a": 3, "x": 1, "y": 1, "z": 1}),
        ("{a|b}{a|b}", {"aa": 1, "ab": 1, "ba": 1, "bb": 1}),
    ],
)
def test_each_is_taken_as_often_as_its_weight_says(text: str, shares: dict[str, int]) -> None:
    seeds = 4000
    counts = Counter(expand(text, seed, {"l": ["x", "y", "z"]}) for seed in range(seeds))
    assert counts.keys() == shares.keys()
    expected = [seeds * share / sum(shares.values()) for share in shares.values()]
    assert chisquare([counts[each] for each in shares], expected).pvalue > 1e-4


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{}", ""),
        ("{|}", ""),
        ("{a}", "a"),
        ("a{ 5::b}", "ab"),
        (r"\{a|b\}", "{a|b}"),
        (r"{a\|b}", r"a\|b"),
        (r"{\{\}}", "{}"),
        (r"\\{a}", r"\\a"),
        (r"\(a\) \[b\|c\]", r"\(a\) \[b\|c\]"),
        ("{[a|b]}", "[a|b]"),
        ("{[a::0.5]}", "[a::0.5]"),
        ("[{a}|{b}]", "[a|b]"),
        ("{[a}", "[a"),
        ("a | b", "a | b"),
        ("in the style of {prompt}", "in the style of {prompt}"),
        ("{a {prompt}}", "a {prompt}"),
        ("__one__ __sub/two-2__", "1 a 2"),
        ("__a___ _b_ ____", "__a___ _b_ ____"),
        ("snake_case", "snake_case"),
    ],
)
def test_what_it_means(text: str, made: str) -> None:
    assert expand(text, 5, {"one": ["1"], "sub/two-2": ["a {2}"]}) == made


def test_escapes_are_the_prompt_languages_own() -> None:
    made = expand(r"{a \| \(b\)}", 0)
    assert pieces(parse(made).parts[0], 1, 1)[0].text == "a | (b)"


def test_bars_in_square_brackets_part_no_options() -> None:
    assert {expand("{[a|b]|c}", seed) for seed in range(40)} == {"[a|b]", "c"}
    assert {expand("{[a|b}", seed) for seed in range(40)} == {"[a", "b"}
    assert {expand("{[{a|b}|c]:d|e}", seed) for seed in range(80)} == {"[a|c]:d", "[b|c]:d", "e"}


def test_picks_before_a_choice_do_not_depend_on_what_follows() -> None:
    for seed in range(20):
        assert expand("{a|b|c} {d|e}", seed).startswith(expand("{a|b|c}", seed))


PARTNER = r"has no partner and is read as it stands; write \{} if it is meant so."
STANDS = "is read as it stands: "


@pytest.mark.parametrize(
    ("text", "made", "hint"),
    [
        ("a {red|blue", "a {red|blue", "A { " + PARTNER.format("{")),
        ("a red}", "a red}", "A } " + PARTNER.format("}")),
        ("__colurs__", "__colurs__", f"There is no list colurs, so __colurs__ {STANDS}did you mean __colours__?"),
        ("__zzz__", "__zzz__", f"There is no list zzz, so __zzz__ {STANDS}add such a list, or take it out."),
        ("__none__", "__none__", f"The list none has no lines, so __none__ {STANDS}write some, or take it out."),
        ("{0::a|0::b}", "{0::a|0::b}", f"{{0::a|0::b}} {STANDS}every weight in it is 0, so give one option more."),
        ("{red}", "red", r"{red} has one option only, which is taken; write \{ and \} if braces are meant."),
        ("{2$$a}", "2$$a", "{2$$a} takes one option, not several: what stands before its $$ is read as words."),
        ("__bad__", "a {b", "In the list bad: A { " + PARTNER.format("{")),
    ],
)
def test_what_cannot_be_read_stays_and_is_said(text: str, made: str, hint: str) -> None:
    lists = {"colours": ["red"], "none": [], "bad": ["a {b"]}
    assert expand(text, 0, lists) == made
    assert hint in hints(text, lists)


def test_good_text_has_no_hints() -> None:
    assert hints(r"{a|b} __c__ \{ {prompt} [a|b]", {"c": ["{d|e}"]}) == ()


@pytest.mark.parametrize(
    ("lists", "circle"),
    [
        ({"a": ["x", "x", "__a__ y"]}, "__a__ → __a__"),
        ({"a": ["__b__"], "b": ["{x|__c__}"], "c": ["__b__"]}, "__b__ → __c__ → __b__"),
    ],
)
def test_a_list_that_leads_back_to_itself_is_refused_whatever_the_seed(lists, circle: str) -> None:
    for seed in range(5):
        with pytest.raises(InvalidRequest, match=circle):
            expand("__a__", seed, lists)
    assert hints("__a__", lists) == ()
    assert expand("plain", 0, lists) == "plain"


def test_lists_that_grow_without_end_are_refused() -> None:
    doubling = {f"l{i}": [f"__l{i + 1}__ __l{i + 1}__"] for i in range(30)} | {"l30": ["x"]}
    with pytest.raises(InvalidRequest, match="more than 10,000 choices"):
        expand("__l0__", 0, doubling)
    chain = {f"l{i}": [f"__l{i + 1}__"] for i in range(60)} | {"l60": ["x"]}
    with pytest.raises(InvalidRequest, match="more than 40 deep"):
        expand("__l0__", 0, chain)


def test_a_flood_of_braces_is_read_at_once() -> None:
    assert expand("{" * 2000 + "x" + "}" * 2000, 0) == "{" * 1960 + "x" + "}" * 1960
    assert hints("{" * 2000 + "x" + "}" * 2000)
    assert expand("[{" * 1000 + "}]" * 1000, 0)
    assert expand("__a_" * 1000, 0) == "__a_" * 1000


@pytest.mark.parametrize(
    ("style", "prompt", "worn"),
    [
        ("oil painting of {prompt}, warm", "a cat", "oil painting of a cat, warm"),
        ("{prompt} and {prompt}", "a cat", "a cat and a cat"),
        ("oil, warm", "a cat", "a cat, oil, warm"),
        ("oil, warm", "a cat, ", "a cat, oil, warm"),
        ("oil, {prompt}, warm", "  ", "oil, warm"),
        ("{prompt}", "", ""),
        ("oil", "", "oil"),
        ("", "a cat, ", "a cat, "),
        ("  ", "", ""),
    ],
)
def test_a_style_is_worn(style: str, prompt: str, worn: str) -> None:
    assert wear(style, prompt) == worn
