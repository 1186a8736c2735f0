"""Headless Chromium: a report laid out as wide as a phone's window or a desk's, in a frame (the
browser's own window is never that narrow)."""

import os, re, subprocess, tempfile

PROBE = """<script>onload = () => {
  for (const d of document.querySelectorAll('details')) d.open = true;
  parent.document.title = JSON.stringify([innerWidth, document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
}</script>"""


def chromium(page, width, height, *what):
    with tempfile.TemporaryDirectory() as d:
        with open(os.path.join(d, "frame.html"), "w") as f:
            f.write(
                f"<!DOCTYPE html><body style='margin:0'><iframe "
                f"style='border:0;width:{width}px;height:{height}px' "
                "srcdoc=\"" + page.replace("&", "&amp;").replace('"', "&quot;") + '"></iframe>'
            )
        return subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--hide-scrollbars",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--user-data-dir={d}/profile",
                f"--window-size={max(width, 500)},{height}",
                "--virtual-time-budget=2000",
                *what,
                f"file://{d}/frame.html",
            ],
            capture_output=True,
            text=True,
            timeout=90,
        ).stdout


def measure(page, width):
    """(width of the window, of the page, height of the page), all that folds opened. The report
    allows no script: this is a copy that does."""
    page = re.sub(r"<meta http-equiv=[^>]*>", "", page).replace("</head>", PROBE + "</head>")
    return [
        int(n)
        for n in re.search(
            r"<title>\[(\d+),(\d+),(\d+)\]</title>", chromium(page, width, 3000, "--dump-dom")
        ).groups()
    ]


def screenshot(page, width, dark, to):
    if dark:
        page = page.replace("prefers-color-scheme:dark", "min-width:1px")
    chromium(page, width, min(measure(page, width)[2], 6000), "--screenshot=" + to)
