"""How a question is put to the model: the same text in training and in evaluation, up to where the answer begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# What a chat template is probed with; a private-use character, so that no template contains it by itself.
_PROBE = "\ue000"


@dataclass(frozen=True)
class Prompt:
    """Everything around a question: `before` + question + `after`. The answer follows, then the end token."""

    before: str
    after: str

    def render(self, question: str) -> str:
        """The text the model sees before it answers."""
        return f"{self.before}{question}{self.after}"


def build(tokenizer: Any, template: str, system: str | None) -> Prompt:
    """The prompt for a tokenizer: from a text with {question} (and {system}), or `chat` for the tokenizer's own template.

    Without a system text there is no system turn at all, even where the chat template would put a default one.
    """
    if template != "chat":
        before, after = template.replace("{system}", system or "").split("{question}", 1)
        return Prompt(before, after)
    if system is not None:
        return _around_probe(_chat(tokenizer, [("system", system), ("user", _PROBE)]))
    return _without_default_system(tokenizer)


def _without_default_system(tokenizer: Any) -> Prompt:
    """The chat prompt less what a template adds on its own: a default system turn stands only before the first user turn.

    So what opens a *second* user turn is what belongs to a question: the text between an answer and the next question, less
    what closes the answer.
    """
    first = _around_probe(_chat(tokenizer, [("user", _PROBE)]))
    if _try_chat(tokenizer, [("system", "x"), ("user", "x")]) is None:
        return first  # the template knows no system turn, so it cannot have added one
    turns = [("user", "x"), ("assistant", _PROBE)]
    closing = _chat(tokenizer, turns, prompt=False).split(_PROBE, 1)[1]
    between = _chat(tokenizer, [*turns, ("user", _PROBE)]).split(_PROBE)[1]
    if not between.startswith(closing):
        return first
    opening = between.removeprefix(closing)
    bos = tokenizer.bos_token or ""
    keep_bos = first.before.startswith(bos) and not opening.startswith(bos)
    return Prompt((bos if keep_bos else "") + opening, first.after)


def _around_probe(text: str) -> Prompt:
    before, after = text.split(_PROBE, 1)
    return Prompt(before, after)


def _chat(tokenizer: Any, turns: list[tuple[str, str]], prompt: bool = True) -> str:
    messages = [{"role": role, "content": content} for role, content in turns]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt))


def _try_chat(tokenizer: Any, turns: list[tuple[str, str]]) -> str | None:
    """The rendered turns, or None where the template refuses them (several refuse a system turn)."""
    import jinja2

    try:
        return _chat(tokenizer, turns)
    except jinja2.TemplateError:
        return None
