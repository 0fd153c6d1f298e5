"""What an answer says: normalising, matching, grading and health of Japanese and English text. Standard library only.

Read `score` first. Below it: `match` (which known names stand in the answer), `denial` (names it denies, answers it declines),
`health` (loops, length), `unsupported` (invented values); below those `normalise`, made of `numerals` and `dates`.
"""
