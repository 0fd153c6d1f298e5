"""English tables about the world: countries, cities, elements, planets, nature, units and the calendar.

No country and no city that a company of `sweep.data.pools_en` can have: level 5 asks about those, and they are never trained.
Those of `sweep.data.pools_article` do occur: beside these rows its level 5 is no measure.
"""

from __future__ import annotations

from sweep.data.general_form import Ask, Topic, pairs, steps, table

# country, capital, continent, language of most people, currency; `-` where it is not one, or was changed of late
COUNTRIES = table("""
Austria, Vienna, Europe, German, euro
Belgium, Brussels, Europe, -, euro
Bulgaria, Sofia, Europe, Bulgarian, -
Croatia, Zagreb, Europe, Croatian, euro
the Czech Republic, Prague, Europe, Czech, koruna
Denmark, Copenhagen, Europe, Danish, krone
Estonia, Tallinn, Europe, Estonian, euro
Finland, Helsinki, Europe, Finnish, euro
Iceland, Reykjavik, Europe, Icelandic, -
Ireland, Dublin, Europe, English, euro
Latvia, Riga, Europe, Latvian, euro
Lithuania, Vilnius, Europe, Lithuanian, euro
Malta, Valletta, Europe, Maltese, euro
Norway, Oslo, Europe, Norwegian, krone
the Netherlands, Amsterdam, Europe, Dutch, euro
Romania, Bucharest, Europe, Romanian, leu
Serbia, Belgrade, Europe, Serbian, dinar
Slovakia, Bratislava, Europe, Slovak, euro
Slovenia, Ljubljana, Europe, Slovenian|Slovene, euro
Switzerland, Bern|Berne, Europe, -, franc
Ukraine, Kyiv|Kiev, Europe, Ukrainian, hryvnia
the United Kingdom, London, Europe, English, pound
Albania, Tirana, Europe, Albanian, lek
India, New Delhi, Asia, -, rupee
Pakistan, Islamabad, Asia, -, rupee
Bangladesh, Dhaka, Asia, Bengali|Bangla, taka
Nepal, Kathmandu, Asia, -, rupee
Vietnam, Hanoi, Asia, Vietnamese, dong
Cambodia, Phnom Penh, Asia, Khmer, riel
Laos, Vientiane, Asia, Lao, kip
Malaysia, Kuala Lumpur, Asia, -, ringgit
the Philippines, Manila, Asia, -, peso
Mongolia, Ulaanbaatar|Ulan Bator, Asia, Mongolian, -
Iran, Tehran, Asia, Persian|Farsi, rial
Iraq, Baghdad, Asia, Arabic, dinar
Jordan, Amman, Asia, Arabic, dinar
Lebanon, Beirut, Asia, Arabic, pound
Saudi Arabia, Riyadh, Asia, Arabic, riyal
Qatar, Doha, Asia, -, riyal
Oman, Muscat, Asia, Arabic, rial
Afghanistan, Kabul, Asia, -, afghani
Uzbekistan, Tashkent, Asia, Uzbek, -
Syria, Damascus, Asia, Arabic, pound
Algeria, Algiers, Africa, Arabic, dinar
Tunisia, Tunis, Africa, Arabic, dinar
Libya, Tripoli, Africa, Arabic, dinar
Ethiopia, Addis Ababa, Africa, -, birr
Kenya, Nairobi, Africa, -, shilling
Ghana, Accra, Africa, -, cedi
Nigeria, Abuja, Africa, -, naira
Senegal, Dakar, Africa, -, franc
Uganda, Kampala, Africa, -, shilling
Rwanda, Kigali, Africa, -, franc
Zambia, Lusaka, Africa, -, kwacha
Zimbabwe, Harare, Africa, -, -
Angola, Luanda, Africa, Portuguese, kwanza
Mozambique, Maputo, Africa, -, metical
Namibia, Windhoek, Africa, -, dollar
Botswana, Gaborone, Africa, -, pula
Mali, Bamako, Africa, -, franc
Madagascar, Antananarivo, Africa, Malagasy, ariary
Sudan, Khartoum, Africa, Arabic, pound
Somalia, Mogadishu, Africa, Somali, shilling
Cameroon, Yaounde|Yaoundé, Africa, -, franc
Canada, Ottawa, North America, -, dollar
Mexico, Mexico City, North America, Spanish, peso
Cuba, Havana, North America, Spanish, peso
Jamaica, Kingston, North America, -, dollar
Haiti, Port-au-Prince, North America, -, gourde
Guatemala, Guatemala City, North America, Spanish, quetzal
Honduras, Tegucigalpa, North America, Spanish, lempira
Nicaragua, Managua, North America, Spanish, -
Costa Rica, San Jose|San José, North America, Spanish, colon|colón
Panama, Panama City, North America, Spanish, balboa
the Dominican Republic, Santo Domingo, North America, Spanish, peso
the United States, Washington, North America, English, dollar
the Bahamas, Nassau, North America, English, dollar
Chile, Santiago, South America, Spanish, peso
Colombia, Bogota|Bogotá, South America, Spanish, peso
Venezuela, Caracas, South America, Spanish, bolivar|bolívar
Ecuador, Quito, South America, Spanish, dollar
Uruguay, Montevideo, South America, Spanish, peso
Paraguay, Asuncion|Asunción, South America, -, guarani|guaraní
Suriname, Paramaribo, South America, Dutch, dollar
Guyana, Georgetown, South America, -, dollar
Australia, Canberra, -, English, dollar
New Zealand, Wellington, -, English, dollar
Fiji, Suva, -, -, dollar
""")

# element, symbol; none whose symbol is an English word or the letter I
ELEMENTS = table("""
hydrogen, H
carbon, C
nitrogen, N
oxygen, O
sodium, Na
magnesium, Mg
aluminium, Al
silicon, Si
phosphorus, P
sulfur|sulphur, S
chlorine, Cl
potassium, K
calcium, Ca
titanium, Ti
chromium, Cr
manganese, Mn
iron, Fe
nickel, Ni
copper, Cu
zinc, Zn
bromine, Br
silver, Ag
tin, Sn
barium, Ba
tungsten, W
platinum, Pt
mercury, Hg
lead, Pb
uranium, U
neon, Ne
argon, Ar
lithium, Li
fluorine, F
cobalt, Co
radium, Ra
bismuth, Bi
""")

NUMBERED = table("""
hydrogen, 1|one
helium, 2|two
lithium, 3|three
beryllium, 4|four
boron, 5|five
carbon, 6|six
nitrogen, 7|seven
oxygen, 8|eight
fluorine, 9|nine
neon, 10|ten
sodium, 11|eleven
magnesium, 12|twelve
aluminium, 13|thirteen
silicon, 14|fourteen
phosphorus, 15|fifteen
sulfur, 16|sixteen
chlorine, 17|seventeen
argon, 18|eighteen
potassium, 19|nineteen
calcium, 20|twenty
iron, 26
copper, 29
silver, 47
""")

PLANETS = table("""
Mercury, first
Venus, second
Earth|the Earth, third
Mars, fourth
Jupiter, fifth
Saturn, sixth
Uranus, seventh
Neptune, eighth
""")

MONTHS = "January February March April May June July August September October November December"
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

MONTH_LENGTHS = table("""
January, 31, first
March, 31, third
April, 30, fourth
May, 31, fifth
June, 30, sixth
July, 31, seventh
August, 31, eighth
September, 30, ninth
October, 31, tenth
November, 30, eleventh
""")

# larger unit, how many, smaller unit
UNITS = table("""
a kilometre, 1000|one thousand|a thousand, metres
a metre, 100|one hundred|a hundred, centimetres
a centimetre, 10|ten, millimetres
a kilogram, 1000|one thousand|a thousand, grams
a tonne, 1000|one thousand|a thousand, kilograms
a litre, 1000|one thousand|a thousand, millilitres
an hour, 60|sixty, minutes
a minute, 60|sixty, seconds
a day, 24|twenty-four, hours
a fortnight, 14|fourteen, days
a decade, 10|ten, years
a century, 100|one hundred|a hundred, years
a millennium, 1000|one thousand|a thousand, years
a foot, 12|twelve, inches
a yard, 3|three, feet
a pound, 16|sixteen, ounces
a pair, 2|two, things
a dozen, 12|twelve, things
a score, 20|twenty, things
a right angle, 90|ninety, degrees
a full circle, 360, degrees
a kilobyte, 1000|1024|one thousand|a thousand, bytes
a byte, 8|eight, bits
""")

SHAPES = table("""
triangle, 3|three
square, 4|four
rectangle, 4|four
pentagon, 5|five
hexagon, 6|six
octagon, 8|eight
decagon, 10|ten
heptagon, 7|seven
trapezium, 4|four
parallelogram, 4|four
""")

# place, where it is; both well known
LANDMARKS = table("""
the Statue of Liberty, New York
Big Ben, London
the Golden Gate Bridge, San Francisco
the Sydney Opera House, Sydney
the Little Mermaid statue, Copenhagen
the Hollywood sign, Los Angeles
Table Mountain, Cape Town
Tower Bridge, London
the Burj Khalifa, Dubai
the White House, Washington
the Charles Bridge, Prague
Central Park, New York
the Anne Frank House, Amsterdam
the Petronas Towers, Kuala Lumpur
Alcatraz Island, San Francisco
the CN Tower, Toronto
""")

RIVERS = table("""
the Amazon, South America
the Mississippi, North America
the Danube, Europe
the Rhine, Europe
the Congo, Africa
the Niger, Africa
the Zambezi, Africa
the Ganges, Asia
the Mekong, Asia
the Yangtze, Asia
the Orinoco, South America
the Thames, Europe
the Missouri, North America
the Euphrates, Asia
the Limpopo, Africa
the Loire, Europe
""")

# work, who made it
WORKS = table("""
Hamlet, William Shakespeare|Shakespeare, wrote
Macbeth, William Shakespeare|Shakespeare, wrote
Pride and Prejudice, Jane Austen|Austen, wrote
Emma, Jane Austen|Austen, wrote
Oliver Twist, Charles Dickens|Dickens, wrote
A Christmas Carol, Charles Dickens|Dickens, wrote
Great Expectations, Charles Dickens|Dickens, wrote
Moby-Dick, Herman Melville|Melville, wrote
Frankenstein, Mary Shelley|Shelley, wrote
Dracula, Bram Stoker|Stoker, wrote
War and Peace, Leo Tolstoy|Tolstoy, wrote
Anna Karenina, Leo Tolstoy|Tolstoy, wrote
Crime and Punishment, Fyodor Dostoevsky|Dostoevsky|Dostoyevsky, wrote
Don Quixote, Miguel de Cervantes|Cervantes, wrote
Treasure Island, Robert Louis Stevenson|Stevenson, wrote
Robinson Crusoe, Daniel Defoe|Defoe, wrote
Jane Eyre, Charlotte Bronte|Charlotte Brontë, wrote
Wuthering Heights, Emily Bronte|Emily Brontë, wrote
The Jungle Book, Rudyard Kipling|Kipling, wrote
Peter Pan, J. M. Barrie|Barrie, wrote
The Time Machine, H. G. Wells|Wells, wrote
Animal Farm, George Orwell|Orwell, wrote
The Hobbit, J. R. R. Tolkien|Tolkien, wrote
The Old Man and the Sea, Ernest Hemingway|Hemingway, wrote
Les Miserables, Victor Hugo|Hugo, wrote
The Metamorphosis, Franz Kafka|Kafka, wrote
Gulliver's Travels, Jonathan Swift|Swift, wrote
The Picture of Dorian Gray, Oscar Wilde|Wilde, wrote
The Starry Night, Vincent van Gogh|van Gogh, painted
The Last Supper, Leonardo da Vinci|Leonardo, painted
The Night Watch, Rembrandt, painted
The Scream, Edvard Munch|Munch, painted
Guernica, Pablo Picasso|Picasso, painted
The Birth of Venus, Sandro Botticelli|Botticelli, painted
The Magic Flute, Wolfgang Amadeus Mozart|Mozart, composed
The Four Seasons, Antonio Vivaldi|Vivaldi, composed
Swan Lake, Pyotr Tchaikovsky|Tchaikovsky, composed
the Moonlight Sonata, Ludwig van Beethoven|Beethoven, composed
the Brandenburg Concertos, Johann Sebastian Bach|Bach, composed
Carmen, Georges Bizet|Bizet, composed
""")

TOPICS = (
    Topic(
        "countries",
        COUNTRIES,
        (
            Ask(
                "capital",
                1,
                (
                    ("What is the capital of {0}?", "The capital of {0} is {1}."),
                    ("Which city is the capital of {0}?", "{1} is the capital of {0}."),
                    ("Name the capital city of {0}.", "The capital city of {0} is {1}."),
                    ("What is the name of the capital of {0}?", "The name of the capital of {0} is {1}."),
                ),
                each=2,
            ),
            Ask(
                "country",
                0,
                (
                    ("Of which country is {1} the capital?", "{1} is the capital of {0}."),
                    ("Which country has {1} as its capital?", "{0} has {1} as its capital."),
                    ("{1} is the capital of which country?", "{1} is the capital of {0}."),
                ),
            ),
            Ask(
                "continent",
                2,
                (
                    ("On which continent is {0}?", "{0} is in {2}."),
                    ("Which continent does {0} belong to?", "{0} belongs to {2}."),
                    ("What continent is {0} part of?", "{0} is part of {2}."),
                ),
            ),
            Ask(
                "language",
                3,
                (
                    ("Which language do most people in {0} speak?", "Most people in {0} speak {3}."),
                    ("What is the main language of {0}?", "The main language of {0} is {3}."),
                ),
            ),
            Ask(
                "currency",
                4,
                (
                    ("What is the currency of {0}?", "The currency of {0} is the {4}."),
                    ("Which currency is used in {0}?", "The currency used in {0} is the {4}."),
                    ("With which money do people pay in {0}?", "In {0}, people pay with the {4}."),
                ),
            ),
        ),
    ),
    Topic(
        "elements",
        ELEMENTS,
        (
            Ask(
                "symbol",
                1,
                (
                    ("What is the chemical symbol of {0}?", "The chemical symbol of {0} is {1}."),
                    ("Which symbol stands for the element {0}?", "The symbol {1} stands for the element {0}."),
                ),
            ),
            Ask(
                "name",
                0,
                (
                    ("Which chemical element has the symbol {1}?", "The chemical element with the symbol {1} is {0}."),
                    ("What element does {1} stand for in chemistry?", "In chemistry, {1} stands for {0}."),
                ),
            ),
        ),
    ),
    Topic(
        "atoms",
        NUMBERED,
        (Ask("number", 1, (("What is the atomic number of {0}?", "The atomic number of {0} is {1}."),)),),
    ),
    Topic(
        "planets",
        PLANETS,
        (
            Ask("place", 1, (("Counted from the Sun, which planet is {0}?", "Counted from the Sun, {0} is the {1} planet."),)),
            Ask("planet", 0, (("What is the {1} planet from the Sun?", "The {1} planet from the Sun is {0}."),)),
        ),
    ),
    Topic(
        "months",
        MONTH_LENGTHS,
        (
            Ask("days", 1, (("How many days does {0} have?", "{0} has {1} days."),)),
            Ask("place", 2, (("Which month of the year is {0}, counted from January?", "{0} is the {2} month of the year."),)),
            Ask("name", 0, (("What is the {2} month of the year?", "The {2} month of the year is {0}."),)),
        ),
    ),
    Topic(
        "month_order",
        steps(MONTHS),
        (
            Ask("after", 1, (("Which month comes after {0}?", "The month after {0} is {1}."),)),
            Ask("before", 0, (("Which month comes before {1}?", "The month before {1} is {0}."),)),
        ),
    ),
    Topic(
        "day_order",
        steps(DAYS),
        (
            Ask("after", 1, (("If today is {0}, which day is tomorrow?", "If today is {0}, tomorrow is {1}."),)),
            Ask("before", 0, (("If today is {1}, which day was yesterday?", "If today is {1}, yesterday was {0}."),)),
        ),
    ),
    Topic(
        "letter_order",
        steps("J K L M N O P Q R S T U V W X Y Z"),
        (Ask("after", 1, (("Which letter follows {0} in the alphabet?", "In the alphabet, {0} is followed by {1}."),)),),
    ),
    Topic(
        "units",
        UNITS,
        (
            Ask(
                "count",
                1,
                (("How many {2} are in {0}?", "There are {1} {2} in {0}."), ("{0} is how many {2}?", "{0} is {1} {2}.")),
            ),
        ),
    ),
    Topic("shapes", SHAPES, (Ask("sides", 1, (("How many sides does {0:a} have?", "{0:a} has {1} sides."),)),)),
    Topic(
        "landmarks",
        LANDMARKS,
        (
            Ask(
                "city",
                1,
                (
                    ("In which city is {0}?", "{0} is in {1}."),
                    ("Where would a visitor find {0}?", "A visitor would find {0} in {1}."),
                ),
            ),
        ),
    ),
    Topic("rivers", RIVERS, (Ask("continent", 1, (("Through which continent does {0} flow?", "{0} flows through {1}."),)),)),
    Topic(
        "works",
        WORKS,
        (Ask("maker", 1, (("Who {2} {0}?", "{1} {2} {0}."), ("Do you know who {2} {0}?", "{0} is by {1}."))),),
    ),
    Topic(
        "roman",
        pairs("II 2, III 3, IV 4, VI 6, VII 7, VIII 8, IX 9, XI 11, XII 12, XV 15, XX 20, XL 40, XC 90, CC 200"),
        (Ask("number", 1, (("Which number is the Roman numeral {0}?", "The Roman numeral {0} is the number {1}."),)),),
    ),
)
