"""The plain script that many start with: fetch all rows, make a DataFrame of them, let Google's client load it. script.py TABLE ROWS"""

import os
import sys

import mysql.connector
import pandas as pd
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

table, rows = sys.argv[1:]

connection = mysql.connector.connect(
    host=os.environ["MYSQL_HOST"],
    port=int(os.environ["MYSQL_PORT"]),
    user=os.environ["MYSQL_USER"],
    password=os.environ["MYSQL_PASSWORD"],
    database=os.environ["MYSQL_DATABASE"],
    ssl_disabled=os.environ["MYSQL_SSL_MODE"] == "DISABLED",
)
cursor = connection.cursor()
cursor.execute(f"SELECT * FROM {table} LIMIT {rows}")
frame = pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])

client = bigquery.Client(
    os.environ["BIGQUERY_PROJECT"],
    credentials=AnonymousCredentials(),
    client_options={"api_endpoint": f"http://{os.environ['BIGQUERY_EMULATOR_HOST']}"},
)
job = client.load_table_from_dataframe(
    frame,
    f"{os.environ['BIGQUERY_PROJECT']}.{os.environ['BIGQUERY_DATASET']}.{table}",
    job_config=bigquery.LoadJobConfig(write_disposition="WRITE_TRUNCATE"),
)
job.result()
print(len(frame), "rows")
