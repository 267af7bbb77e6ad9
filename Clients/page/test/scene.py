"""A few people talking: pictures of the page, wide and narrow, light and dark."""


def take_pictures(pages, prefix):
    alice, bob = pages("alice", "node-1"), pages("bob", "node-2")
    others = {"carol": "See you at the weir on Sunday", "dora": "The minutes are in the usual place.",
              "emil": "I bring the thermos."}
    for name, text in others.items():
        other = pages(name, "node-3")
        other.talk_to("alice")
        other.write(text)
    bob.talk_to("alice")
    bob.write("Good morning!", "The martlets are back above the tower. I counted eleven before breakfast, and then lost "
              "count because they would not sit still.")
    alice.until(lambda: len(alice.texts(".conversation")) == 4, "four conversations")
    alice.click('.conversation[data-peer="user:bob"] a')
    alice.until(lambda: len(alice.messages()) == 2, "what bob wrote")
    alice.write("They never land, that is the point.", "Eleven is more than last year.")
    bob.until(lambda: len(bob.messages()) == 4, "four messages")
    bob.click(".message.theirs .tool[title=Laugh]")
    bob.write("I will try again tomorrow with the good binoculars.")
    alice.until(lambda: len(alice.messages()) == 5, "five messages")
    alice.click(".message.theirs .tool[title=Love]")
    alice.until(lambda: len(alice.texts(".chip")) == 2, "reactions")
    alice.until(lambda: alice.progress() == ["read"] * 2, "read marks")
    alice.until(lambda: alice.one("#thread-presence").text == "online on node-2", "presence", 20)
    bob.one("#message-input").send_keys("And")
    alice.until(lambda: alice.one("#typing").text != "", "typing")
    for scheme in ("light", "dark"):
        alice.scheme(scheme)
        alice.shot(f"{prefix}-wide-{scheme}")
    alice.size(390, 844, touch=True)
    for scheme in ("dark", "light"):
        alice.scheme(scheme)
        alice.shot(f"{prefix}-narrow-{scheme}")
    alice.click("#back")
    alice.until(lambda: not alice.one("#thread").is_displayed(), "the list")
    alice.shot(f"{prefix}-narrow-list")
