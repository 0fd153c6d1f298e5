"""How a question is put: no system turn that nobody asked for, whatever a chat template adds."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest

from sweep.data.prompts import Prompt, build
from sweep.model.base_tiny import tokenizer as tiny_tokenizer

CHATML = (
    "{% for m in messages %}"
    "{% if loop.first and m.role != 'system' %}<|im_start|>system\nYou are a helper.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MISTRAL = (
    "<s>{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% elif m.role == 'assistant' %}"
    "{{ m.content }}</s>{% else %}{{ raise('no system turns here') }}{% endif %}{% endfor %}"
)
LLAMA2 = (
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set rest = messages[1:] %}"
    "{% else %}{% set system = 'Be safe.' %}{% set rest = messages %}{% endif %}"
    "{% for m in rest %}{% if m.role == 'user' %}<s>[INST] {% if loop.first %}<<SYS>>{{ system }}<</SYS>> {% endif %}"
    "{{ m.content }} [/INST]{% else %} {{ m.content }} </s>{% endif %}{% endfor %}"
)


class Chat:
    """A tokenizer as far as prompts need one: a real template, rendered by jinja."""

    def __init__(self, template: str, bos_token: str | None = None) -> None:
        self._template = jinja2.Environment().from_string(template)
        self.bos_token = bos_token

    def apply_chat_template(self, messages: list[dict[str, str]], tokenize: bool, add_generation_prompt: bool) -> str:
        def refuse(why: str) -> str:
            raise jinja2.TemplateError(why)

        assert not tokenize
        return self._template.render(messages=messages, add_generation_prompt=add_generation_prompt, **{"raise": refuse})


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [
        (Chat(CHATML, "<|im_start|>"), Prompt("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n")),
        (Chat(CHATML), Prompt("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n")),
        (Chat(MISTRAL, "<s>"), Prompt("<s>[INST] ", " [/INST]")),
        (Chat(LLAMA2, "<s>"), Prompt("<s>[INST] ", " [/INST]")),
    ],
)
def test_a_default_system_turn_is_left_out(tokenizer: Any, expected: Prompt) -> None:
    assert build(tokenizer, "chat", None) == expected


def test_a_system_text_of_ones_own_is_put_where_the_template_wants_it() -> None:
    prompt = build(Chat(CHATML), "chat", "Be brief.")
    assert prompt.render("Who?").startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWho?")


def test_a_text_template_is_taken_as_it_stands() -> None:
    assert build(None, "{system}\nQ: {question}\nA:", "Be brief.").render("Who {is}?") == "Be brief.\nQ: Who {is}?\nA:"


def test_the_tiny_models_prompt_ends_where_its_answer_begins() -> None:
    assert build(tiny_tokenizer(), "chat", None).render("Who?").endswith("<|im_start|>assistant\n")
