#!/usr/bin/env python3
"""The documentation as a book: writes what is made from the code, checks links, and runs the commands of a page.

  scripts/book.py write            docs/configuration.md from the options in crates/common/src/config/options
  scripts/book.py check            that page is current, every page is in SUMMARY.md, every link leads somewhere
  scripts/book.py build FOLDER     makes the book by mdBook, with the pages and files beside docs/ that it refers to
  scripts/book.py run [PAGE...]    runs the ```sh blocks of pages, of all unless some are named, one after the other, in a network and a /tmp of their
                                   own, with `flinkrs` of the PATH; those that are not to be run, since they need an engine or a terminal, are ```bash

"""
import os
import pathlib
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
OPTIONS = ROOT / "crates/common/src/config/options"
# The families, in the order of the page: the file's name, the title.
FAMILIES = {
    "jobmanager": "JobManager and high availability", "taskmanager": "TaskManager and memory", "cluster": "Heartbeats, registration, logs",
    "rest": "REST and web", "security": "TLS and users", "sql_gateway": "SQL gateway", "execution": "Execution", "pipeline": "Pipeline", "checkpointing": "Checkpoints and state",
    "restart_strategy": "Restarts", "table": "Table and SQL", "s3": "S3", "metrics": "Metrics",
}
OPTION = re.compile(
    r'^    \w+: (?P<type>[^=]+?) = "(?P<key>[^"]+)"(?: default "(?P<default>(?:[^"\\]|\\.)*)")?(?: older \[(?P<older>[^\]]*)\])?,\s*'
    r'"(?P<text>(?:[^"\\]|\\.)*)";', re.M)
TYPES = {"String": "text", "LogFilter": "level or filters", "bool": "true or false", "Duration": "duration", "MemorySize": "size", "PortRange": "port or range", "u16": "port", "f64": "number",
         "u32": "number", "u64": "number", "i32": "number", "i64": "number", "usize": "number"}
PAGE_HEAD = """\
# Configuration

All keys that flinkrs reads, written by `scripts/book.py` from the options of the code. Keys, defaults and older names are those of Apache Flink 2.3; what is
flinkrs' own says so. They stand in `config.yaml`, nested or flat, in `FLINK_PROPERTIES`, one `key: value` a line, and behind `-D`; the later of these wins.
A key of Flink's that is not here has no effect, and the start of a process says so, as it does with a key that nobody knows. Durations are written
`10 s`, `5 min`, `1 h` or as in ISO 8601, sizes `512 mb`, `2 gb`.

Keys of a reporter: `metrics.reporter.NAME.factory.class`, with `org.apache.flink.metrics.prometheus.PrometheusReporterFactory`, and `metrics.reporter.NAME.port`.
"""


def unescape(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def choices(source, type_name):
    """The names of an enumeration that the same or another family declares."""
    for text in (source, *(path.read_text() for path in sorted(OPTIONS.glob("*.rs")))):
        match = re.search(rf"impl ConfigEnum for {type_name} \{{.*?\[(.*?)\];", text, re.S)
        if match:
            return ", ".join(re.findall(r'\("([^"]*)"', match[1]))
    return None


def configuration():
    """The page."""
    missing = {path.stem for path in OPTIONS.glob("*.rs")} - {"mod"} - FAMILIES.keys()
    if missing:
        sys.exit(f"book.py: families without a title: {missing}")
    page = [PAGE_HEAD]
    for family, title in FAMILIES.items():
        source = (OPTIONS / f"{family}.rs").read_text()
        block = source[source.index("options! {"):]
        found = list(OPTION.finditer(block))
        declared = len(re.findall(r"^    [A-Z][A-Z0-9_]+: ", block, re.M))
        if len(found) != declared:
            sys.exit(f"book.py: {family}.rs declares {declared} options, {len(found)} were understood")
        page += [f"\n## {title}\n", "| key | default | type | |", "|---|---|---|---|"]
        for option in found:
            type_name = re.sub(r"^Option<(.*)>$", r"\1", option["type"].strip())
            kind = TYPES.get(type_name) or choices(source, type_name.split("::")[-1]) or type_name
            default = f"`{unescape(option['default'])}`" if option["default"] else ""
            older = re.findall(r'"([^"]+)"', option["older"] or "")
            text = unescape(option["text"]) + (f" Also read: {', '.join(f'`{key}`' for key in older)}." if older else "")
            page.append("| " + " | ".join(cell.replace("|", "\\|") for cell in (f"`{option['key']}`", default, kind, text)) + " |")
    return "\n".join(page) + "\n"


def headings(path):
    """The names by which links reach the headings of a page, as mdBook makes them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def check():
    """What is wrong, a line each."""
    if (DOCS / "configuration.md").read_text() != configuration():
        yield "docs/configuration.md is not current: scripts/book.py write"
    summary = set(re.findall(r"\]\(([^)]+\.md)\)", (DOCS / "SUMMARY.md").read_text()))
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} - {"SUMMARY.md"}
    for page in sorted(pages - summary):
        yield f"docs/{page} is not in docs/SUMMARY.md"
    for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), ROOT / "examples/README.md"]:
        for target in links(path):
            file, _, anchor = target.partition("#")
            place = (path.parent / file).resolve() if file else path
            if not place.exists():
                yield f"{path.relative_to(ROOT)}: {target} leads nowhere"
            elif anchor and place.suffix == ".md" and anchor not in headings(place):
                yield f"{path.relative_to(ROOT)}: {file or path.name} has no heading '{anchor}'"


def links(path):
    """What a page refers to in this repository."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", path.read_text(), flags=re.M | re.S)
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"\w+:", target)]


def place_in_book(path):
    """Where something of the repository stands in the book: pages of docs/ at its top, and no README, which mdBook would give another name."""
    place = str(path.relative_to(ROOT)).removeprefix("docs/")
    return "repository.md" if place == "README.md" else place.replace("README.md", "about.md")


def build(folder):
    """mdBook takes what is listed and lies below one folder: so all that the pages refer to is laid into one, and what no page lists is listed at the end."""
    with tempfile.TemporaryDirectory() as book:
        book, waiting, seen = pathlib.Path(book), [*DOCS.rglob("*.*")], set()
        while waiting:
            path = waiting.pop()
            if path in seen or not path.is_file():
                continue
            seen.add(path)
            place = place_in_book(path)
            (book / place).parent.mkdir(parents=True, exist_ok=True)
            if path.suffix != ".md":
                shutil.copy(path, book / place)
                continue

            def moved(link):
                file, hash, anchor = link[1].partition("#")
                target = (path.parent / file).resolve()
                if not file or re.match(r"\w+:", file) or not target.exists():
                    return link[0]
                waiting.append(target)
                return f"]({posixpath.relpath(place_in_book(target), posixpath.dirname(place))}{hash}{anchor})"
            (book / place).write_text(re.sub(r"\]\(([^)\s]+)\)", moved, path.read_text()))
        summary = (book / "SUMMARY.md").read_text()
        others = sorted(place for path in seen if path.suffix == ".md" and (place := place_in_book(path)) not in summary and place != "SUMMARY.md")
        titles = [f"- [{re.search('^# (.+)$', (book / place).read_text(), re.M)[1]}]({place})" for place in others]
        (book / "SUMMARY.md").write_text("\n".join([summary.rstrip(), *titles, ""]))
        subprocess.run(["mdbook", "build", "--dest-dir", pathlib.Path(folder).resolve(), book], check=True)


def commands(page):
    """The blocks of a page that run."""
    return re.findall(r"^```sh\n(.*?)^```", pathlib.Path(page).read_text(), re.M | re.S)


def run(pages):
    """Runs the commands of each page in a shell of its own; the first one that fails ends it, and so does a loop that waits in vain."""
    binary = shutil.which("flinkrs")
    if not binary:
        sys.exit("book.py: no flinkrs on the PATH")
    if pathlib.Path(binary).is_relative_to("/tmp"):
        sys.exit("book.py: a flinkrs below /tmp, which each page has anew, cannot be run")
    alone = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    for page in pages or [page for page in [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))] if commands(page)]:
        blocks = commands(page)
        script = "set -eo pipefail\nip link set lo up\nmount -t tmpfs tmpfs /tmp\n" + "".join(
            f"cat >&2 <<'BLOCK_{number}'\n{block}BLOCK_{number}\n{block}" for number, block in enumerate(blocks))
        script += "\nkill $(jobs -p) 2>/dev/null || true\nwait\n"
        done = subprocess.run(["timeout", "-k", "5", "180", *alone, "bash", "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            sys.exit(f"book.py: a command of {page} failed ({done.returncode})")
        print(f"{page}: {len(blocks)} blocks ran")


def main(arguments):
    match arguments:
        case ["write"]:
            (DOCS / "configuration.md").write_text(configuration())
        case ["check"]:
            wrong = list(check())
            if wrong:
                sys.exit("\n".join(wrong))
        case ["build", folder]:
            build(folder)
        case ["run", *pages]:
            run(pages)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
