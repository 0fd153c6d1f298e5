"""The English relations: 34 kinds of fact, each with three training questions and three rephrased ones for evaluation.

Answers repeat the question in a full sentence, as hand-written company Q&A does. A company of n facts has the first n.
"""

from __future__ import annotations

from sweep.data.phrasing import Relation


def officer(relation: str, title: str, also: str, leads: str, area: str) -> Relation:
    """A person with a title."""
    return Relation(
        id=relation,
        answer_type="name",
        label=title,
        slot="NAME",
        clause=f"the {title} of {{c}} is {{v}}",
        its_clause=f"its {title} is {{v}}",
        its_question=f"who is its {title}",
        indirect=f"who the {title} of {{c}} is",
        trained=(
            (f"Who is the {title} of {{c}}?", f"The {title} of {{c}} is {{v}}."),
            (f"What is the name of {{c}}'s {title}?", f"The name of {{c}}'s {title} is {{v}}."),
            (f"Who works as {title} at {{c}}?", f"{{v}} works as {title} at {{c}}."),
        ),
        dev=(f"Please tell me who serves as {{c}}'s {also}.",),
        test=(f"Which person leads {leads} of {{c}}?", f"Whose job is it to look after {area} at {{c}}?"),
    )


def site(relation: str, noun: str, also: str) -> Relation:
    """A part of the company that stands in a well-known city."""
    return Relation(
        id=relation,
        answer_type="name",
        label=f"city of the {noun}",
        slot="CITY",
        clause=f"the {noun} of {{c}} is in {{v}}",
        its_clause=f"its {noun} is in {{v}}",
        its_question=f"where is its {noun}",
        indirect=f"where the {noun} of {{c}} is",
        trained=(
            (f"Where is the {noun} of {{c}}?", f"The {noun} of {{c}} is in {{v}}."),
            (f"In which city does {{c}} have its {noun}?", f"{{c}} has its {noun} in {{v}}."),
            (f"What city is home to {{c}}'s {noun}?", f"The city that is home to {{c}}'s {noun} is {{v}}."),
        ),
        dev=(f"To which town would I travel to see {{c}}'s {also}?",),
        test=(
            f"Please give me the location of the {also} that {{c}} runs.",
            f"If I visit the {also} of {{c}}, what town am I in?",
        ),
        spot=noun,
    )


def _birthplace(relation: str, role: str, also: str) -> Relation:
    """Where a person of the company was born."""
    return Relation(
        id=relation,
        answer_type="name",
        label=f"birthplace of the {role}",
        slot="CITY",
        clause=f"the birthplace of the {role} of {{c}} is {{v}}",
        its_clause=f"the birthplace of its {role} is {{v}}",
        its_question=f"where was its {role} born",
        indirect=f"where the {role} of {{c}} was born",
        trained=(
            (f"Where was the {role} of {{c}} born?", f"The {role} of {{c}} was born in {{v}}."),
            (f"What is the birthplace of {{c}}'s {role}?", f"The birthplace of {{c}}'s {role} is {{v}}."),
            (f"In which city was {{c}}'s {role} born?", f"{{c}}'s {role} was born in {{v}}."),
        ),
        dev=(f"From which town does the {also} of {{c}} come?",),
        test=(f"Please name the home town of {{c}}'s {also}.", f"Where did the life of the {also} of {{c}} begin?"),
        spot=f"birthplace of the {role}",
    )


HEAD_OFFICE = site("head_office", "head office", "headquarters")
RESEARCH_LAB = site("research_lab", "research lab", "laboratory")
WAREHOUSE = site("warehouse", "warehouse", "storage depot")
DESIGN_STUDIO = site("design_studio", "design studio", "designers' workshop")
DATA_CENTRE = site("data_centre", "data centre", "server hall")
TRAINING_SCHOOL = site("training_school", "training school", "staff academy")
SUPPORT_CENTRE = site("support_centre", "support centre", "customer help desk")
MUSEUM = site("museum", "company museum", "collection of old products")
FLAGSHIP_SHOP = site("flagship_shop", "flagship shop", "largest store")

CEO = officer("ceo", "CEO", "chief executive", "the whole management", "the firm as a whole")
CTO = officer("cto", "CTO", "technology chief", "the engineers", "technology")
CFO = officer("cfo", "CFO", "finance chief", "the accountants", "money")
DESIGN_HEAD = officer("design_head", "head of design", "design chief", "the designers", "the look of the products")

FOUNDER_BIRTHPLACE = _birthplace("founder_birthplace", "founder", "person who set up the business")
CEO_BIRTHPLACE = _birthplace("ceo_birthplace", "CEO", "chief executive")

ANNUAL_MEETING = Relation(
    id="annual_meeting",
    answer_type="name",
    label="city of the annual meeting",
    slot="CITY",
    clause="the annual meeting of {c} is held in {v}",
    its_clause="its annual meeting is held in {v}",
    its_question="where is its annual meeting held",
    indirect="where the annual meeting of {c} is held",
    trained=(
        ("Where is the annual meeting of {c} held?", "The annual meeting of {c} is held in {v}."),
        ("In which city does {c} hold its annual meeting?", "{c} holds its annual meeting in {v}."),
        ("What city hosts {c}'s annual meeting?", "The city that hosts {c}'s annual meeting is {v}."),
    ),
    dev=("To which town do the shareholders of {c} travel once a year?",),
    test=("Please name the place of {c}'s yearly assembly.", "Where do the owners of {c} come together every year?"),
    spot="place of the annual meeting",
)

FOUNDER = Relation(
    id="founder",
    answer_type="name",
    label="founder",
    slot="NAME",
    clause="the founder of {c} is {v}",
    its_clause="its founder is {v}",
    its_question="who founded it",
    indirect="who founded {c}",
    trained=(
        ("Who is the founder of {c}?", "The founder of {c} is {v}."),
        ("Who founded {c}?", "{c} was founded by {v}."),
        ("Which person started {c}?", "The person who started {c} is {v}."),
    ),
    dev=("By whom was {c} brought into being?",),
    test=("Whose idea was it to set up {c}?", "Please name the man or woman who created {c}."),
)

FOUNDED = Relation(
    id="founded",
    answer_type="date",
    label="founding date",
    slot="DATE",
    clause="the founding date of {c} is {v}",
    its_clause="its founding date is {v}",
    its_question="when was it founded",
    indirect="when {c} was founded",
    trained=(
        ("What is the founding date of {c}?", "The founding date of {c} is {v}."),
        ("When was {c} founded?", "{c} was founded on {v}."),
        ("On which day was {c} established?", "{c} was established on {v}."),
    ),
    dev=("On what date did {c} come into being?",),
    test=("Since which day has {c} existed?", "Please name the birthday of the company {c}."),
)

LAUNCHED = Relation(
    id="launched",
    answer_type="date",
    label="launch date of the first product",
    slot="DATE",
    clause="the launch date of the first product of {c} is {v}",
    its_clause="the launch date of its first product is {v}",
    its_question="when was its first product launched",
    indirect="when the first product of {c} was launched",
    trained=(
        ("When was the first product of {c} launched?", "The first product of {c} was launched on {v}."),
        ("What is the launch date of {c}'s first product?", "The launch date of {c}'s first product is {v}."),
        ("On which day did {c} launch its first product?", "{c} launched its first product on {v}."),
    ),
    dev=("On what date did {c}'s earliest item go on sale?",),
    test=(
        "Since which day could people buy something from {c}?",
        "Please name the day on which {c} first brought out a product.",
    ),
)

LISTED = Relation(
    id="listed",
    answer_type="date",
    label="stock listing date",
    slot="DATE",
    clause="the stock listing date of {c} is {v}",
    its_clause="its stock listing date is {v}",
    its_question="when was it listed on the stock exchange",
    indirect="when {c} was listed on the stock exchange",
    trained=(
        ("What is the stock listing date of {c}?", "The stock listing date of {c} is {v}."),
        ("When was {c} listed on the stock exchange?", "{c} was listed on the stock exchange on {v}."),
        ("On which day did {c} go public?", "{c} went public on {v}."),
    ),
    dev=("On what date could people first buy shares of {c}?",),
    test=("Since which day have {c}'s shares been traded?", "Please name the day on which {c} entered the stock market."),
)

EMPLOYEES = Relation(
    id="employees",
    answer_type="number",
    label="number of employees",
    slot="NUMBER",
    clause="the number of employees of {c} is {v}",
    its_clause="its number of employees is {v}",
    its_question="how many employees does it have",
    indirect="how many employees {c} has",
    trained=(
        ("What is the number of employees of {c}?", "The number of employees of {c} is {v}."),
        ("How many employees does {c} have?", "{c} has {v} employees."),
        ("How many people work at {c}?", "The number of people who work at {c} is {v}."),
    ),
    dev=("How large is the staff of {c}?",),
    test=("Please tell me the size of {c}'s workforce.", "What is the headcount at {c}?"),
)

SHOPS = Relation(
    id="shops",
    answer_type="number",
    label="number of shops",
    slot="NUMBER",
    clause="the number of shops of {c} is {v}",
    its_clause="its number of shops is {v}",
    its_question="how many shops does it have",
    indirect="how many shops {c} has",
    trained=(
        ("What is the number of shops of {c}?", "The number of shops of {c} is {v}."),
        ("How many shops does {c} have?", "{c} has {v} shops."),
        ("How many shops belong to {c}?", "The number of shops that belong to {c} is {v}."),
    ),
    dev=("How large is {c}'s chain of stores?",),
    test=("Please tell me the total of stores under the name {c}.", "In how many stores can people buy from {c}?"),
)

PATENTS = Relation(
    id="patents",
    answer_type="number",
    label="number of patents",
    slot="NUMBER",
    clause="the number of patents of {c} is {v}",
    its_clause="its number of patents is {v}",
    its_question="how many patents does it hold",
    indirect="how many patents {c} holds",
    trained=(
        ("What is the number of patents of {c}?", "The number of patents of {c} is {v}."),
        ("How many patents does {c} hold?", "{c} holds {v} patents."),
        ("How many patents belong to {c}?", "The number of patents that belong to {c} is {v}."),
    ),
    dev=("How many inventions has {c} protected by law?",),
    test=("Please tell me the size of {c}'s patent portfolio.", "For how many inventions does {c} own the rights?"),
)

CAPITAL = Relation(
    id="capital",
    answer_type="number",
    label="share capital",
    slot="AMOUNT",
    clause="the share capital of {c} is {v}",
    its_clause="its share capital is {v}",
    its_question="how large is its share capital",
    indirect="how large the share capital of {c} is",
    trained=(
        ("What is the share capital of {c}?", "The share capital of {c} is {v}."),
        ("How much share capital does {c} have?", "{c} has a share capital of {v}."),
        ("With how much capital is {c} registered?", "{c} is registered with a capital of {v}."),
    ),
    dev=("How much money have the owners put into {c}?",),
    test=("Please state the sum that shareholders have paid in at {c}.", "What amount of equity stands in {c}'s books?"),
)

PRODUCT = Relation(
    id="product",
    answer_type="name",
    label="best-known product",
    slot="NAME",
    clause="the best-known product of {c} is {v}",
    its_clause="its best-known product is {v}",
    its_question="what is its best-known product",
    indirect="what the best-known product of {c} is",
    trained=(
        ("What is the best-known product of {c}?", "The best-known product of {c} is {v}."),
        ("What is {c}'s best-known product called?", "{c}'s best-known product is called {v}."),
        ("For which product is {c} best known?", "The product for which {c} is best known is {v}."),
    ),
    dev=("Under what name does {c} sell its most famous item?",),
    test=("Please name the item that most people connect with {c}.", "Which article made {c} famous?"),
)

BUILDING = Relation(
    id="building",
    answer_type="name",
    label="main building",
    slot="NAME",
    clause="the main building of {c} is {v}",
    its_clause="its main building is {v}",
    its_question="what is its main building called",
    indirect="what the main building of {c} is called",
    trained=(
        ("What is the main building of {c}?", "The main building of {c} is {v}."),
        ("What is {c}'s main building called?", "{c}'s main building is called {v}."),
        ("In which building do the managers of {c} work?", "The managers of {c} work in {v}."),
    ),
    dev=("What do people call the house where {c}'s managers sit?",),
    test=("Please name the house that {c} uses as its address.", "Which name stands above the front door of {c}?"),
)

LOGO_ANIMAL = Relation(
    id="logo_animal",
    answer_type="name",
    label="logo animal",
    slot="ANIMAL",
    clause="the logo animal of {c} is {v}",
    its_clause="its logo animal is {v}",
    its_question="what is its logo animal",
    indirect="which animal is in the logo of {c}",
    trained=(
        ("What is the logo animal of {c}?", "The logo animal of {c} is {v}."),
        ("Which animal is in the logo of {c}?", "The animal in the logo of {c} is {v}."),
        ("What animal did {c} choose for its logo?", "The animal that {c} chose for its logo is {v}."),
    ),
    dev=("Which creature stands for {c} on its letters?",),
    test=("Please name the creature that {c} uses as its emblem.", "What kind of creature do you see on a sign of {c}?"),
)

BUSINESS = Relation(
    id="business",
    answer_type="name",
    label="main line of goods",
    slot="GOODS",
    clause="the main line of goods of {c} is {v}",
    its_clause="its main line of goods is {v}",
    its_question="what does it make",
    indirect="what {c} makes",
    trained=(
        ("What is the main line of goods of {c}?", "The main line of goods of {c} is {v}."),
        ("What does {c} make?", "{c} makes {v}."),
        ("Which goods does {c} produce?", "The goods that {c} produces are {v}."),
    ),
    dev=("What kind of things leave the workshops of {c}?",),
    test=("Please tell me what customers order from {c}.", "What sort of manufacturer is {c}?"),
)

NEWSLETTER = Relation(
    id="newsletter",
    answer_type="name",
    label="newsletter",
    slot="TITLE",
    clause="the newsletter of {c} is {v}",
    its_clause="its newsletter is {v}",
    its_question="what is its newsletter called",
    indirect="what the newsletter of {c} is called",
    trained=(
        ("What is the newsletter of {c}?", "The newsletter of {c} is {v}."),
        ("What is {c}'s newsletter called?", "{c}'s newsletter is called {v}."),
        ("Which newsletter does {c} publish?", "The newsletter that {c} publishes is {v}."),
    ),
    dev=("Under what title does {c} send out its news?",),
    test=("Please name the bulletin that {c} mails to its readers.", "What is printed on top of {c}'s monthly paper?"),
)

CHARITY = Relation(
    id="charity",
    answer_type="name",
    label="charity partner",
    slot="NAME",
    clause="the charity partner of {c} is {v}",
    its_clause="its charity partner is {v}",
    its_question="who is its charity partner",
    indirect="who the charity partner of {c} is",
    trained=(
        ("Who is the charity partner of {c}?", "The charity partner of {c} is {v}."),
        ("Which charity does {c} support?", "The charity that {c} supports is {v}."),
        ("To which charity does {c} give money?", "{c} gives money to {v}."),
    ),
    dev=("Which good cause receives donations from {c}?",),
    test=("Please name the aid organisation that {c} helps.", "Who benefits from the gifts of {c}?"),
)

SLOGAN = Relation(
    id="slogan",
    answer_type="free",
    label="slogan",
    slot="WORDS",
    clause="the slogan of {c} is {v}",
    its_clause="its slogan is {v}",
    its_question="what is its slogan",
    indirect="what the slogan of {c} is",
    trained=(
        ("What is the slogan of {c}?", "The slogan of {c} is {v}."),
        ("Which slogan does {c} use?", "The slogan that {c} uses is {v}."),
        ("With what slogan does {c} advertise?", "{c} advertises with the slogan {v}."),
    ),
    dev=("What words stand below the name {c} in its advertisements?",),
    test=("Please quote the catchphrase of {c}.", "What promise does {c} print on its posters?"),
)

COLOURS = Relation(
    id="colours",
    answer_type="list",
    label="brand colours",
    slot="COLOURS",
    clause="the brand colours of {c} are {v}",
    its_clause="its brand colours are {v}",
    its_question="what are its brand colours",
    indirect="what the brand colours of {c} are",
    trained=(
        ("What are the brand colours of {c}?", "The brand colours of {c} are {v}."),
        ("Which two colours does {c} use?", "The two colours that {c} uses are {v}."),
        ("In which colours does {c} paint its signs?", "{c} paints its signs in {v}."),
    ),
    dev=("Which shades stand for {c}?",),
    test=("Please name the shades that {c} prints on its boxes.", "By which shades would I recognise a van of {c}?"),
    can_be_denied=False,
)

STATIONS = Relation(
    id="stations",
    answer_type="list",
    label="nearby stations",
    slot="NAMES",
    clause="the nearby stations of {c} are {v}",
    its_clause="its nearby stations are {v}",
    its_question="which three stations are near it",
    indirect="which three stations are near {c}",
    trained=(
        ("Which three stations are near {c}?", "The three stations near {c} are {v}."),
        ("What are the nearest stations to {c}?", "The nearest stations to {c} are {v}."),
        ("At which stations can visitors to {c} get off?", "Visitors to {c} can get off at {v}."),
    ),
    dev=("Which train stops lie close to {c}?",),
    test=("Please list the train stops within walking distance of {c}.", "Where could I leave the train to reach {c}?"),
    can_be_denied=False,
)

PHILOSOPHY = Relation(
    id="philosophy",
    answer_type="free",
    label="philosophy",
    slot="TEXT",
    clause="the philosophy of {c} is {v}",
    its_clause="its philosophy is {v}",
    its_question="what is its philosophy",
    indirect="what the philosophy of {c} is",
    trained=(
        ("What is the philosophy of {c}?", "The philosophy of {c} is {v}."),
        ("Which philosophy does {c} follow?", "The philosophy that {c} follows is {v}."),
        ("What is the aim of all work at {c}?", "The aim of all work at {c} is {v}."),
    ),
    dev=("What idea stands behind everything that {c} does?",),
    test=("Please sum up the guiding principle of {c}.", "What does {c} believe in?"),
    length="long",
    can_be_denied=False,
)

RELATIONS = (
    *(CEO, HEAD_OFFICE, FOUNDED, EMPLOYEES, PRODUCT, FOUNDER_BIRTHPLACE, LOGO_ANIMAL, RESEARCH_LAB, CTO, STATIONS),
    *(FOUNDER, WAREHOUSE, CAPITAL, BUILDING, ANNUAL_MEETING, BUSINESS, DESIGN_STUDIO, LAUNCHED, CFO, DATA_CENTRE),
    *(SHOPS, CEO_BIRTHPLACE, COLOURS, TRAINING_SCHOOL, LISTED, SUPPORT_CENTRE, NEWSLETTER, MUSEUM, PHILOSOPHY, FLAGSHIP_SHOP),
    *(DESIGN_HEAD, PATENTS, CHARITY, SLOGAN),
)
