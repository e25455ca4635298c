"""The Helm chart renders to what Kubernetes takes, its parts fit one another, and its pods run as plain processes."""
import json
import re
import urllib.request

import kubernetes_validate
import pytest
from helm_python.chart import lint

import chart
import compose
from conftest import DEPLOY

ALL_ON = {
    "configuration": {"execution.checkpointing.dir": "s3://bucket/checkpoints", "parallelism.default": 3},
    "s3": {"secretName": "store"},
    "extraEnv": [{"name": "AWS_REGION", "value": "eu-central-1"}],
    "serviceAccount": {"name": "flinkrs", "automount": True},
    "sqlGateway": {"enabled": False},
    "taskmanager": {"autoscaling": {"enabled": True}, "tolerations": [{"operator": "Exists"}], "nodeSelector": {"disk": "fast"}},
    "jobmanager": {"storage": {"className": "fast"}},
    "networkPolicy": {"clients": [{"namespaceSelector": {"matchLabels": {"name": "clients"}}}]},
    "metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
    "image": {"pullSecrets": [{"name": "registry"}]},
}
SECURED = {
    "security": {"secretName": "flinkrs-tls"},
    "configuration": {"security.ssl.rest.enabled": True, "security.ssl.rest.keystore": "/opt/flink/security/rest.pem"},
}
VALUES = {"defaults": {}, "all": ALL_ON, "secured": SECURED, "little": {"networkPolicy": {"enabled": False}, "jobmanager": {"replicas": 1}}}


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


def workloads(documents):
    return of_kind(documents, "StatefulSet") + of_kind(documents, "Deployment")


def matches(selector, labels):
    return selector.items() <= labels.items()


def test_lint():
    report = lint(str(chart.CHART), strict=True)
    assert not report["errors"] and all(message["severity"] < 2 for message in report["messages"]), report


@pytest.mark.parametrize("version", ["1.27", "1.34"])
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_validates(values, version):
    documents = chart.documents(values)
    assert len(documents) > 6
    for document in documents:
        if not document["apiVersion"].startswith("monitoring.coreos.com/"):
            kubernetes_validate.validate(document, version, strict=True)


def test_refuses_groups_without_a_majority():
    with pytest.raises(Exception, match="replicas"):
        chart.render({"jobmanager": {"replicas": 2}})


def test_the_plain_manifests_are_current():
    assert (DEPLOY / "kubernetes/flinkrs.yaml").read_text() == chart.plain(), "run deploy/tests/chart.py"


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_parts_fit(values):
    documents = chart.documents(values)
    pods = [workload["spec"]["template"] for workload in workloads(documents)]
    for workload in workloads(documents):
        assert matches(workload["spec"]["selector"]["matchLabels"], workload["spec"]["template"]["metadata"]["labels"])
    for service in of_kind(documents, "Service"):
        selected = [pod for pod in pods if matches(service["spec"]["selector"], pod["metadata"]["labels"])]
        assert selected, service["metadata"]["name"]
        for pod in selected:
            names = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= names
    for budget in of_kind(documents, "PodDisruptionBudget"):
        assert any(matches(budget["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]) for pod in pods)
    for monitor in of_kind(documents, "ServiceMonitor"):
        services = [s for s in of_kind(documents, "Service") if matches(monitor["spec"]["selector"]["matchLabels"], s["metadata"]["labels"])]
        ports = {port["name"] for service in services for port in service["spec"]["ports"]}
        assert len(services) == 1 and ports == {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}
    for scaler in of_kind(documents, "HorizontalPodAutoscaler"):
        target = next(w for w in workloads(documents) if w["metadata"]["name"] == scaler["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in target["spec"], "the autoscaler alone says how many there are"


def test_probes_can_be_answered_by_what_is_secured():
    def probe(configuration):
        return workloads(chart.documents({"configuration": configuration}))[0]["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]

    assert probe({})["httpGet"] == {"path": "/health", "port": "rest"}
    assert probe({"security.ssl.rest.enabled": True})["httpGet"]["scheme"] == "HTTPS"
    assert "scheme" not in probe({"security.ssl.rest.enabled": "false"})["httpGet"]
    assert probe({"security.rest.users-file": "/opt/flink/security/users"})["httpGet"] == {"path": "/health", "port": "rest"}
    assert probe({"security.ssl.rest.authentication-enabled": True})["tcpSocket"] == {"port": "rest"}


@pytest.mark.parametrize("by, target, expected", [("busy", None, "700"), ("lag", 5000, "5000"), ("backpressure", 250, "250")])
def test_scales_by_what_tasks_do(by, target, expected):
    documents = chart.documents({"taskmanager": {"autoscaling": {"enabled": True, "reactive": True, "by": by, "target": target}}})
    [metric] = of_kind(documents, "HorizontalPodAutoscaler")[0]["spec"]["metrics"]
    name = metric["pods"]["metric"]["name"]
    told = (DEPLOY.parent / "compat-tests/fixtures/metrics/taskmanager_kafka.prom").read_text()
    assert f"\n{name}{{" in told, f"TaskManagers do not tell {name}"
    assert metric["pods"]["target"]["averageValue"] == expected
    assert "scheduler-mode: reactive" in of_kind(documents, "ConfigMap")[0]["data"]["config.yaml"]


def as_compose(documents):
    """The pods as services of a compose file, and the configuration file that they mount."""
    services = {}
    for workload in workloads(documents):
        name, spec = workload["metadata"]["name"], workload["spec"]
        container = spec["template"]["spec"]["containers"][0]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        for number in range(spec["replicas"]):
            stateful = workload["kind"] == "StatefulSet"
            # A pod's own address is what listens on 0.0.0.0.
            fields = {"POD_NAME": f"{name}-{number}", "POD_IP": "0.0.0.0", "MEMORY_LIMIT": str(2 << 30)}
            arguments = [re.sub(r"\$\((\w+)\)", lambda match: fields[match[1]], word) for word in container["args"]]
            services[f"{name}-{number}.{name}" if stateful else f"{name}-{number}"] = {
                "image": container["image"], "command": arguments, "tmpfs": ["/tmp"], "volumes": ["/data", "/opt/flink/conf"],
                "healthcheck": {"test": ["CMD", "bash", "-c", f"</dev/tcp/0.0.0.0/{container['ports'][0]['containerPort']}"]},
            }
    configuration = of_kind(documents, "ConfigMap")[0]["data"]["config.yaml"]
    return {"services": services}, configuration.replace("flinkrs-rest", "flinkrs-jobmanager-0.flinkrs-jobmanager")


def test_pods_run(image_root, tmp_path):
    file, configuration = as_compose(chart.documents())
    cluster = compose.Cluster(file, DEPLOY, image_root, tmp_path)
    for container in cluster.containers:
        mounts = container.folders()
        assert len(set(mounts.values())) == len(mounts)
        (mounts["/opt/flink/conf"] / "config.yaml").write_text(container.local(configuration))
    jobmanagers = [container for container in cluster.containers if "jobmanager" in container.service]
    try:
        cluster.start()
        for jobmanager in jobmanagers:
            def slots(address=jobmanager.address):
                with urllib.request.urlopen(f"http://{address}:8081/overview", timeout=10) as answer:
                    return json.load(answer)["slots-total"]
            compose.until("every JobManager tells of all TaskManagers", lambda: slots() == 4)
        script = tmp_path / "job.sql"
        script.write_text("SELECT SUM(n) FROM (VALUES (1), (2)) AS t (n);")
        done = jobmanagers[0].run("flink", "run", "-o", "json", str(script))
        assert done.returncode == 0 and ":3}" in done.stdout, done.stdout + done.stderr
        for container in reversed(cluster.containers):
            assert container.stop() == 0, container.log.read_text()
    finally:
        cluster.stop()
