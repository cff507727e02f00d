"""The client against a running server, whose address, token and tables the environment names."""

import gzip
import json
import os
import sys
import tempfile
import threading
import unittest
import urllib.request

URL = os.environ["MAESTRO_URL"]
TOKEN = os.environ["MAESTRO_TOKEN"]


def served_client():
    """As people take it who install nothing."""
    request = urllib.request.Request(f"{URL}/py/maestro.py", headers={"X-Api-Token": TOKEN})
    with urllib.request.urlopen(request) as answer:
        source = answer.read()
    names = {"__name__": "served"}
    exec(compile(source, "maestro.py", "exec"), names)
    return names


client = served_client()
Maestro, MaestroError = client["Maestro"], client["MaestroError"]


def run(table_id):
    body = json.dumps({"id": table_id}).encode()
    headers = {"X-Api-Token": TOKEN, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{URL}/trpc/tables.run", body, headers)
    urllib.request.urlopen(request).close()


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.said = []
        self.maestro = Maestro(URL + "/", TOKEN, progress=self.said.append)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def run_meanwhile(self, table_id):
        """Once somebody has said that it waits."""
        began = threading.Event()
        self.maestro = Maestro(URL, TOKEN, progress=lambda _: began.set())
        starter = threading.Thread(target=lambda: began.wait(30) and run(table_id))
        starter.start()
        self.addCleanup(starter.join)

    def test_a_block_begins_after_the_next_success_with_its_files_and_deletes_them(self):
        table = self.maestro.Table("lab.numbers")
        self.run_meanwhile(table.id)
        before = table.status()["LastOkRunEndAt"]
        options = {"gcs_fetch_path": self.directory, "cleanup": True, "max_sleep": 0.1}
        with self.maestro.Table("lab.numbers", wait=True, timeout=60, **options) as table:
            self.assertGreater(table.status()["LastOkRunEndAt"], before)
            (path,) = table.files()
            self.assertIn("lab_numbers_", os.path.basename(path))
            with gzip.open(path, "rt") as lines:
                self.assertEqual(next(lines), "n,square\n")
                self.assertEqual(sum(1 for _ in lines), 1000)
            self.assertEqual(os.listdir(self.directory), [os.path.basename(path)])
        self.assertEqual(os.listdir(self.directory), [])

    def test_files_stay_without_cleanup_and_their_fetching_is_told(self):
        table = self.maestro.Table("lab.numbers")
        (path,) = table.gcs_fetch(self.directory)
        self.assertTrue(os.path.exists(path))
        size = os.path.getsize(path)
        self.assertIn(f"(1 of 1): {size} of {size} bytes", self.said[-1])
        with self.assertRaisesRegex(MaestroError, "is no directory"):
            table.gcs_fetch(os.path.join(self.directory, "nowhere"))

    def test_an_extract_of_several_files_is_read_as_one_with_one_header(self):
        table = self.maestro.Table("lab.numbers")
        extract_id, urls = table._extract()
        table._extract = lambda: (extract_id, urls * 3)
        with table.reader() as lines:
            self.assertEqual(lines.readline(), b"n,square\n")
            rows = [line.split(b",") for line in lines]
        self.assertEqual(len(rows), 3000)
        self.assertEqual({len(row) for row in rows}, {2})

    def test_json_lines_are_read_whole(self):
        with self.maestro.Table("lab.lines").reader() as lines:
            self.assertEqual([json.loads(line)["n"] for line in lines], ["1"])

    def test_the_schema_and_a_create_table_for_postgres(self):
        table = self.maestro.Table("lab.kinds")
        types = {field["name"]: field["type"] for field in table.schema()}
        self.assertEqual(types["amount"], "NUMERIC")
        print(json.dumps(table.pg_create_table("public.kinds", if_not_exists=True)))

    def test_uploads_are_loaded_and_waited_for(self):
        plain = os.path.join(self.directory, "rows.json")
        with open(plain, "w", encoding="utf-8") as out:
            out.write('{"name": "one", "size": 1}\n{"name": "two", "size": 2}\n')
        table = self.maestro.Table("lab.files", max_sleep=0.1, timeout=60)
        self.assertTrue(table.is_external)
        table.gcs_upload(plain)
        self.assertEqual([field["name"] for field in table.schema()], ["name", "size"])
        self.assertTrue(os.path.exists(plain))

    def test_packed_files_are_unpacked_and_a_waiting_run_takes_them(self):
        packed = os.path.join(self.directory, "rows.json.gz")
        with gzip.open(packed, "wt", encoding="utf-8") as out:
            out.write('{"name": "three", "size": 3}\n')
        table = self.maestro.Table("lab.files")
        self.run_meanwhile(table.id)
        with self.maestro.Table(table.id, wait=True, max_sleep=0.1, timeout=60) as table:
            waiting = table.status()
            self.assertEqual(waiting["Status"], "running")
            table.gcs_upload(packed)
        self.assertEqual(table.status()["TableRunId"], waiting["TableRunId"])

    def test_refused_files_are_told_with_the_servers_words(self):
        broken = os.path.join(self.directory, "rows.json")
        with open(broken, "w", encoding="utf-8") as out:
            out.write("this is no JSON\n")
        table = self.maestro.Table("lab.files", max_sleep=0.1, timeout=60)
        with self.assertRaisesRegex(MaestroError, "lab.files: "):
            table.gcs_upload(broken)

    def test_what_cannot_be_is_refused_with_what_to_do(self):
        with self.assertRaisesRegex(MaestroError, "no table called lab.nothing .*Check the name"):
            self.maestro.Table("lab.nothing")
        with self.assertRaisesRegex(MaestroError, "no external table"):
            self.maestro.Table("lab.numbers").gcs_upload(__file__)
        with self.assertRaisesRegex(MaestroError, "has no extract: turn it on"):
            self.maestro.Table("lab.kinds").reader()
        with self.assertRaises(MaestroError) as refused:
            Maestro(URL, "wrong").Table("lab.numbers")
        self.assertEqual(refused.exception.status, 401)
        self.assertEqual(refused.exception.code, "unauthenticated")
        with self.assertRaises(TimeoutError):
            self.maestro.Table("lab.kinds", wait=True, max_sleep=0.01, timeout=0.01).__enter__()

    def test_a_token_is_sent_to_no_other_host(self):
        with self.assertRaisesRegex(MaestroError, "redirects to http"):
            Maestro(os.environ["REDIRECTING_URL"], TOKEN).Table("lab.numbers")

    def test_a_reader_may_not_upload(self):
        table = Maestro(URL, os.environ["MAESTRO_READ_TOKEN"], progress=False).Table("lab.files")
        with self.assertRaisesRegex(MaestroError, "may not upload to lab.files"):
            table.gcs_upload(__file__)

    def test_a_data_frame_has_the_extracts_columns(self):
        frame = self.maestro.Table("lab.numbers").dataframe()
        self.assertEqual((list(frame.columns), len(frame)), (["n", "square"], 1000))


if __name__ == "__main__":
    sys.exit(unittest.main())
