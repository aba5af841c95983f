"""dlt with its connectorx backend, into Parquet files of a folder; nothing is uploaded. dlt_parquet.py TABLE ROWS FOLDER"""

import os
import sys
from urllib.parse import quote

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}

import dlt  # noqa: E402
from dlt.sources.sql_database import sql_table  # noqa: E402

table, rows, folder = sys.argv[1:]

url = "mysql+pymysql://{MYSQL_USER}:{password}@{MYSQL_HOST}:{MYSQL_PORT}/{MYSQL_DATABASE}".format(
    **os.environ, password=quote(os.environ["MYSQL_PASSWORD"])
)
pipeline = dlt.pipeline(
    "bench",
    pipelines_dir=f"{folder}/pipelines",
    destination=dlt.destinations.filesystem(f"file://{folder}/loaded"),
    dataset_name="bench",
)
source = sql_table(
    url,
    table=table,
    backend="connectorx",
    backend_kwargs={"conn": url.replace("+pymysql", "")},
    query_adapter_callback=lambda query, _: query.limit(int(rows)),
)
pipeline.run(source, loader_file_format="parquet", write_disposition="replace")
print(pipeline.last_trace.last_normalize_info.row_counts[table], "rows")
