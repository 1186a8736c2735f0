"""The HTML report: harmless, whole, and laid out by a real browser."""
import html.parser, json, re, subprocess
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
    assert not {t for t, _ in page.tags} & {"script", "img", "link", "iframe", "object"}, "something from elsewhere"
    assert not [a for _, attrs in page.tags for a in attrs if a.startswith("on") or a == "src"]
    assert all(attrs["href"].startswith("#") for t, attrs in page.tags if t == "a") and "url(" not in text and "@import" not in text
    assert "&lt;script&gt;alert(1)" in text and "&lt;img src=x" in text
    md = re.sub(r"```\w+\n.*?\n```", "", diff("--markdown", *drift(), expect=2).stdout, flags=re.S)
    assert "<script>" not in md and "| type | total | numeric(10,2) | numeric(12,4) |" in md, md[:1500]


def test_reports_fit_a_phone_and_a_desk():
    """Headless Chromium lays it out: nothing is wider than the window, with all that folds open."""
    page = report()
    # The report itself allows no script: what measures it is another page, around it. Its frame is as wide as a phone's window: Chromium's own is not.
    probe = "<script>onload=()=>{for(const d of document.querySelectorAll('details'))d.open=true;parent.document.title=" \
            "JSON.stringify([innerWidth,document.documentElement.scrollWidth])}</script>"
    page = re.sub(r"<meta http-equiv=[^>]*>", "", page).replace("</head>", probe + "</head>")
    for width in (320, 390, 1280):
        with open(path("frame.html"), "w") as f:
            f.write(f"<!DOCTYPE html><body style='margin:0'><iframe style='border:0;width:{width}px;height:3000px' "
                    "srcdoc=\"" + page.replace("&", "&amp;").replace('"', "&quot;") + '"></iframe>')
        out = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                              "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={path('chrome')}",
                              "--window-size=1280,2000", "--virtual-time-budget=2000", "--dump-dom", "file://" + path("frame.html")],
                             capture_output=True, text=True, timeout=90).stdout
        inner, scroll = json.loads(re.search(r"<title>(\[\d+,\d+\])</title>", out).group(1))
        assert inner == width and scroll <= inner, (width, inner, scroll)
