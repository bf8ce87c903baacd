"""No text of the data leaves: neither as a whole, nor inside of another text, nor as a key."""

from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.disclosure.words import data_words, strange, texts

words = st.text(alphabet="abcdefghij-_ 炉号", min_size=1, max_size=12).filter(lambda t: t.strip())


@given(st.lists(words, min_size=1, max_size=6), st.integers(0, 3))
def test_a_text_of_the_data_is_found_wherever_it_hides(secrets, how):
    secret = secrets[0]
    hidden = [{"value": secret}, {secret: 1}, {"list": [["x", secret]]}, {"deep": {"a": {"b": secret}}}][how]
    assert (secret in {w for _, w in data_words(hidden, secrets, [])}) or secret in {"value", "list", "deep", "x"}
    assert (
        any(text == secret for _, text in strange(hidden, ["value", "list", "deep", "x", "a", "b"])) or secret in "xab"
    )


@given(words)
def test_a_word_that_the_contract_lists_may_leave(word):
    assert data_words({"value": word}, [word], [word, "value"]) == []
    assert strange({"value": word}, [word, "value"]) == []


def test_texts_inside_of_longer_ones_are_found():
    assert data_words({"why": "oven-17 was hot"}, ["oven-17"], ["why"]) == [("why", "oven-17")]
    assert data_words({"why": "grade Q"}, ["Q"], ["why"]) == [("why", "Q")]
    assert data_words({"why": "grade Q"}, ["gr"], ["why"]) == []


def test_fingerprints_and_days_are_no_words():
    """They have a shape that carries no free text."""
    assert strange({"a": "0f" * 32, "b": "2026-11-28"}, ["a", "b"]) == []
    assert strange({"a": "0f" * 31}, ["a"]) == [("a", "0f" * 31)]
    assert list(texts({"a": {"b": 1.5}})) == [("a", "a"), ("a.b", "b")]
