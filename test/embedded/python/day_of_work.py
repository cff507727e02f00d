"""A day's work with Google's own client for Python, against the server named in argv."""

import datetime
import decimal
import io
import sys

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

url, project = sys.argv[1:]
client = bigquery.Client(
    project=project,
    credentials=AnonymousCredentials(),
    client_options=ClientOptions(api_endpoint=url),
    location="US",
)

dataset = client.create_dataset("python")
assert [d.dataset_id for d in client.list_datasets()] == ["d", "python"]

# A file, with its load job.
file = io.BytesIO(b"id,name,born\n1,Ada,1815-12-10\n2,Grace,1906-12-09\n3,,\n")
load = client.load_table_from_file(
    file,
    f"{project}.python.people",
    job_config=bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.CSV,
        skip_leading_rows=1,
        schema=[
            bigquery.SchemaField("id", "INTEGER", mode="REQUIRED"),
            bigquery.SchemaField("name", "STRING"),
            bigquery.SchemaField("born", "DATE"),
        ],
    ),
)
load.result()
assert load.output_rows == 3, load.output_rows

# JSON rows, which the client sends as a load job of its own.
client.load_table_from_json(
    [{"id": 4, "name": "Joan", "born": "1917-06-24"}],
    f"{project}.python.people",
    job_config=bigquery.LoadJobConfig(
        schema=client.get_table("python.people").schema, write_disposition="WRITE_APPEND"
    ),
).result()
assert client.get_table("python.people").num_rows == 4

# A query with parameters, to rows.
query = client.query(
    "SELECT name, born, NUMERIC '1.5' AS n, TIMESTAMP '2026-01-01 00:00:00+00' AS ts, [1, 2] AS list, "
    "STRUCT(id AS a, 'x' AS b) AS s FROM python.people WHERE born < @before ORDER BY born",
    job_config=bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("before", "DATE", datetime.date(1910, 1, 1))
        ],
        labels={"who": "python"},
    ),
)
rows = [dict(row) for row in query.result()]
assert [row["name"] for row in rows] == ["Ada", "Grace"], rows
assert rows[0]["born"] == datetime.date(1815, 12, 10)
assert rows[0]["n"] == decimal.Decimal("1.5")
assert rows[0]["ts"] == datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
assert rows[0]["list"] == [1, 2] and rows[0]["s"] == {"a": 1, "b": "x"}
assert query.total_bytes_billed == 10 * 2**20
assert query.labels == {"who": "python"}
assert [t.table_id for t in query.referenced_tables] == ["people"]

# query_and_wait, paging, and the table's own rows.
assert [row.n for row in client.query_and_wait("SELECT COUNT(*) AS n FROM python.people")] == [4]
pages = client.query("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n").result(page_size=10)
assert [[row.n for row in page] for page in pages.pages] == [
    list(range(1, 11)),
    list(range(11, 21)),
    list(range(21, 26)),
]
assert sum(1 for _ in client.list_rows("python.people", max_results=2)) == 2

# A destination, then an extract of it.
client.query(
    "SELECT name FROM python.people WHERE name IS NOT NULL",
    job_config=bigquery.QueryJobConfig(
        destination=f"{project}.python.names", write_disposition="WRITE_TRUNCATE"
    ),
).result()
extract = client.extract_table(
    "python.names",
    "gs://bucket/python/names-*.csv.gz",
    job_config=bigquery.ExtractJobConfig(compression="GZIP"),
)
extract.result()
assert extract.destination_uri_file_counts == [1]
client.copy_table("python.names", f"{project}.python.names_copy").result()
assert client.get_table("python.names_copy").num_rows == 3

# A dry run, a failure, a cancel.
dry = client.query("SELECT id FROM python.people", job_config=bigquery.QueryJobConfig(dry_run=True))
assert dry.total_bytes_processed == 32 and dry.schema[0].name == "id"
try:
    client.query("SELECT nope FROM python.people").result()
    raise AssertionError("it was expected to fail")
except exceptions.BadRequest as error:
    assert "Unrecognized name: nope" in str(error), error
try:
    client.get_table("python.absent")
    raise AssertionError("it was expected to fail")
except exceptions.NotFound:
    pass
endless = client.query(
    "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, "
    "UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE a + b = -1"
)
assert endless.cancel()
try:
    endless.result()
    raise AssertionError("it was expected to be cancelled")
except exceptions.GoogleAPICallError as error:
    assert "cancelled" in str(error), error

# Streaming, then the job list.
assert client.insert_rows_json("python.people", [{"id": 9, "name": "new"}]) == []
errors = client.insert_rows_json("python.people", [{"id": "x"}])
assert errors and errors[0]["index"] == 0, errors
listed = {job.job_id: job for job in client.list_jobs(all_users=True)}
assert {query.job_id, load.job_id, extract.job_id, endless.job_id} <= set(listed)
assert listed[load.job_id].state == "DONE"
assert len(list(client.list_jobs(max_results=2))) == 2

table = client.get_table("python.people")
table.description = "people"
assert client.update_table(table, ["description"]).description == "people"
client.delete_dataset(dataset, delete_contents=True)
assert [d.dataset_id for d in client.list_datasets()] == ["d"]
print("done")
