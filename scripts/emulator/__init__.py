"""The BigQuery emulator of the tests: `local-bigquery`, repaired, held to Google's API and made as strict as BigQuery where it matters.

What each file is for:

    __main__      starts it
    offline       DuckDB without a network
    typed_loads   repairs how Avro and Parquet are loaded
    uploads       repairs the resumable upload
    discovery     Google's description of the API: methods, parameters, fields
    schemas       compares JSON with that description
    contract      refuses what the program may not send, and hides what Google would not answer
    rules         what a test switches on for its dataset: its first lines say how
    permissions   roles, and what they permit
    patches       properties of tables that BigQuery refuses
    strict        refuses requests and jobs for want of permissions, and such patches
    replacing     what WRITE_TRUNCATE and WRITE_TRUNCATE_DATA leave of a table
    partitions    loads into one partition, `table$20260102`
    merges        repairs MERGE in a transaction
    application   puts all of it together

Only the program's own requests are held to the contract and to rules; a test that prepares or looks at something is not.
"""
