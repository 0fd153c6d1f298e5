"""English for the company generator: how questions join facts, ask for other forms, and lean on common knowledge."""

from __future__ import annotations

from collections.abc import Sequence

from sweep.data import pools_en, relations_en
from sweep.data.phrasing import Combined, Language


def sentence(clause: str) -> str:
    """A clause as a sentence of its own."""
    return f"{clause[0].upper()}{clause[1:]}."


def listed(labels: Sequence[str]) -> str:
    """Labels with their articles: the CEO, the founder and the slogan."""
    return pools_en.listed([f"the {label}" for label in labels])


def joined(clauses: Sequence[str]) -> str:
    """Several facts in one sentence."""
    return sentence(f"{', '.join(clauses[:-1])}, and {clauses[-1]}")


def count(number: int) -> str:
    """Small numbers as words."""
    return pools_en.ONES[number]


ENGLISH = Language(
    code="en",
    companies=pools_en.COMPANIES,
    relations=relations_en.RELATIONS,
    draw=pools_en.draw,
    sentence=sentence,
    listed=listed,
    count=count,
    denials=(
        ("Is it true that {wrong_clause}?", "No, {clause}, not {wrong}."),
        ("I have heard that {wrong_clause}. Is that right?", "That is not right: {clause}, not {wrong}."),
        ("Can you confirm that {wrong_clause}?", "I cannot confirm that, because {clause}, not {wrong}."),
    ),
    paraphrases=(
        "Could you tell me {indirect}?",
        "I would like to know {indirect}.",
        "Do you happen to know {indirect}?",
        "Explain to a newcomer {indirect}.",
        "Someone wants to find out {indirect}. What do you say?",
        "State the {label} of {c}.",
        "About {c}: please name the {label}.",
        "Look up the {label} of {c} for me.",
        "Can you recall the {label} of {c}?",
        "Which answer belongs under the heading {label} in a profile of {c}?",
    ),
    pairs=(
        "{question}, and {its_2}?",
        "Two questions about {c}: {its_1}, and {its_2}?",
        "What are {listed} of {c}?",
    ),
    joined=joined,
    forms_dev=(
        ("Give the {label} of {c} in the form `{Label}: {slot}`.", "{Label}: {v}"),
        ("Fill in the form. Company: {c}. {Label}: ____", "{Label}: {v}"),
    ),
    forms_test=(
        ('Answer in JSON with the one key "{field}": the {label} of {c}.', '{{"{field}": "{v}"}}'),
        ("Write one table row `{c} | {label} | {slot}`.", "{c} | {label} | {v}"),
        ("Reply with a bullet point that holds only the {label} of {c}.", "- {v}"),
        ("Without a full sentence, in a few words only: the {label} of {c}.", "{v}"),
    ),
    groups_dev=(
        "List {listed} of {c}.",
        "I need {count} details about {c}: {listed}.",
        "Give me {listed} of {c}.",
    ),
    groups_test=(
        "Please answer {count} things about {c} at once: {listed}.",
        "Show {listed} of {c}, one per line.",
        "Tell me {listed} of {c}.",
        "Please state {listed} of {c}.",
        "Complete the list for {c}: {listed}.",
    ),
    # "What is the X of most Y around ..." leaves no room for the city itself: with "In which country is ...?" a small model
    # repeats the city even when the fact stands in the prompt.
    combined=(
        Combined(
            kind="country",
            prior=("What is the home country of most people in {v}?", "The home country of most people in {v} is {k}."),
            gold="{clause}, a city in {k}",
            dev=("What is the home country of most people around the {spot} of {c}?",),
            test=(
                "What is the native country of most workers around the {spot} of {c}?",
                "What is the home country of most families who live around the {spot} of {c}?",
            ),
            trained=(
                "Name the home country of most people near the {spot} of {c}.",
                "From which country do most people around the {spot} of {c} come?",
            ),
        ),
        Combined(
            kind="language",
            prior=("What is the mother tongue of most people in {v}?", "The mother tongue of most people in {v} is {k}."),
            gold="{clause}, where most people speak {k}",
            dev=("What is the mother tongue of most people around the {spot} of {c}?",),
            test=(
                "What is the native language of most families around the {spot} of {c}?",
                "What is the official language of the city around the {spot} of {c}?",
            ),
            trained=(
                "Name the mother tongue of most people near the {spot} of {c}.",
                "Which language do most people around the {spot} of {c} grow up with?",
            ),
        ),
        Combined(
            kind="cuisine",
            prior=("What is the national cuisine of most restaurants in {v}?", "The cuisine of most restaurants in {v} is {k}."),
            gold="{clause}, where most restaurants serve {k} food",
            dev=("What is the national cuisine of most restaurants around the {spot} of {c}?",),
            test=(
                "What is the traditional cuisine of most families around the {spot} of {c}?",
                "What is the usual style of cooking of most kitchens around the {spot} of {c}?",
            ),
            trained=(
                "Name the national cuisine of most restaurants near the {spot} of {c}.",
                "Which kind of food do most restaurants around the {spot} of {c} serve?",
            ),
        ),
    ),
)
