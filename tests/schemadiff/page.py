"""The HTML report: harmless, whole, and laid out by a real browser."""
import html.parser, re
import browser
from drift import drift
from place import diff, path


class Check(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())


def report():
    diff("--html", path("r.html"), *drift(), expect=2)
    with open(path("r.html")) as f:
        return f.read()


def test_reports_are_whole_and_harmless():
    text = report()
    page = Check(text)
    assert not page.open, page.open
    assert not {t for t, _ in page.tags} & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
    }, "something from elsewhere"
    assert not [a for _, attrs in page.tags for a in attrs if a.startswith("on") or a == "src"]
    assert (
        all(attrs["href"].startswith("#") for t, attrs in page.tags if t == "a")
        and "url(" not in text
        and "@import" not in text
    )
    assert "&lt;script&gt;alert(1)" in text and "&lt;img src=x" in text
    md = re.sub(r"```\w+\n.*?\n```", "", diff("--markdown", *drift(), expect=2).stdout, flags=re.S)
    assert "<script>" not in md and "| type | total | numeric(10,2) | numeric(12,4) |" in md, md[
        :1500
    ]


def test_reports_fit_a_phone_and_a_desk():
    page = report()
    for width in (320, 390, 1280):
        inner, scroll, _ = browser.measure(page, width)
        assert inner == width and scroll <= inner, (width, inner, scroll)
