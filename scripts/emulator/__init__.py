"""The BigQuery emulator of the tests: `local-bigquery` with repairs, checks against Google's API, and BigQuery's permissions.

The files:

    __main__      starts it
    offline       DuckDB without a network
    typed_loads   repairs how Avro and Parquet are loaded
    uploads       repairs the resumable upload
    discovery     Google's description of the API: methods, parameters, fields
    schemas       compares JSON with that description
    contract      refuses requests that break the API, and removes from answers what Google would not send
    rules         rules that a test sets for its dataset; the first lines of the file say how
    permissions   roles and their permissions
    patches       table properties that BigQuery refuses
    strict        refuses requests and jobs without permission, and such patches
    replacing     what WRITE_TRUNCATE and WRITE_TRUNCATE_DATA preserve of a table
    partitions    loads into one partition, `table$20260102`
    merges        repairs MERGE in a transaction
    application   assembles the parts

The contract and the rules apply only to requests of the program, not to those of the tests.
"""
