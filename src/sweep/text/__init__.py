"""What an answer says: normalising, matching, grading and health of Japanese and English text. Standard library only.

Read `score` first. Below it: `match` (which known names stand in the answer), `longer` (whether one is part of another), `denial`
(names it denies, answers it declines), `health` (loops, length), `unsupported` (invented values); below those `prepared` and
`normalise`, made of `numerals` and `dates`.
"""
