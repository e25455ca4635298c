#!/usr/bin/env python3
"""Asks the SQL gateway at HOST:PORT each statement of statements.sql, in both row formats, and writes what it answers to a file (answers.json).

usage: record.py HOST:PORT FILE
The gateway must reach this folder. Of a failure the classes and messages of the exceptions are kept, the innermost last. See README.md."""
import http.client
import json
import pathlib
import re
import sys
import time

host, output = sys.argv[1:]
folder = pathlib.Path(__file__).resolve().parent


def call(method, path, body=None):
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def exceptions(body):
    """Classes and messages of a stack trace, without its frames."""
    text = body["errors"][-1].removeprefix("<Exception on server side:\n").split("\nEnd of exception on server side>")[0]
    text = re.sub(r"\n\t(at |\.\.\. )[^\n]*", "", text)
    text = re.sub(r"\nWas expecting one of:.*?(?=\nCaused by: |$)", "", text, flags=re.S)
    return [line.strip() for line in re.split(r"\nCaused by: ", text)]


def run(session, statement, row_format):
    handle = call("POST", f"/v2/sessions/{session}/statements", {"statement": statement})[1]["operationHandle"]
    path = f"/v2/sessions/{session}/operations/{handle}/result/0?rowFormat={row_format}"
    answer = {"sql": statement, "format": row_format}
    rows = []
    while True:
        status, page = call("GET", path)
        if status != 200:
            operation = re.compile(re.escape(handle))
            # A query that fails has said its columns before; what counts is that it failed.
            return answer | {"error": [operation.sub("<operation>", text) for text in exceptions(page)]}
        if page["resultType"] == "NOT_READY":
            time.sleep(0.02)
            continue
        rows += [[row["kind"], row["fields"]] for row in page["results"]["data"]]
        if page["resultType"] == "EOS":
            break
        path = page["nextResultUri"]
    if [column["name"] for column in page["results"]["columns"]] == ["job id"]:
        rows = [[kind, ["<job>"]] for kind, _ in rows]
    return answer | {
        "query": page["isQueryResult"],
        "kind": page["resultKind"],
        "job": "jobID" in page,
        "columns": page["results"]["columns"],
        "rows": rows,
    }


properties = {"table.local-time-zone": "Europe/Berlin"}
statements = [text.removesuffix(";") for text in (folder / "statements.sql").read_text().splitlines()]
answers = []
for row_format in ["JSON", "PLAIN_TEXT"]:
    session = call("POST", "/v2/sessions", {"properties": properties})[1]["sessionHandle"]
    for statement in statements:
        answers.append(run(session, statement.replace("${DATA}", str(folder)), row_format))
        answers[-1]["sql"] = statement
    call("DELETE", f"/v2/sessions/{session}")
text = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
pathlib.Path(output).write_text(f"[\n{text}\n]\n")
