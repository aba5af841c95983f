"""connectorx into Arrow, and that into a Parquet file; nothing is uploaded. connectorx_parquet.py TABLE ROWS FOLDER"""

import os
import sys
from urllib.parse import quote

import connectorx
import pyarrow.parquet

table, rows, folder = sys.argv[1:]

url = "mysql://{MYSQL_USER}:{password}@{MYSQL_HOST}:{MYSQL_PORT}/{MYSQL_DATABASE}".format(
    **os.environ, password=quote(os.environ["MYSQL_PASSWORD"])
)
arrow = connectorx.read_sql(url, f"SELECT * FROM {table} LIMIT {rows}", return_type="arrow")
pyarrow.parquet.write_table(arrow, f"{folder}/{table}.parquet", compression="zstd")
print(arrow.num_rows, "rows")
