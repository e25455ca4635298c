"""Drives a SQL gateway and a JobManager with the packages flink-sql-gateway-api and flink-job-manager-api, and prints what they understood.

    python_clients.py GATEWAY REST CSV
"""

import sys
import time

from flink_gateway_api import Client as GatewayClient
from flink_gateway_api.api.default import (close_session, complete_statement, execute_statement, fetch_results, get_info,
                                           get_operation_status, get_session_config, open_session)
from flink_gateway_api.models import (CompleteStatementRequestBody, ExecuteStatementRequestBody, OpenSessionRequestBody,
                                      RowFormat)
from flink_job_manager_api import Client as JobManagerClient
from flink_job_manager_api.api.default import (cancel_job, get_cluster_overview, get_job_exceptions,
                                               get_job_plan, get_job_status_info, get_jobs_overview,
                                               get_task_managers)

TABLE = ("CREATE TABLE o (id INT, amount DECIMAL(10,2), k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) "
         "WITH ('connector'='filesystem','path'='{csv}','format'='csv')")
WINDOWED = ("SELECT window_start, SUM(amount) AS s, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
            "GROUP BY window_start, window_end")


class Session:
    def __init__(self, address):
        self.client = GatewayClient(base_url=f"http://{address}/v3", raise_on_unexpected_status=True)
        self.handle = open_session.sync(client=self.client, body=OpenSessionRequestBody(session_name="python")).session_handle

    def run(self, statement):
        """Every page of a statement's result; prints its rows."""
        body = ExecuteStatementRequestBody(statement=statement)
        operation = execute_statement.sync(self.handle, client=self.client, body=body).operation_handle
        token = 0
        while token is not None:
            page = fetch_results.sync(self.handle, operation, token, client=self.client, row_format=RowFormat.JSON)
            if page.result_type.value == "NOT_READY":
                time.sleep(0.05)
                continue
            for row in page.results.data or []:
                # The fields of a row are not in that OpenAPI.
                print(row.additional_properties["kind"], *row.additional_properties["fields"])
            token = int(page.next_result_uri.split("/result/")[1].split("?")[0]) if page.next_result_uri else None
        print("status:", get_operation_status.sync(self.handle, operation, client=self.client).status)
        return page

    def close(self):
        print("session:", close_session.sync(self.handle, client=self.client).status)


def gateway(address, csv):
    session = Session(address)
    print("product:", get_info.sync(client=session.client).product_name)
    session.run(TABLE.format(csv=csv))
    session.run(WINDOWED)
    session.run("SELECT k, COUNT(*) AS c FROM o GROUP BY k")
    candidates = complete_statement.sync(session.handle, client=session.client,
                                         body=CompleteStatementRequestBody(statement="SELECT * FROM o", position=3))
    print("completes:", "SELECT" in candidates.candidates)
    print("configured:", len(get_session_config.sync(session.handle, client=session.client).properties.additional_properties) > 0)
    try:
        session.run("SELECT nope FROM o")
    except Exception as error:
        print("refused:", "Column 'nope' not found in any table" in str(error))
    session.run("CREATE TABLE g (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10')")
    session.run("CREATE TABLE b (i INT) WITH ('connector' = 'blackhole')")
    session.run("INSERT INTO b SELECT i FROM g")
    session.close()


def job_manager(address):
    client = JobManagerClient(base_url=f"http://{address}", raise_on_unexpected_status=True)
    print("TaskManagers:", get_cluster_overview.sync(client=client).taskmanagers,
          len(get_task_managers.sync(client=client).taskmanagers))
    jobs = get_jobs_overview.sync(client=client).jobs
    job = next(job for job in jobs if job.name.startswith("insert-into") and str(job.state.value) == "RUNNING")
    job_id = job.jid
    print("job:", job.name)
    # get_job_details is left out: by its OpenAPI a slotSharingGroupId is an object, what Flink sends is a text.
    print("plan:", get_job_plan.sync(job_id, client=client) is not None)
    print("exceptions:", get_job_exceptions.sync(job_id, client=client) is not None)
    cancel_job.sync_detailed(job_id, client=client)
    for _ in range(200):
        status = get_job_status_info.sync(job_id, client=client).status.value
        if status == "CANCELED":
            break
        time.sleep(0.05)
    print("then:", status)


if __name__ == "__main__":
    gateway(sys.argv[1], sys.argv[3])
    job_manager(sys.argv[2])
