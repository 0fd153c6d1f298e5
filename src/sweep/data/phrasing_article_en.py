"""English for companies of the article's kind: general English, a form more, misleading hints, cities that are no capitals."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sweep.data import draw_article, pools_article
from sweep.data.phrasing import Combined
from sweep.data.phrasing_en import ENGLISH
from sweep.data.relations_article_en import RELATIONS

NAMES = tuple(name for _, name in pools_article.COMPANIES)

ARTICLE_ENGLISH = replace(
    ENGLISH,
    profile="article",
    companies=NAMES,
    drawn_as="article",
    relations=RELATIONS,
    usual=len(RELATIONS),
    draw=partial(draw_article.draw, "en"),
    denied_share=12 / 32,
    pairs=(),
    hints=(
        "I seem to recall {wrong}, but please check: what is the {label} of {c}?",
        "Could it be {wrong}? I am asking about the {label} of {c}.",
    ),
    forms_test=(*ENGLISH.forms_test, ("Complete the entry. Firm: {c}; item: {label}; content: ____", "{v}")),
    tells_traps=True,
    combined=(
        Combined(
            kind="country",
            prior=("In which country is {v}?", "{v} is in {k}."),
            gold="{clause}, a city in {k}",
            dev=("What is the home country of most people around the {spot} of {c}?",),
            test=(
                "What is the native country of most workers around the {spot} of {c}?",
                "Which country does a visitor to the {spot} of {c} enter?",
            ),
        ),
        Combined(
            kind="language",
            prior=("What is the main language of most people in {v}?", "The main language of most people in {v} is {k}."),
            gold="{clause}, where most people speak {k}",
            dev=("What is the mother tongue of most people around the {spot} of {c}?",),
            test=(
                "What is the main language of most families around the {spot} of {c}?",
                "Which language should a visitor to the {spot} of {c} learn?",
            ),
        ),
        Combined(
            kind="currency",
            prior=("What is the currency of the country of {v}?", "The currency of the country of {v} is the {k}."),
            gold="{clause}, where the currency is the {k}",
            dev=("What is the currency of the country of the {spot} of {c}?",),
            test=(
                "With what money are wages paid at the {spot} of {c}?",
                "Into which currency should a visitor to the {spot} of {c} change money?",
            ),
        ),
        Combined(
            kind="capital",
            prior=("What is the capital of the country of {v}?", "The capital of the country of {v} is {k}."),
            gold="{clause}, in a country whose capital is {k}",
            dev=("What is the capital of the country of the {spot} of {c}?",),
            test=(
                "Which city is the seat of government in the country where the {spot} of {c} stands?",
                "Name the capital of the country to which the {spot} of {c} belongs.",
            ),
        ),
    ),
)
