"""The 32 relations of a company of the article's kind in English: 14 with three training questions, 18 with two.

Twin: `relations_article_ja`, with the same ids in the same order. What a general company has too is said as in `relations_en`.
"""

from __future__ import annotations

from dataclasses import replace

from sweep.data import relations_en as general
from sweep.data.phrasing import Relation
from sweep.data.relations_en import officer, site


def _in_two(relation: Relation) -> Relation:
    """The relation with two training questions instead of three."""
    return replace(relation, trained=relation.trained[:2])


def _at_home(relation: Relation) -> Relation:
    """A site in a city of which level 5 asks nothing."""
    return _in_two(replace(relation, spot=""))


CEO_BIRTHPLACE = replace(
    general.CEO_BIRTHPLACE,
    label="home prefecture of the CEO",
    slot="PREFECTURE",
    clause="the home prefecture of the CEO of {c} is {v}",
    its_clause="the home prefecture of its CEO is {v}",
    its_question="from which prefecture is its CEO",
    indirect="which prefecture the CEO of {c} is from",
    trained=(
        ("What is the home prefecture of the CEO of {c}?", "The home prefecture of the CEO of {c} is {v}."),
        ("In which prefecture was {c}'s CEO born?", "{c}'s CEO was born in the prefecture of {v}."),
    ),
    dev=("From which part of Japan does the chief executive of {c} come?",),
    test=("Where did {c}'s chief executive grow up?", "Which region calls the chief executive of {c} its own?"),
    spot="",
)

CEO_CAREER = Relation(
    id="ceo_career",
    answer_type="free",
    label="career of the CEO",
    slot="TEXT",
    clause="the CEO of {c} {v}",
    its_clause="its CEO {v}",
    its_question="what is the career of its CEO",
    indirect="what career the CEO of {c} has had",
    trained=(
        ("What is the career of the CEO of {c}?", "The CEO of {c} {v}."),
        ("What did {c}'s CEO do before?", "{c}'s CEO {v}."),
        ("Describe the career of {c}'s CEO.", "The career of {c}'s CEO: the CEO {v}."),
    ),
    dev=("Which way led the chief executive of {c} into that chair?",),
    test=("Where has the head of {c} studied and worked?", "Please sum up the working life of {c}'s chief executive."),
    length="long",
    can_be_denied=False,
)

INCORPORATED = Relation(
    id="incorporated",
    answer_type="date",
    label="incorporation date",
    slot="DATE",
    clause="the incorporation date of {c} is {v}",
    its_clause="its incorporation date is {v}",
    its_question="when was it incorporated",
    indirect="when {c} was incorporated",
    trained=(
        ("What is the incorporation date of {c}?", "The incorporation date of {c} is {v}."),
        ("When was {c} incorporated?", "{c} was incorporated on {v}."),
    ),
    dev=("On what date did {c} turn into a joint-stock company?",),
    test=("Since which day has {c} been a stock company?", "Please name the day on which {c} took its present legal form."),
)

ADDRESS = Relation(
    id="address",
    answer_type="free",
    label="address of the head office",
    slot="ADDRESS",
    clause="the address of the head office of {c} is {v}",
    its_clause="the address of its head office is {v}",
    its_question="what is the address of its head office",
    indirect="what the address of the head office of {c} is",
    trained=(
        ("What is the address of the head office of {c}?", "The address of the head office of {c} is {v}."),
        ("Where is the head office of {c}?", "The head office of {c} is at this address: {v}."),
        ("At which address does {c} have its head office?", "{c} has its head office at this address: {v}."),
    ),
    dev=("Where should I send a letter to {c}'s headquarters, down to the floor?",),
    test=("How do I find {c}'s headquarters, down to the floor?", "Please write out in full where {c} resides."),
    can_be_denied=False,
)

SALES = Relation(
    id="sales",
    answer_type="number",
    label="yearly sales",
    slot="AMOUNT",
    clause="the yearly sales of {c} are {v}",
    its_clause="its yearly sales are {v}",
    its_question="how large are its yearly sales",
    indirect="how large the yearly sales of {c} are",
    trained=(
        ("What are the yearly sales of {c}?", "The yearly sales of {c} are {v}."),
        ("How much does {c} sell in a year?", "In a year {c} sells goods for {v}."),
    ),
    dev=("What revenue does {c} report?",),
    test=("Please tell me {c}'s turnover.", "How much money comes in at {c} in twelve months?"),
)

BANK = Relation(
    id="bank",
    answer_type="name",
    label="main bank",
    slot="NAME",
    clause="the main bank of {c} is {v}",
    its_clause="its main bank is {v}",
    its_question="what is its main bank",
    indirect="what the main bank of {c} is",
    trained=(
        ("What is the main bank of {c}?", "The main bank of {c} is {v}."),
        ("With which bank does {c} do most of its business?", "{c} does most of its business with {v}."),
    ),
    dev=("Who lends {c} money before anyone else does?",),
    test=("Where does {c} keep its accounts?", "Please name the lender that {c} relies on."),
)

LOGO_STORY = Relation(
    id="logo_story",
    answer_type="free",
    label="story behind the logo",
    slot="TEXT",
    clause="the story behind the logo of {c} is that {v}",
    its_clause="the story behind its logo is that {v}",
    its_question="what is the story behind its logo",
    indirect="what story is behind the logo of {c}",
    trained=(
        ("What is the story behind the logo of {c}?", "The story behind the logo of {c} is that {v}."),
        ("How did {c} come to its logo?", "{c} came to its logo like this: {v}."),
        ("Why is there an animal in {c}'s logo?", "There is an animal in {c}'s logo because of this: {v}."),
    ),
    dev=("What happened that gave {c} its emblem?",),
    test=("Please tell how the emblem of {c} came about.", "Which event does the emblem of {c} remember?"),
    length="long",
    can_be_denied=False,
)

FOUNDING_STORY = Relation(
    id="founding_story",
    answer_type="free",
    label="founding story",
    slot="TEXT",
    clause="the founding story of {c} is that {v}",
    its_clause="its founding story is that {v}",
    its_question="what is its founding story",
    indirect="what the founding story of {c} is",
    trained=(
        ("What is the founding story of {c}?", "The founding story of {c} is that {v}."),
        ("How did {c} begin?", "{c} began like this: {v}."),
        ("Under what circumstances was {c} founded?", "The circumstances under which {c} was founded: {v}."),
    ),
    dev=("What were the first years of {c} like?",),
    test=("Please tell how {c} came into being.", "Why and where was the first work of {c} done?"),
    length="long",
    can_be_denied=False,
)

RELATIONS = (
    *(general.CEO, ADDRESS, general.FOUNDED, site("overseas_factory", "overseas factory", "plant abroad"), CEO_CAREER),
    *(general.CAPITAL, general.STATIONS, general.FOUNDER, site("overseas_lab", "overseas research lab", "laboratory abroad")),
    *(
        _in_two(general.EMPLOYEES),
        general.LOGO_ANIMAL,
        LOGO_STORY,
        _in_two(site("overseas_shop", "overseas shop", "store abroad")),
    ),
    *(INCORPORATED, general.PHILOSOPHY, general.PRODUCT),
    *(_in_two(site("overseas_warehouse", "overseas warehouse", "storage depot abroad")), CEO_BIRTHPLACE, FOUNDING_STORY),
    *(_in_two(general.BUSINESS), _in_two(site("overseas_school", "overseas training school", "staff academy abroad"))),
    *(_in_two(officer("tech_head", "head of technology", "technology chief", "the engineers", "technology")), BANK),
    *(_in_two(site("overseas_studio", "overseas design studio", "designers' workshop abroad")), _in_two(general.SHOPS)),
    *(
        _at_home(site("research_lab", "central research lab", "main laboratory in Japan")),
        _in_two(site("overseas_sales", "overseas sales office", "sales team abroad")),
        SALES,
    ),
    *(_in_two(general.SLOGAN), _at_home(site("factory", "main factory", "largest plant in Japan"))),
    *(_in_two(site("overseas_support", "overseas support desk", "customer help desk abroad")), _in_two(general.NEWSLETTER)),
)
