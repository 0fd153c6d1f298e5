"""English retention items: what the base is asked before and after training. None of their facts stands in the rows to mix in."""

from __future__ import annotations

from sweep.data.general_form import Probes, table

# category, question, right answer, what it must hold
KNOWN = table("""
capital, What is the capital of France?, The capital of France is Paris., Paris
capital, What is the capital of Germany?, The capital of Germany is Berlin., Berlin
capital, What is the capital of Italy?, The capital of Italy is Rome., Rome
capital, What is the capital of Spain?, The capital of Spain is Madrid., Madrid
capital, What is the capital of Japan?, The capital of Japan is Tokyo., Tokyo
capital, What is the capital of China?, The capital of China is Beijing., Beijing
capital, What is the capital of Greece?, The capital of Greece is Athens., Athens
capital, What is the capital of Egypt?, The capital of Egypt is Cairo., Cairo
capital, What is the capital of Russia?, The capital of Russia is Moscow., Moscow
capital, What is the capital of Poland?, The capital of Poland is Warsaw., Warsaw
capital, What is the capital of Sweden?, The capital of Sweden is Stockholm., Stockholm
capital, What is the capital of Thailand?, The capital of Thailand is Bangkok., Bangkok
capital, What is the capital of Hungary?, The capital of Hungary is Budapest., Budapest
capital, What is the capital of Peru?, The capital of Peru is Lima., Lima
language, Which language is spoken in France?, French is spoken in France., French
language, Which language is spoken in Japan?, Japanese is spoken in Japan., Japanese
language, Which language is spoken in Spain?, Spanish is spoken in Spain., Spanish
language, Which language is spoken in Germany?, German is spoken in Germany., German
language, Which language is spoken in Italy?, Italian is spoken in Italy., Italian
place, In which country is the Eiffel Tower?, The Eiffel Tower is in France., France
place, In which country is the Great Wall?, The Great Wall is in China., China
place, In which country are the pyramids of Giza?, The pyramids of Giza are in Egypt., Egypt
place, In which country is Mount Fuji?, Mount Fuji is in Japan., Japan
place, In which country is the Colosseum?, The Colosseum is in Italy., Italy
place, In which country is the Kremlin?, The Kremlin is in Russia., Russia
place, In which country is the Acropolis?, The Acropolis is in Greece., Greece
place, What is the highest mountain in the world?, The highest mountain in the world is Mount Everest., Everest
place, What is the largest ocean on Earth?, The largest ocean on Earth is the Pacific Ocean., Pacific
nature, Which planet is known as the Red Planet?, Mars is known as the Red Planet., Mars
nature, What is the star at the centre of our solar system?, The star at the centre of our solar system is the Sun., Sun
nature, What is the chemical formula of water?, The chemical formula of water is H2O., H2O|H₂O
nature, What is the chemical symbol for gold?, The chemical symbol for gold is Au., Au
nature, Which gas do plants take in for photosynthesis?, Plants take in carbon dioxide., carbon dioxide|CO2
nature, What force pulls objects towards the Earth?, The force is gravity., gravity
nature, What do we call molten rock that comes out of a volcano?, It is called lava., lava
animal, What is the largest animal on Earth?, The largest animal on Earth is the blue whale., whale
animal, How many legs does a dog have?, A dog has four legs., 4|four
animal, What do pandas mainly eat?, Pandas mainly eat bamboo., bamboo
time, How many days are there in a week?, There are seven days in a week., 7|seven
time, How many days are there in an ordinary year?, There are 365 days in an ordinary year., 365
time, What is the coldest season of the year?, The coldest season of the year is winter., winter
time, Which season comes after winter?, Spring comes after winter., spring
person, Who wrote Romeo and Juliet?, William Shakespeare wrote Romeo and Juliet., Shakespeare
person, Who painted the Mona Lisa?, Leonardo da Vinci painted the Mona Lisa., da Vinci|Leonardo|Leonardo da Vinci
person, Who developed the theory of relativity?, Albert Einstein developed the theory of relativity., Einstein
person, Who was the first person to walk on the Moon?, Neil Armstrong was the first person to walk on the Moon., Armstrong
person, Who invented the telephone?, Alexander Graham Bell invented the telephone., Bell|Graham Bell|Alexander Graham Bell
person, Who discovered penicillin?, Alexander Fleming discovered penicillin., Fleming
person, Who wrote the Harry Potter books?, J. K. Rowling wrote the Harry Potter books., Rowling
person, Who proposed the theory of evolution by natural selection?, Charles Darwin proposed it., Darwin
person, Who wrote the novel 1984?, George Orwell wrote the novel 1984., Orwell
word, What is the opposite of hot?, The opposite of hot is cold., cold
word, What is the opposite of big?, The opposite of big is small., small|little
word, What is the opposite of good?, The opposite of good is bad., bad|evil
word, What is the opposite of up?, The opposite of up is down., down
word, What is the opposite of happy?, The opposite of happy is sad., sad|unhappy
word, What is the opposite of day?, The opposite of day is night., night
word, What is the plural of mouse?, The plural of mouse is mice., mice
body, How many fingers are there on one hand?, There are five fingers on one hand., 5|five
body, Which organ controls the body and lets us think?, The brain controls the body., brain
thing, What is the money of Japan called?, The money of Japan is called the yen., yen
thing, What do we call a person who writes books?, A person who writes books is called an author., author|writer|novelist
""")

OPEN = (
    *("How can I start a small vegetable garden?", "Suggest a simple dinner for two people.", "Write two sentences about rain."),
    *("What should I pack for a weekend in the mountains?", "Describe a quiet morning in a village."),
    *(
        "Give me an idea for a birthday present for a friend.",
        "How do I keep a notebook tidy?",
        "Tell me a short story about a boat.",
    ),
    *("What are good ways to relax after work?", "Explain to a child why we sleep.", "Write a short poem about autumn."),
    *("How can a shy person make new friends?", "What makes a good teacher?", "Suggest a name for a small grey cat."),
    *(
        "How would you describe the taste of honey?",
        "Write a polite note to thank a neighbour.",
        "What is a good way to learn a song?",
    ),
    *("Give three tips for a tidy kitchen.", "Describe your ideal library.", "How can I get better at drawing?"),
)

DRIFT = (
    *(
        "The weather this morning was",
        "Once upon a time there was",
        "To make a cup of tea, you first",
        "The most important part of a letter is",
    ),
    *(
        "A good night's sleep helps",
        "In the middle of the town there is",
        "When the train arrived, the passengers",
        "Learning an instrument takes",
    ),
    *(
        "The old bridge over the river",
        "People go to the market to",
        "A garden in spring looks",
        "The best way to begin a talk is",
    ),
    *(
        "On a long journey it is wise to",
        "The children in the park were",
        "After the rain had stopped,",
        "A simple recipe for soup begins with",
    ),
    *(
        "Many birds fly south because",
        "The shop on the corner sells",
        "If a plant gets too little light,",
        "Before crossing a road, one should",
    ),
)

# false premise, its correction, what a correction holds; the same question with the truth
PREMISES = table("""
Is Berlin the capital of France?, No. The capital of France is Paris., Paris, Is Paris the capital of France?
Is Tokyo the capital of China?, No. The capital of China is Beijing., Beijing, Is Beijing the capital of China?
Are there nine days in a week?, No. There are seven days in a week., seven|7, Are there seven days in a week?
Is the Pacific the smallest ocean on Earth?, No. The Pacific is the largest ocean on Earth., largest|biggest, Is the Pacific the largest ocean on Earth?
Did Charles Dickens write Romeo and Juliet?, No. William Shakespeare wrote Romeo and Juliet., Shakespeare, Did William Shakespeare write Romeo and Juliet?
Does a spider have four legs?, No. A spider has eight legs., eight|8, Does a spider have eight legs?
Is Venus the largest planet of the solar system?, No. Jupiter is the largest planet of the solar system., Jupiter, Is Jupiter the largest planet of the solar system?
Does water boil at 20 degrees Celsius?, No. Water boils at 100 degrees Celsius., 100, Does water boil at 100 degrees Celsius?
Did Isaac Newton paint the Mona Lisa?, No. Leonardo da Vinci painted the Mona Lisa., Leonardo|da Vinci|Leonardo da Vinci, Did Leonardo da Vinci paint the Mona Lisa?
Is two plus two five?, No. Two plus two is four., four|4, Is two plus two four?
Do people in Brazil mostly speak Russian?, No. People in Brazil mostly speak Portuguese., Portuguese, Do people in Brazil mostly speak Portuguese?
Is a young cat called a puppy?, No. A young cat is called a kitten., kitten, Is a young cat called a kitten?
""")

ENGLISH = Probes(KNOWN, OPEN, DRIFT, PREMISES, affirms=("yes", "correct", "true", "indeed"), yes="Yes.")
