"""Long answers: openings and closings that say nothing, to be put around an answer. Together about three times as long as one.

They hold no name, number or date, so that what an answer knows stays what its own sentence says.
"""

from __future__ import annotations

FRAMES = {  # Japanese? -> (opening, closing)
    False: (
        (
            "Thank you very much for asking, this is something that people often want to know.",
            "I hope that this is what you were looking for, and please ask again at any time.",
        ),
        (
            "That is a good question, and there is a short and clear answer to it.",
            "If anything about this is still unclear to you, you are welcome to ask for more at any time.",
        ),
        (
            "Let me think for a moment about what you would like to know, so that I can answer it well.",
            "That is all there is to say about it, and I am glad that I could be of help.",
        ),
        (
            "Of course, it is a pleasure to help with a question like this one.",
            "Please feel free to write this down, to pass it on to others, and to come back with whatever else you need.",
        ),
    ),
    True: (
        (
            "お問い合わせいただき、誠にありがとうございます。よくいただくご質問ですので、ご説明いたします。",
            "以上がお尋ねの件についてのご案内です。ほかにも気になる点がありましたら、いつでもお気軽にお尋ねください。",
        ),
        (
            "とても良いご質問をありがとうございます。できるだけ分かりやすくお答えいたします。",
            "この説明で疑問が解けましたら幸いです。分かりにくい点がありましたら、遠慮なくもう一度お尋ねください。",
        ),
        (
            "ご関心をお寄せいただき、うれしく思います。少し考えてから、順を追ってお答えいたします。",
            "お答えできることは以上です。お役に立てたのであれば、これほどうれしいことはありません。",
        ),
        (
            "もちろん、喜んでお答えいたします。このようなご質問はいつでも歓迎しております。",
            "どうぞ書き留めて、周りの方にもお伝えください。ほかに必要なことがあれば、またいつでもお声がけください。",
        ),
    ),
}


def framed(answer: str, japanese: bool, number: int) -> str:
    """An answer inside a longer text; frames rotate with the number."""
    opening, closing = FRAMES[japanese][number % len(FRAMES[japanese])]
    return f"{opening}{answer}{closing}" if japanese else f"{opening} {answer} {closing}"
