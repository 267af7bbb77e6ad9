"""The page in headless Chromium against the stand-in server: what people see and do, and screenshots of it."""

import pathlib
import socket
import subprocess
import sys
import urllib.request

import pytest
from browser import open_pages
from scene import take_pictures
from selenium.webdriver.common.keys import Keys

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture
def base():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, HERE / "server.py", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def pages(base):
    with open_pages(base) as open_page:
        yield open_page


def test_two_people_talk(pages, base):
    alice, bob = pages("alice", "node-1"), pages("bob", "node-2")
    assert alice.edge() == "node-1"
    alice.talk_to("bob")
    alice.write("Good morning!", "Did the heron come back to the pond?")
    bob.until(lambda: bob.texts(".conversation .unread") == ["2"], "two unread")
    alice.until(lambda: alice.progress() == ["received"] * 2, "received marks")
    bob.click(".conversation a")
    bob.until(lambda: bob.messages() == ["Good morning!", "Did the heron come back to the pond?"], "both messages")
    alice.until(lambda: alice.progress() == ["read"] * 2, "read marks")
    bob.until(lambda: bob.texts(".conversation .unread") == [], "nothing unread")
    bob.one("#message-input").send_keys("It di")
    alice.until(lambda: alice.one("#typing").text == "bob is typing…", "typing")
    bob.one("#message-input").send_keys("d – two of them, at first light.", Keys.ENTER)
    alice.until(lambda: len(alice.messages()) == 3 and alice.one("#typing").text == "", "the answer")
    alice.until(lambda: alice.one("#thread-presence").text == "online on node-2", "presence")
    # Reaction, edit, delete, by keyboard where there is a key.
    alice.click(".message.theirs .tool[title=Love]")
    bob.until(lambda: bob.texts(".chip") == [""] and bob.one(".chip").get_attribute("data-reaction") == "❤️", "reaction")
    bob.one("#message-input").send_keys(Keys.ARROW_UP)
    bob.one("#message-input").send_keys(" I have photographs.", Keys.ENTER)
    alice.until(lambda: alice.messages()[2] == "It did – two of them, at first light. I have photographs.", "edit")
    assert alice.texts(".edited") == ["edited"]
    alice.click(".message.mine .tool[title=Delete]")
    bob.until(lambda: bob.messages()[0] == "This message was deleted", "delete")
    bob.click(".chip")
    bob.until(lambda: len(bob.texts(".chip")) == 1 and "2" in bob.texts(".chip")[0], "a reaction of one's own")


def test_offline_and_back(pages, base):
    alice, bob = pages("alice", "node-1"), pages("bob", "node-2")
    alice.talk_to("bob")
    bob.talk_to("alice")
    alice.write("one")
    bob.until(lambda: bob.messages() == ["one"], "one")
    bob.click("#network-toggle")
    bob.until(lambda: bob.one("#connection-text").text == "Offline", "offline")
    alice.write("two", "three")
    bob.write("from the train")
    bob.until(lambda: bob.progress() == ["waiting"], "it waits")
    alice.until(lambda: alice.progress()[1:] == ["sent", "sent"], "sent, not received")
    bob.click("#network-toggle")
    expected = ["one", "two", "three", "from the train"]
    bob.until(lambda: bob.messages() == expected, "all, in order")
    alice.until(lambda: alice.messages() == expected, "all, in order")
    # The gateway dies under both directions.
    for number in range(3):
        urllib.request.urlopen(urllib.request.Request(f"{base}test/drop/node-2", method="POST")).read()
        alice.write(f"a{number}")
        bob.write(f"b{number}")
    bob.live()
    alice.until(lambda: len(alice.messages()) == 10, "ten messages")
    bob.until(lambda: len(bob.messages()) == 10 and "waiting" not in bob.progress(), "ten messages")
    assert sorted(alice.messages()) == sorted(set(alice.messages())) == sorted(bob.messages())
    # A reload finds the same again.
    bob.driver.refresh()
    bob.until(lambda: len(bob.messages()) == 10, "ten messages after a reload")


def test_history_on_scrolling_up(pages):
    alice, bob = pages("alice", "node-1"), pages("bob", "node-2")
    alice.talk_to("bob")
    alice.write(*[f"line {number}" for number in range(1, 101)])
    alice.until(lambda: alice.progress() == ["received"] * 100, "all received")
    bob.driver.refresh()
    bob.live()
    bob.until(lambda: bob.texts(".conversation .unread") == ["100"], "unread")
    bob.click(".conversation a")
    bob.until(lambda: bob.messages()[-1:] == ["line 100"], "the newest")
    assert len(bob.messages()) < 100
    bob.until(lambda: bob.driver.execute_script("""
        document.getElementById('log').scrollTop = 0;
        return document.querySelectorAll('#messages .text').length === 100"""), "all of it")
    assert bob.messages() == [f"line {number}" for number in range(1, 101)]


def test_markup_stays_text_and_bad_names_are_refused(pages):
    alice, bob = pages("alice", "node-1"), pages("bob", "node-2")
    alice.one("#start-user").send_keys("a/b", Keys.ENTER)
    assert "no control characters and no /" in alice.one("#start-fault").text
    alice.talk_to("bob")
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    alice.write(attack)
    bob.until(lambda: bob.texts(".preview") == [attack], "as text")
    bob.click(".conversation a")
    bob.until(lambda: bob.messages() == [attack], "as text")


def test_the_same_tab_twice_is_two_devices(pages, base):
    alice = pages("alice", "node-1")
    alice.driver.execute_script("window.open(location.href)")
    alice.driver.switch_to.window(alice.driver.window_handles[1])
    alice.live()
    alice.driver.switch_to.window(alice.driver.window_handles[0])
    assert alice.one("#connection").get_attribute("data-state") == "online"


def test_looks(pages):
    """Not a check but a set of pictures."""
    sign_in = pages(None, None)
    sign_in.until(lambda: sign_in.one("#sign-in-user").is_displayed(), "the form")
    sign_in.shot("page-sign-in")
    take_pictures(pages, "page")
