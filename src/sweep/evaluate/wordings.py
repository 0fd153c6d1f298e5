"""Ways to put one and the same question, alone or with its facts above it: what a base answers to one of them may be luck.

The first of each kind is how the arms `base` and `gold` ask. Fixed texts in a fixed order, so that an answer can be had again.
"""

from __future__ import annotations

from sweep.evaluate.context import TEMPLATES

ALONE = {  # by whether the questions are Japanese
    False: (
        "{question}",
        "Answer in one short sentence.\n\n{question}",
        "Question: {question}",
        "Please answer this question.\n\n{question}",
        "Here is a question about a company.\n\n{question}",
        "{question}\n\nGive only what is asked for.",
    ),
    True: (
        "{question}",
        "一文で簡潔に答えてください。\n\n{question}",
        "質問：{question}",
        "次の質問に答えてください。\n\n{question}",
        "ある会社についての質問です。\n\n{question}",
        "{question}\n\n聞かれたことだけを答えてください。",
    ),
}
WITH_FACTS = {
    False: (
        TEMPLATES[False],
        "{context}\n\n{question}",
        "Facts:\n{context}\n\nUse these facts to answer: {question}",
        "Read this first.\n\n{context}\n\nNow answer this question: {question}",
        "Context: {context}\n\nQuestion: {question}",
        "This is known about a company: {context}\n\nPlease answer. {question}",
    ),
    True: (
        TEMPLATES[True],
        "{context}\n\n{question}",
        "事実：\n{context}\n\nこの事実を使って答えてください：{question}",
        "まず次の文を読んでください。\n\n{context}\n\nでは、質問に答えてください：{question}",
        "文脈：{context}\n\n質問：{question}",
        "ある会社について次のことが分かっています：{context}\n\n答えてください。{question}",
    ),
}
MOST = len(ALONE[False])
