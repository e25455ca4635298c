"""Renders the Helm chart. As a script it writes the plain manifests: `python deploy/tests/chart.py > deploy/kubernetes/flinkrs.yaml`."""
import pathlib

import yaml
from helm_python.chart import Chart

CHART = pathlib.Path(__file__).resolve().parent.parent / "helm/flinkrs"
HEADER = """\
# flinkrs on Kubernetes, as the Helm chart makes it with its defaults; written by deploy/tests/chart.py, so change the chart. Checkpoints want a place that
# all pods reach: add execution.checkpointing.dir to the ConfigMap.
#   kubectl apply -f deploy/kubernetes/flinkrs.yaml
"""


def render(values=None):
    """The manifests as text, in a fixed order."""
    chart = Chart.load(CHART)
    chart.validate_schema(values or {})
    texts = sorted(chart.render(values or {}, name="flinkrs", namespace="default").items())
    return "---\n" + "\n---\n".join(text.strip().removeprefix("---\n") for _, text in texts if text.strip()) + "\n"


def documents(values=None):
    return [document for document in yaml.safe_load_all(render(values)) if document]


def plain():
    """The manifests without what only Helm needs."""
    lines = [line for line in render().splitlines() if "helm.sh/chart" not in line and "managed-by: Helm" not in line]
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(plain(), end="")
