"""Two people in two browsers on two nodes of a real cluster: what they see when lids close and nodes drain."""

import pytest
from browser import open_pages
from scene import take_pictures


@pytest.fixture
def pages(cluster):
    with open_pages(cluster.page) as open_page:
        yield open_page


class Talk:
    """Two pages in one conversation, and everything that was written in it."""

    def __init__(self, pages, first=("alice", "node-1"), second=("bob", "node-2")):
        self.a, self.b = pages(*first), pages(*second)
        self.a.talk_to(second[0])
        self.b.talk_to(first[0])
        self.written = []

    def write(self, page, *texts):
        page.write(*texts)
        self.written += texts

    def whole(self, page):
        """Everything is there, and nothing twice."""
        return sorted(page.messages()) == sorted(self.written)

    def agree(self, seconds=30):
        for page in (self.a, self.b):
            page.until(lambda: self.whole(page), f"missing or doubled: {page.messages()} of {self.written}", seconds)
            page.until(lambda: "waiting" not in page.progress(), "something was never accepted", seconds)
        for page in (self.a, self.b):
            own = [text for text in self.written if text.startswith(f"{self.name(page)}:")]
            assert [text for text in page.messages() if text in own] == own, "own messages out of order"

    def name(self, page):
        return "alice" if page is self.a else "bob"


def test_two_nodes_offline_and_back_with_a_drain_in_between(pages, cluster):
    talk = Talk(pages)
    alice, bob = talk.a, talk.b
    assert (alice.edge(), bob.edge()) == ("node-1", "node-2")

    talk.write(alice, "alice: good morning")
    talk.agree()
    talk.write(bob, "bob: good morning to you")
    talk.agree()
    alice.until(lambda: alice.progress() == ["read"], "the read mark")
    alice.until(lambda: alice.one("#thread-presence").text == "online on node-2", "bob's presence")

    # Bob closes the lid; both write on; meanwhile his node is drained.
    bob.click("#network-toggle")
    bob.until(lambda: bob.one("#connection").get_attribute("data-state") == "idle", "offline")
    talk.write(alice, "alice: are you there?", "alice: never mind, read it later")
    talk.write(bob, "bob: in a tunnel", "bob: still in it")
    alice.until(lambda: alice.progress()[-2:] == ["sent", "sent"], "accepted, not received")
    assert bob.progress()[-2:] == ["waiting", "waiting"]
    cluster.post("/admin/v1/nodes/node-2:drain")
    bob.click("#network-toggle")
    bob.live(30)
    bob.until(lambda: bob.edge() != "node-2", "an edge that is not drained", 30)
    talk.agree()
    alice.until(lambda: set(alice.progress()) == {"read"}, "the read marks")

    # A node is drained under a connection that is in use.
    edge = bob.edge()
    other = next(node for node in ("node-1", "node-3") if node != edge)
    cluster.post("/admin/v1/nodes/node-2:undrain")
    cluster.post(f"/admin/v1/nodes/{edge}:drain")
    for number in range(10):
        talk.write(alice, f"alice: {number}")
        talk.write(bob, f"bob: {number}")
    bob.until(lambda: bob.edge() in ("node-2", other) and bob.is_live(), "another edge", 60)
    talk.agree()

    # A reload builds the same from history and the stored cursor.
    bob.driver.refresh()
    bob.live(30)
    talk.agree()

    bob.shot("browser-after-drains-wide")
    bob.size(390, 844, touch=True)
    bob.shot("browser-after-drains-narrow")


def test_edits_reactions_typing_and_unread_across_nodes(pages):
    talk = Talk(pages)
    alice, bob = talk.a, talk.b
    talk.write(alice, "alice: one")
    talk.agree()
    bob.click(".message.theirs .tool[title=Love]")
    alice.until(lambda: alice.one(".chip").get_attribute("data-reaction") == "❤️", "the reaction")
    alice.click(".message.mine .tool[title=Edit]")
    alice.write(" and a half")
    bob.until(lambda: bob.messages() == ["alice: one and a half"], "the edit")
    bob.one("#message-input").send_keys("hm")
    alice.until(lambda: alice.one("#typing").text == "bob is typing…", "typing")
    alice.click(".message.mine .tool[title=Delete]")
    bob.until(lambda: bob.messages() == ["This message was deleted"], "the deletion")
    carol = pages("carol", "node-3")
    carol.talk_to("alice")
    carol.write("one", "two", "three")
    unread = '.conversation[data-peer="user:carol"] .unread'
    alice.until(lambda: alice.texts(unread) == ["3"], "unread")
    alice.click('.conversation[data-peer="user:carol"] a')
    alice.until(lambda: alice.texts(unread) == [], "read")
    carol.until(lambda: carol.progress() == ["read"] * 3, "the read marks")


def test_history_comes_on_scrolling_up(pages):
    talk = Talk(pages)
    lines = [f"alice: line {number}" for number in range(60)]
    talk.write(talk.a, *lines)
    talk.agree(60)
    talk.b.driver.refresh()
    talk.b.live(30)
    talk.b.until(lambda: talk.b.messages()[-1:] == lines[-1:], "the newest")
    assert len(talk.b.messages()) < len(lines)
    scroll = "document.getElementById('log').scrollTop = 0; return document.querySelectorAll('#messages .text').length"
    talk.b.until(lambda: talk.b.driver.execute_script(scroll) == len(lines), "all of it")
    assert talk.b.messages() == lines


def test_it_looks_good(pages):
    take_pictures(pages, "chat")
