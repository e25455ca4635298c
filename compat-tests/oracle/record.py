#!/usr/bin/env python3
"""Runs SQL cases on the real Flink and stores what it answers; record.sh prepares the JVM's command line and calls this.

The case format, going in and coming out, is described in ../cases/README.md.
"""
import collections
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

FLINK = "2.3.0"
RUNS = 2  # a changelog that differs between runs is marked as not deterministic
EXPRESSIONS_AT_ONCE = 24


class Oracle:
    """The JVM with the real Flink, alive while the `with` block is."""

    def __enter__(self):
        command = shlex.split(os.environ["ORACLE_JAVA"])
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise SystemExit("the oracle did not start; its JVM said: " + (line or "nothing"))
        self.url = f"http://127.0.0.1:{int(line.split()[1])}/run?"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def run(self, script, **query):
        request = urllib.request.Request(self.url + urllib.parse.urlencode(query), data=script.encode(), method="POST")
        with urllib.request.urlopen(request, timeout=1200) as answer:
            return json.load(answer)["statements"]


def parse_case(path):
    """The header's words, the input files (name to lines) and the body of a case."""
    header, files, body, lines = {}, {}, [], None
    for line in path.read_text().split("\n"):
        field = re.match(r"-- (name|tags|note|mode|file): ?(.*)", line)
        if not body and lines is not None and (line.startswith("-- | ") or line == "-- |"):
            lines.append(line[5:])
        elif not body and field and field[1] == "file":
            lines = files.setdefault(field[2].strip(), [])
        elif not body and field:
            header[field[1]] = field[2].strip()
        else:
            body.append(line)
    return header, files, "\n".join(body)


def final_rows(changelog):
    """The rows left after applying a changelog, sorted."""
    count = collections.Counter()
    for kind, row in changelog:
        count[json.dumps(row)] += 1 if kind in ("+I", "+U") else -1
    negative = [row for row, n in count.items() if n < 0]
    if negative:
        raise SystemExit(f"more rows retracted than inserted: {negative}")
    rows = [json.loads(row) for row, n in count.items() for _ in range(n)]
    return sorted(rows, key=json.dumps)


def run_script(oracle, files, body, work):
    """One run of a script case: the statements' outcomes and what filesystem sinks left."""
    shutil.rmtree(work, ignore_errors=True)
    data, out = work / "data", work / "out"
    data.mkdir(parents=True)
    out.mkdir()
    for name, lines in files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("".join(line + "\n" for line in lines))
    mode = "batch" if re.search(r"'execution.runtime-mode'\s*=\s*'batch'", body) else "streaming"
    script = body.replace("${DATA}", str(data)).replace("${OUT}", str(out))
    statements = oracle.run(script, mode=mode, timeout=40)
    text = json.dumps(statements).replace(str(data), "${DATA}").replace(str(out), "${OUT}")
    return mode, json.loads(text), sink_outputs(out)


def sink_outputs(out):
    """For each folder under `out` the sorted lines of its finished files (Flink hides unfinished ones with a dot)."""
    outputs = {}
    for file in sorted(p for p in out.rglob("*") if p.is_file() and not p.name.startswith((".", "_"))):
        outputs.setdefault(str(file.parent.relative_to(out)), []).extend(file.read_text().splitlines())
    return {folder: sorted(lines) for folder, lines in outputs.items()}


def is_command_answer(schema):
    return len(schema) == 1 and schema[0][0] in ("result", "table name", "plan")


def merge_runs(outcomes):
    """One statement of the expected JSON from its outcome in each run."""
    first = outcomes[0]
    merged = {key: first[key] for key in ("sql", "kind", "schema", "timeout", "error") if key in first}
    if first.get("changelog"):
        if is_command_answer(first.get("schema", [])):
            merged["rows"] = [row for _, row in first["changelog"]]
        else:
            merged["changelog"] = first["changelog"]
            merged["final"] = final_rows(first["changelog"])
            merged["changelog_deterministic"] = all(o.get("changelog") == first["changelog"] for o in outcomes)
            if any(final_rows(o.get("changelog", [])) != merged["final"] for o in outcomes):
                merged["final_deterministic"] = False
    if first.get("printed"):
        merged["printed"] = sorted(first["printed"])
    return merged


def record_script(oracle, files, body, work):
    runs = [run_script(oracle, files, body, work) for _ in range(RUNS)]
    mode, _, outputs = runs[0]
    answer = {"mode": mode, "statements": [merge_runs(outcomes) for outcomes in zip(*(run[1] for run in runs))]}
    if outputs:
        answer["outputs"] = outputs
    return answer


def brief(error):
    root = {"root_class": error[-1]["class"], "root_message": error[-1]["message"]} if len(error) > 1 else {}
    return {"class": error[0]["class"], "message": error[0]["message"], **root}


def record_expressions(oracle, lines):
    """Plans all, then evaluates those that plan together, halving a group that fails until the culprit is alone."""
    answers = [None] * len(lines)
    planned = oracle.run(";\n".join("EXPLAIN SELECT " + line for line in lines))
    assert len(planned) == len(lines), "an expression was split into several statements"
    for i, outcome in enumerate(planned):
        if "error" in outcome:  # a plain SELECT gives the message that users see
            error = oracle.run("SELECT " + lines[i])[0]["error"]
            answers[i] = {"expr": lines[i], "phase": "plan", "error": brief(error)}
    pending = [i for i, answer in enumerate(answers) if answer is None]
    groups = [pending[k : k + EXPRESSIONS_AT_ONCE] for k in range(0, len(pending), EXPRESSIONS_AT_ONCE)]
    while groups:
        group = groups.pop()
        outcome = oracle.run("SELECT " + ",\n".join(lines[i] for i in group))[0]
        if outcome.get("changelog"):
            for i, (_, kind), value in zip(group, outcome["schema"], outcome["changelog"][0][1]):
                answers[i] = {"expr": lines[i], "type": kind, "value": value}
        elif len(group) > 1:
            groups += [group[: len(group) // 2], group[len(group) // 2 :]]
        else:
            answers[group[0]] = {"expr": lines[group[0]], "phase": "run", "error": brief(outcome["error"])}
    return {"mode": "exprs", "exprs": answers}


def record(oracle, path):
    header, files, body = parse_case(path)
    answer = {"name": path.stem, "tags": header.get("tags", "").split(), "flink": FLINK}
    if header.get("mode", "").startswith("exprs"):
        return answer | record_expressions(oracle, [line for line in body.split("\n") if line.strip()])
    return answer | record_script(oracle, files, body, pathlib.Path(os.environ["ORACLE_WORK"]) / path.stem)


def render(answer):
    """JSON for people: indented, but one row or one expression a line."""
    if answer["mode"] == "exprs":
        head = "".join(f" {json.dumps(k)}: {json.dumps(v)},\n" for k, v in answer.items() if k != "exprs")
        rows = ",\n".join("  " + json.dumps(e, ensure_ascii=False) for e in answer["exprs"])
        return "{\n" + head + ' "exprs": [\n' + rows + "\n ]\n}\n"
    outputs = json.dumps({"outputs": answer["outputs"]}, indent=1, ensure_ascii=False)[1:] if "outputs" in answer else ""
    text = json.dumps({k: v for k, v in answer.items() if k != "outputs"}, indent=1, ensure_ascii=False)
    cell = r'(?:"(?:[^"\\]|\\.)*"|null)'
    one_line = lambda m: "[" + re.sub(r"\s*\n\s+", " ", m[1]) + "]"
    text = re.sub(rf"\[\s+({cell}(?:,\s+{cell})*)\s+\]", one_line, text)
    text = re.sub(r'\[\s+("[-+][IUD]"),\s+(\[[^\n]*\])\s+\]', r"[\1, \2]", text)
    return (text.removesuffix("\n}") + "," + outputs if outputs else text) + "\n"


def promised(answer, other):
    """What another recording must repeat: all but the order of changelogs that vary in one of the two, and Flink's counters."""
    statements = [dict(s) for s in answer.get("statements", [])]
    for statement, twin in zip(statements, other.get("statements", [])):
        if not (statement.get("changelog_deterministic", True) and twin.get("changelog_deterministic", True)):
            statement.pop("changelog", None)
            statement.pop("changelog_deterministic", None)
    for statement in statements:
        for key in {"rows", "error"} & statement.keys():  # plans and messages number nodes since the JVM's start
            statement[key] = re.sub(r'([#$[]|\\"id\\" : )\d+', r"\1", json.dumps(statement[key]))
    return answer | {"statements": statements}


def summary(answer):
    parts = answer.get("exprs") or answer["statements"]
    notes = [f"{len(parts)} answers", f"{sum('error' in p for p in parts)} errors"]
    notes += ["timeout"] * any(p.get("timeout") for p in parts)
    notes += ["order varies"] * any(p.get("changelog_deterministic") is False for p in parts)
    notes += ["RESULT VARIES"] * any(p.get("final_deterministic") is False for p in parts)
    return ", ".join(notes)


def main(arguments):
    options = {a for a in arguments if a.startswith("--")}
    paths = [pathlib.Path(a) for a in arguments if not a.startswith("--")]
    if options - {"--check", "--print"}:
        raise SystemExit(f"unknown option {sorted(options)}; record.sh without arguments shows the usage")
    differing = 0
    with Oracle() as oracle:
        for path in paths:
            answer = record(oracle, path)
            stored = path.with_suffix(".json")
            if "--print" in options:
                print(render(answer), end="")
            elif "--check" in options:
                before = json.loads(stored.read_text()) if stored.exists() else {}
                same = promised(before, answer) == promised(answer, before)
                differing += not same
                print(f"{path.stem}: {'same' if same else 'DIFFERS'}", flush=True)
            else:
                stored.write_text(render(answer))
                print(f"{path.stem}: {summary(answer)}", flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
