"""Writes what fuzzing begins with: every statement of the parser's corpus and every script of the recorded cases, a file each, and their words."""

import pathlib
import re
import sys

corpus, words = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
tests = pathlib.Path("compat-tests")
texts = {}
for part in re.split(r"^#", (tests / "parser_corpus.sql").read_text(), flags=re.M)[1:]:
    name, _, sql = part.partition("\n")
    texts["corpus_" + re.sub(r"\W", "_", name.strip())] = sql.strip()
for case in sorted((tests / "cases").glob("*.sql")):
    text = re.sub(r"^--.*\n", "", case.read_text(), flags=re.M)
    if "-- mode: exprs" in case.read_text():
        for index, line in enumerate(filter(None, text.splitlines())):
            texts[f"{case.stem}_{index}"] = f"SELECT {line}"
    else:
        texts[case.stem] = text
for crasher in pathlib.Path("crates/sql/tests/robustness/crashers").glob("*.sql"):
    texts["crasher_" + crasher.stem] = crasher.read_text()
for name, text in texts.items():
    (corpus / name).write_text(text[:4096])
found = {word for text in texts.values() for word in re.findall(r"[A-Za-z_]{2,}|[<>=|!-]{2,3}", text)}
words.write_text("".join(f'"{word}"\n' for word in sorted(found)))
