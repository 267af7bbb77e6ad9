"""The chat page in a headless Chromium, as a person sees and uses it. Waits are explicit; nothing sleeps."""

import contextlib
import os
import pathlib

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parents[3]
ARTIFACTS = pathlib.Path(os.environ.get("MARTLET_ARTIFACTS", ROOT / "Artifacts"))


class Page:
    def __init__(self, base, user, node, width=1280, height=800, dark=False):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                         # A mouse, which headless Chromium has not: it decides how the message tools look.
                         "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"):
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.is_touched = False
        self.size(width, height)
        self.scheme("dark" if dark else "light")
        if user:
            self.driver.get(f"{base}?user={user}&node={node}")
            self.live()
        else:
            self.driver.get(base)

    def size(self, width, height, touch=False):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2 if width < 600 else 1, "mobile": touch})
        if touch != self.is_touched:
            self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
            self.is_touched = touch

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def until(self, condition, what, seconds=10):
        return WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: condition(), what)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return self.driver.execute_script("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def is_live(self):
        return self.one("#connection").get_attribute("data-live") == "true"

    def live(self, seconds=10):
        self.until(self.is_live, "the page is not live", seconds)

    def edge(self):
        """The node that the connection is at, as the page shows it."""
        return self.one("#edge").text

    def talk_to(self, user):
        self.one("#start-user").clear()
        self.one("#start-user").send_keys(user, Keys.ENTER)
        self.until(lambda: self.one("#thread-name").text == user, "the conversation did not open")

    def write(self, *lines):
        for line in lines:
            self.one("#message-input").send_keys(line, Keys.ENTER)

    def messages(self):
        return self.texts("#messages .text")

    def progress(self):
        script = "return [...document.querySelectorAll('.message.mine')].map(e => e.dataset.progress)"
        return self.driver.execute_script(script)

    def click(self, selector):
        self.driver.execute_script("arguments[0].click()", self.one(selector))

    def shot(self, name):
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(ARTIFACTS / f"{name}.png"))

    def faults(self):
        return [e["message"] for e in self.driver.get_log("browser") if e["level"] == "SEVERE" and "WebSocket" not in e["message"]]


@contextlib.contextmanager
def open_pages(base):
    """Gives a function that opens pages; at the end none of them may have logged an error."""
    opened = []

    def open_page(*args, **kwargs):
        opened.append(Page(base, *args, **kwargs))
        return opened[-1]

    try:
        yield open_page
        for page in opened:
            assert page.faults() == []
    finally:
        for page in opened:
            page.driver.quit()
