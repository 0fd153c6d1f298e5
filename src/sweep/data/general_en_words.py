"""English tables about words and everyday things, and sums: opposites, forms of words, animals, colours, kinds, trades."""

from __future__ import annotations

from sweep.data.general_form import Ask, Line, Topic, pairs, table
from sweep.data.general_numbers import ADDED, FOLLOWING, HALVED, SHARED, TAKEN, TIMES
from sweep.data.pools_en import spelled

OPPOSITES = pairs(
    "old young, early late, fast slow, high low, long short, strong weak, rich poor, wet dry, full empty, hard soft, light dark,"
    "loud quiet, wide narrow, thick thin, deep shallow, cheap expensive, clean dirty, open closed, near far, first last,"
    "sweet sour, rough smooth, sharp blunt, true false, safe dangerous, same different, left right,"
    "inside outside, above below, before after, always never, everything nothing, push pull, win lose, buy sell, begin end,"
    "arrive depart, accept refuse, remember forget, laugh cry, love hate, succeed fail, ascend descend, expand contract,"
    "borrow lend, attack defend, brave cowardly, generous stingy, polite rude, lazy hardworking, guilty innocent, ancient modern,"
    "vertical horizontal, maximum minimum, positive negative, major minor, public private, permanent temporary, war peace,"
    "victory defeat, north south, east west, front back, entrance exit, friend enemy, question answer, profit loss, life death"
)

PLURALS = pairs(
    "child children, man men, woman women, foot feet, tooth teeth, goose geese, ox oxen, leaf leaves, knife knives, wolf wolves,"
    "life lives, shelf shelves, loaf loaves, thief thieves, half halves, calf calves, city cities, baby babies, box boxes,"
    "bus buses, church churches, dish dishes, fox foxes, hero heroes, potato potatoes, tomato tomatoes, cactus cacti,"
    "crisis crises, analysis analyses, country countries, lady ladies, story stories, watch watches, glass glasses, elf elves,"
    "scarf scarves, berry berries, party parties, brush brushes, fly flies, key keys, toy toys, phenomenon phenomena"
)

PAST = pairs(
    "go went, see saw, eat ate, drink drank, write wrote, speak spoke, take took, give gave, come came, run ran, swim swam,"
    "sing sang, begin began, fly flew, grow grew, know knew, throw threw, draw drew, drive drove, ride rode, rise rose,"
    "break broke, choose chose, steal stole, wear wore, tear tore, buy bought, bring brought, think thought, teach taught,"
    "catch caught, fight fought, sell sold, tell told, find found, stand stood, sit sat, win won, keep kept, sleep slept,"
    "feel felt,"
    "leave left, lose lost, meet met, build built, send sent, spend spent, make made, hear heard, hold held,"
    "fall fell, forget forgot"
)

COMPARED = pairs(
    "good better, bad worse, big bigger, small smaller, happy happier, easy easier, far farther, fast faster, hot hotter,"
    "thin thinner, heavy heavier, large larger, nice nicer, early earlier, funny funnier, dry drier, wide wider, sad sadder"
)

# animal, its young, its sound as a verb, what it is
ANIMALS = table("""
sheep, lamb, bleats, mammal
horse, foal, neighs, mammal
pig, piglet, oinks|grunts, mammal
goat, kid, bleats, mammal
deer, fawn, -, mammal
bear, cub, growls, mammal
lion, cub, roars, mammal
fox, cub|kit, -, mammal
rabbit, kit|kitten|bunny, -, mammal
kangaroo, joey, -, mammal
whale, calf, -, mammal
elephant, calf, trumpets, mammal
bat, pup, -, mammal
dolphin, calf, -, mammal
duck, duckling, quacks, bird
goose, gosling, honks, bird
swan, cygnet, -, bird
hen, chick, clucks, bird
owl, owlet|chick, hoots, bird
eagle, eaglet|chick, -, bird
penguin, chick, -, bird
frog, tadpole, croaks, amphibian
snake, -, hisses, reptile
bee, -, buzzes, insect
mouse, pup, squeaks, mammal
wolf, pup|cub, howls, mammal
donkey, foal, brays, mammal
pigeon, squab|chick, coos, bird
crocodile, hatchling, -, reptile
lizard, hatchling, -, reptile
salmon, fry, -, fish
shark, pup, -, fish
trout, fry, -, fish
ant, -, -, insect
butterfly, caterpillar, -, insect
beetle, grub|larva, -, insect
mosquito, larva, -, insect
ostrich, chick, -, bird
parrot, chick, -, bird
newt, -, -, amphibian
toad, tadpole, croaks, amphibian
""")

HOMES = table("""
bee, hive
spider, web
bird, nest
rabbit, burrow
lion, den
horse, stable
pig, sty
dog, kennel
ant, anthill|nest|colony
bear, den|cave
hen, coop
cow, barn|shed|byre
""")

COLOURS = table("""
the sky on a clear day, blue
grass, green
snow, white
coal, black
a ripe banana, yellow
blood, red
a ripe tomato, red
milk, white
a lemon, yellow
chocolate, brown
an emerald, green
a ruby, red
a sapphire, blue
a carrot, orange
ketchup, red
a polar bear, white
salt, white
a crow, black
a fire engine, red
a flamingo, pink
an aubergine, purple
ripe cherries, red
spinach, green
ivory, white
""")

MIXED = table("""
blue and yellow, green
red and yellow, orange
red and blue, purple|violet
black and white, grey|gray
red and white, pink
""")

KINDS = table("""
carrot, vegetable
potato, vegetable
onion, vegetable
cabbage, vegetable
spinach, vegetable
apple, fruit
banana, fruit
orange, fruit
grape, fruit
pear, fruit
mango, fruit
rose, flower
tulip, flower
daisy, flower
lily, flower
sunflower, flower
oak, tree
pine, tree
maple, tree
birch, tree
willow, tree
hammer, tool
saw, tool
screwdriver, tool
wrench, tool
chisel, tool
violin, instrument
trumpet, instrument
piano, instrument
flute, instrument
guitar, instrument
drum, instrument
chair, furniture
table, furniture
wardrobe, furniture
bookshelf, furniture
shirt, clothing|garment|clothes
jacket, clothing|garment|clothes
skirt, clothing|garment|clothes
football, sport
tennis, sport
hockey, sport
cricket, sport|insect
gold, metal
iron, metal
copper, metal
aluminium, metal
diamond, gem|gemstone|mineral
ruby, gem|gemstone|mineral
emerald, gem|gemstone|mineral
cheddar, cheese
waltz, dance
tango, dance
sparrow, bird
robin, bird
cod, fish
tuna, fish
wheat, grain|cereal
rice, grain|cereal
barley, grain|cereal
bus, vehicle
lorry, vehicle
bicycle, vehicle
tractor, vehicle
sonnet, poem
triangle, shape
circle, shape
pepper, spice|vegetable
cinnamon, spice
""")

TRADES = table("""
bakes bread, baker
cuts hair, hairdresser|barber
teaches children at school, teacher
flies an aeroplane, pilot
puts out fires, firefighter|fireman
treats sick animals, vet|veterinarian
looks after teeth, dentist
grows crops and keeps cattle, farmer
catches fish at sea, fisherman|fisher
repairs water pipes, plumber
makes furniture from wood, carpenter|joiner
sells meat, butcher
sells flowers, florist
designs buildings, architect
takes photographs, photographer
serves food in a restaurant, waiter|waitress|server
writes news for a newspaper, journalist|reporter
delivers letters, postman|mail carrier|postal worker
lends books to readers, librarian
makes clothes to measure, tailor|dressmaker
works under the ground to dig coal, miner
studies the stars, astronomer
travels into space, astronaut|cosmonaut
installs wires and sockets, electrician
lays bricks, bricklayer|mason
leads an orchestra, conductor
paints pictures, painter|artist
judges cases in court, judge
mends shoes, cobbler|shoemaker
prepares medicines in a shop, pharmacist|chemist
draws maps, cartographer
digs up remains of old cultures, archaeologist
""")

# what is to be done, the thing that does it, the same with its article
USES = table("""
cut paper, scissors, scissors
tell the time, clock|watch, a clock
measure temperature, thermometer, a thermometer
look at the stars, telescope, a telescope
see very small things, microscope, a microscope
find north, compass, a compass
drive in nails, hammer, a hammer
sweep the floor, broom, a broom
keep food cold, fridge|refrigerator, a fridge
unlock a door, key, a key
stay dry in the rain, umbrella, an umbrella
eat soup, spoon, a spoon
write on a blackboard, chalk, chalk
listen to a heartbeat, stethoscope, a stethoscope
weigh things, scale|scales, a scale
open a bottle of wine, corkscrew, a corkscrew
boil water for tea, kettle, a kettle
dig a hole, spade|shovel, a spade
iron out creases in a shirt, iron, an iron
look up the meaning of a word, dictionary, a dictionary
""")

BODY = table("""
see, eyes|eye
hear, ears|ear
smell, nose
taste, tongue
breathe, lungs
walk, legs|feet
chew, teeth
""")

MADE_OF = table("""
bread, flour
butter, milk|cream
cheese, milk
wine, grapes|grape
paper, wood
glass, sand
cider, apples|apple
chocolate, cocoa|cacao
omelettes, eggs|egg
raisins, grapes|grape
honey, nectar
chips, potatoes|potato
yoghurt, milk
candles, wax
tyres, rubber
""")

ABROAD = table("""
water, agua, eau, Wasser
house, casa, maison, Haus
dog, perro, chien, Hund
cat, gato, chat, Katze
bread, pan, pain, Brot
milk, leche, lait, Milch
sun, sol, soleil, Sonne
moon, luna, lune, Mond
book, libro, livre, Buch
friend, amigo, ami, Freund
good, bueno, bon, gut
red, rojo, rouge, rot
white, blanco, blanc, weiß
night, noche, nuit, Nacht
day, día, jour, Tag
fire, fuego, feu, Feuer
""")


def _worded(lines: tuple[Line, ...], *places: int) -> tuple[Line, ...]:
    """The same lines with the numbers in these places also in words: `12|twelve`."""
    return tuple(
        tuple(f"{cell}|{spelled(int(cell))}" if at in places else cell for at, cell in enumerate(line)) for line in lines
    )


SPELLED: tuple[Line, ...] = tuple(
    (str(a), spelled(a)) for a in (11, 12, 13, 15, 19, 20, 30, 42, 57, 68, 74, 86, 93, 100, 250, 512)
)

SUM_ASKS = {
    "added": (("What is {0} plus {1}?", "{0} plus {1} is {2}."), ("How much is {0} and {1} together?", "{0} and {1} make {2}.")),
    "taken": (
        ("What is {0} minus {1}?", "{0} minus {1} is {2}."),
        ("Take {1} from {0}. What is left?", "{0} less {1} leaves {2}."),
    ),
    "times": (("What is {0} times {1}?", "{0} times {1} is {2}."), ("Multiply {0} by {1}.", "{0} multiplied by {1} is {2}.")),
    "shared": (("What is {0} divided by {1}?", "{0} divided by {1} is {2}."), ("Divide {0} by {1}.", "{0} by {1} gives {2}.")),
}

TOPICS = (
    Topic(
        "opposites",
        OPPOSITES,
        (
            Ask("of", 1, (("What is the opposite of {0}?", "The opposite of {0} is {1}."),)),
            Ask("back", 0, (("Which word means the opposite of {1}?", "The word {0} means the opposite of {1}."),)),
        ),
    ),
    Topic(
        "plurals",
        PLURALS,
        (
            Ask(
                "many",
                1,
                (("What is the plural of {0}?", "The plural of {0} is {1}."), ("One {0}, but two ...?", "One {0}, two {1}.")),
            ),
            Ask("one", 0, (("What is the singular of {1}?", "The singular of {1} is {0}."),)),
        ),
    ),
    Topic(
        "past",
        PAST,
        (
            Ask(
                "tense",
                1,
                (
                    ("What is the past tense of {0}?", "The past tense of {0} is {1}."),
                    ("Which form of {0} is used with the word yesterday?", "Yesterday, I {1}."),
                ),
            ),
        ),
    ),
    Topic("compared", COMPARED, (Ask("more", 1, (("What is the comparative of {0}?", "The comparative of {0} is {1}."),)),)),
    Topic(
        "animals",
        ANIMALS,
        (
            Ask("young", 1, (("What is a young {0} called?", "A young {0} is called {1:a}."),)),
            Ask("sound", 2, (("Which sound does {0:a} make?", "{0:a} {2}."),)),
            Ask(
                "kind",
                3,
                (
                    ("What kind of animal is {0:a}?", "{0:a} is {3:a}."),
                    ("To which group of animals does the {0} belong?", "The {0} is {3:a}."),
                ),
            ),
        ),
    ),
    Topic("homes", HOMES, (Ask("home", 1, (("Where does {0:a} live?", "{0:a} lives in {1:a}."),)),)),
    Topic("colours", COLOURS, (Ask("colour", 1, (("Which colour is {0}?", "The colour of {0} is {1}."),)),)),
    Topic("mixed", MIXED, (Ask("colour", 1, (("Which colour do {0} paint make when mixed?", "Mixed, {0} make {1}."),)),)),
    Topic(
        "kinds",
        KINDS,
        (
            Ask(
                "kind",
                1,
                (
                    ("What kind of thing does the word {0} name?", "The word {0} names a kind of {1}."),
                    (
                        "Under which heading would {0} stand in a list of words?",
                        "The word {0} would stand under the heading {1}.",
                    ),
                ),
            ),
        ),
    ),
    Topic(
        "trades",
        TRADES,
        (
            Ask(
                "who",
                1,
                (("Who {0}?", "{1:a} {0}."), ("What do we call a person who {0}?", "A person who {0} is called {1:a}.")),
                each=2,
            ),
        ),
    ),
    Topic("uses", USES, (Ask("thing", 1, (("What does one use to {0}?", "To {0}, one uses {2}."),)),)),
    Topic("body", BODY, (Ask("part", 1, (("Which part of the body do we use to {0}?", "To {0}, we use the {1}."),)),)),
    Topic(
        "made_of",
        MADE_OF,
        (Ask("from", 1, (("What is the main raw material of {0}?", "The main raw material of {0} is {1}."),)),),
    ),
    Topic(
        "abroad",
        ABROAD,
        (
            Ask("spanish", 1, (("What is the Spanish word for {0}?", "The Spanish word for {0} is {1}."),)),
            Ask("french", 2, (("What is the French word for {0}?", "The French word for {0} is {2}."),)),
            Ask("german", 3, (("What is the German word for {0}?", "The German word for {0} is {3}."),)),
            Ask("english", 0, (("What does the Spanish word {1} mean?", "The Spanish word {1} means {0}."),)),
        ),
    ),
    Topic("added", _worded(ADDED, 2), (Ask("sum", 2, SUM_ASKS["added"]),)),
    Topic("taken", _worded(TAKEN, 2), (Ask("rest", 2, SUM_ASKS["taken"]),)),
    Topic("times", _worded(TIMES, 2), (Ask("product", 2, SUM_ASKS["times"]),)),
    Topic("shared", _worded(SHARED, 2), (Ask("part", 2, SUM_ASKS["shared"]),)),
    Topic(
        "halved",
        _worded(HALVED, 0, 1),
        (
            Ask("half", 1, (("What is half of {0}?", "Half of {0} is {1}."),)),
            Ask("double", 0, (("What is twice {1}?", "Twice {1} is {0}."),)),
        ),
    ),
    Topic("spelled", SPELLED, (Ask("words", 1, (("Write the number {0} in words.", "In words, {0} is {1}."),)),)),
    Topic(
        "following",
        _worded(FOLLOWING, 1, 2),
        (
            Ask("after", 1, (("Which number comes right after {0}?", "The number right after {0} is {1}."),)),
            Ask("before", 2, (("Which number comes right before {0}?", "The number right before {0} is {2}."),)),
        ),
    ),
)
