"""The BigQuery emulator of the tests: `local-bigquery`, repaired, held to Google's API and made as strict as BigQuery where it matters.

What each file is for:

    __main__      starts it
    offline       DuckDB without a network
    typed_loads   repairs how Avro and Parquet are loaded
    uploads       repairs the resumable upload
    discovery     Google's description of the API: methods, parameters, fields
    schemas       compares JSON with that description
    contract      refuses what the program may not send, and hides what Google would not answer

Only the program's own requests are held to the contract; a test that prepares or looks at something is not.
"""
