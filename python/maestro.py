"""Maestro's Python client: waits for tables, downloads their extracts, uploads external tables.

    from maestro import Maestro

    maestro = Maestro("https://maestro.example.com", token)
    with maestro.Table("sales.daily", wait=True, gcs_fetch_path="/tmp", cleanup=True) as table:
        print(table.files())

Python 3.9 or later and the standard library are enough; `Table.dataframe` needs pandas.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, BinaryIO, Callable, Iterator, Optional, Union

Progress = Callable[[str], None]

_CHUNK_BYTES = 1 << 18
_TRIES = 5
_PASSING = {408, 429, 500, 502, 503, 504}
_PG_TYPES = {
    "STRING": "text", "BYTES": "bytea", "INTEGER": "bigint", "INT64": "bigint",
    "FLOAT": "double precision", "FLOAT64": "double precision", "BOOLEAN": "boolean",
    "BOOL": "boolean", "TIMESTAMP": "timestamp with time zone", "DATE": "date", "TIME": "time",
    "DATETIME": "timestamp", "NUMERIC": "numeric", "BIGNUMERIC": "numeric", "JSON": "jsonb",
    "RECORD": "jsonb", "STRUCT": "jsonb", "GEOGRAPHY": "text", "INTERVAL": "text", "RANGE": "text",
}


class MaestroError(Exception):
    """What was refused, with what to do about it; `code` is a word for programs."""

    def __init__(self, message: str, code: str = "client", hint: str = "", status: int = 0) -> None:
        super().__init__(message if not hint else f"{message} ({hint})")
        self.code, self.hint, self.status = code, hint, status


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _say_nothing(_: str) -> None:
    return None


def _refusal(error: urllib.error.HTTPError, url: str) -> MaestroError:
    text = error.read(4096).decode("utf-8", "replace")
    place = url.split("?")[0]
    try:
        answer = json.loads(text)
        return MaestroError(answer["Error"], answer["Code"], answer["Hint"], error.code)
    except (ValueError, KeyError, TypeError):
        pass
    if 300 <= error.code < 400:
        target = (error.headers.get("Location") or "another address").split("?")[0]
        return MaestroError(f"{place} redirects to {target}: give that address", status=error.code)
    return MaestroError(f"{place} answered {error.code}: {text[:300].strip()}", status=error.code)


def _open(request: urllib.request.Request, timeout: float, tries: int = _TRIES) -> Any:
    """Opens it, again after faults that pass, as long as its body can be sent once more."""
    for attempt in range(1, tries + 1):
        try:
            return _opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            if error.code not in _PASSING or attempt == tries:
                raise _refusal(error, request.full_url) from None
            asked = error.headers.get("Retry-After") or ""
            pause = min(float(asked), 120.0) if asked.isdigit() else 2.0**attempt
            error.close()
        except OSError as error:
            if attempt == tries:
                place = request.full_url.split("?")[0]
                raise MaestroError(f"{place} cannot be reached: {error}") from error
            pause = 2.0**attempt
        if hasattr(request.data, "seek"):
            request.data.seek(0)
        time.sleep(pause / 2 + random.random() * pause / 2)
    raise AssertionError("unreachable")


class Table:
    """A table of Maestro's catalog; made by `Maestro.Table`."""

    def __init__(
        self,
        maestro: Maestro,
        table_id: Union[int, str],
        wait: bool = False,
        max_sleep: float = 60,
        gcs_fetch_path: Optional[str] = None,
        cleanup: bool = False,
        timeout: Optional[float] = None,
    ) -> None:
        self._maestro, self._wait, self._max_sleep = maestro, wait, max_sleep
        self._fetch_path, self._cleanup, self._timeout = gcs_fetch_path, cleanup, timeout
        self._files: list[str] = []
        if isinstance(table_id, str):
            name = urllib.parse.quote(table_id, safe="")
            table_id = int(maestro._call(f"table/{name}/id")["Id"])
        self.id: int = table_id
        self._refresh()

    def __repr__(self) -> str:
        return f"<Table {self.name} ({self.id})>"

    def __enter__(self) -> Table:
        try:
            if self._wait:
                self._wait_for_files() if self.is_external else self._wait_for_success()
            if self._fetch_path is not None:
                self.gcs_fetch(self._fetch_path)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        if not self._cleanup:
            return
        for path in self._files:
            if os.path.exists(path):
                os.unlink(path)

    @property
    def name(self) -> str:
        """`dataset.name`."""
        return f"{self._table['Dataset']}.{self._table['Name']}"

    @property
    def is_external(self) -> bool:
        return self._table["ExternalTmout"] > 0

    def status(self) -> dict[str, Any]:
        """As of now: Id, Status ("", "running" or "error"), Error, LastOkRunEndAt, TableRunId."""
        return self._maestro._call(f"table/{self.id}/status")

    def files(self) -> list[str]:
        """The paths of the files that were downloaded."""
        return list(self._files)

    def schema(self) -> list[dict[str, Any]]:
        """The table's fields as BigQuery has them: name, type, mode, and fields of a RECORD."""
        return self._maestro._call(f"table/{self.id}/bq_info").get("schema", {}).get("fields", [])

    def pg_create_table(self, name: str, if_not_exists: bool = False) -> str:
        """PostgreSQL's CREATE TABLE for the columns; `name` is put into it as it is."""
        columns = ",\n".join(f"    {_pg_column(field)}" for field in self.schema())
        condition = "IF NOT EXISTS " if if_not_exists else ""
        return f"CREATE TABLE {condition}{name} (\n{columns}\n);"

    def gcs_fetch(self, dest: str) -> list[str]:
        """Downloads the newest extract into a directory that is there; answers the files' paths."""
        extract_id, urls = self._extract()
        if not os.path.isdir(dest):
            raise MaestroError(f"{dest} is no directory: make it first")
        for index, url in enumerate(urls):
            file_name = os.path.basename(urllib.parse.urlparse(url).path)
            stem = f"{self._table['Dataset']}_{self._table['Name']}_{extract_id}"
            path = os.path.join(dest, f"{stem}_{file_name}")
            self._files.append(path)
            self._download(url, path, f"{index + 1} of {len(urls)}")
        return self.files()

    def reader(self) -> BinaryIO:
        """All files of the newest extract as one stream of lines; of CSV with a single header."""
        _, urls = self._extract()
        if urllib.parse.urlparse(urls[0]).path.endswith(".parquet"):
            raise MaestroError("Parquet has no lines: use gcs_fetch, or dataframe")
        return io.BufferedReader(_Lines(urls, self._maestro._timeout), _CHUNK_BYTES)

    def dataframe(self, **options: Any) -> Any:
        """The newest extract as a pandas.DataFrame; `options` are those of pandas' reader."""
        import pandas

        path = urllib.parse.urlparse(self._extract()[1][0]).path
        if path.endswith(".parquet"):
            with tempfile.TemporaryDirectory() as directory:
                known, self._files = self._files, []
                try:
                    frames = [pandas.read_parquet(f, **options) for f in self.gcs_fetch(directory)]
                finally:
                    self._files = known
            return pandas.concat(frames, ignore_index=True)
        with self.reader() as lines:
            if path.endswith(".json.gz"):
                return pandas.read_json(lines, lines=True, **options)
            return pandas.read_csv(lines, **options)

    def gcs_upload(self, source: str) -> None:
        """Uploads a file of an external table, loads it, and waits for the load.

        The file is CSV, JSON lines or Parquet, as the table says; `.gz` is unpacked on the way.
        """
        if not self.is_external:
            raise MaestroError(f"{self.name} is no external table: nothing can be uploaded to it")
        with open(source, "rb") as given, tempfile.TemporaryFile() as plain:
            content: BinaryIO = given
            if source.endswith(".gz"):
                with gzip.open(given) as packed:
                    shutil.copyfileobj(packed, plain, _CHUNK_BYTES)
                plain.seek(0)
                content = plain
            self._refresh()
            url = self._table.get("UploadURL")
            if self._table.get("UploadError"):
                raise MaestroError(f"{self.name}: {self._table['UploadError']}", "storage")
            if url is None:
                hint = "use a token with the scope write, of a member of its group"
                raise MaestroError(f"you may not upload to {self.name}", "forbidden", hint)
            length = os.fstat(content.fileno()).st_size
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
            body = _Told(content, length, f"uploading {source}", self._maestro._say)
            request = urllib.request.Request(url, body, headers, method="PUT")
            _open(request, self._maestro._timeout).close()
        before = self._table
        fn = os.path.basename(urllib.parse.urlparse(url).path)
        self._maestro._call(f"table/{self.id}/load_external", {"fn": fn})
        self._wait_for_success(before)

    def _refresh(self) -> None:
        self._table = self._maestro._call(f"table/{self.id}")

    def _extract(self) -> tuple[int, list[str]]:
        """Signed anew, as they live for a while only."""
        self._refresh()
        extract = self._table["Extracts"]
        if not self._table["Extract"]:
            raise MaestroError(f"{self.name} has no extract: turn it on in the table's settings")
        if extract.get("Error"):
            raise MaestroError(f"{self.name}: {extract['Error']}", "storage")
        if not extract["URLs"]:
            raise MaestroError(f"{self.name} has no extract yet: run it first")
        return extract["Id"], extract["URLs"]

    def _looks(self, what: str) -> Iterator[dict[str, Any]]:
        self._maestro._say(f"waiting for {self.name} {what}")
        start, pause = time.monotonic(), 0.5
        while True:
            yield self.status()
            if self._timeout is not None and time.monotonic() - start > self._timeout:
                raise TimeoutError(f"{self.name} was awaited for {self._timeout} s in vain")
            time.sleep(min(pause, self._max_sleep) * (0.5 + random.random() / 2))
            pause += 1

    def _wait_for_files(self) -> None:
        next(status for status in self._looks("to take files") if status["Status"] == "running")
        self._refresh()

    def _wait_for_success(self, before: Optional[dict[str, Any]] = None) -> None:
        """Of the next one: an error that stood there before is none of it."""
        before = before or self._table
        old_error = before["TableRunId"] if before["Status"] == "error" else None
        for status in self._looks("to succeed"):
            if status["LastOkRunEndAt"] > before["LastOkRunEndAt"]:
                break
            if status["Status"] != "error":
                old_error = None
            elif status["TableRunId"] != old_error:
                raise MaestroError(f"{self.name}: {status['Error']}", "failed")
        self._refresh()

    def _download(self, url: str, path: str, which: str) -> None:
        request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        for attempt in range(1, _TRIES + 1):
            answer = _open(request, self._maestro._timeout)
            with answer, open(f"{path}.part", "wb") as out:
                length = int(answer.headers.get("Content-Length") or -1)
                told = _Told(answer, length, f"fetching {path} ({which})", self._maestro._say)
                shutil.copyfileobj(told, out, _CHUNK_BYTES)
            if length in (-1, told.done):
                return os.replace(f"{path}.part", path)
        os.unlink(f"{path}.part")
        raise MaestroError(f"{path} was cut off {_TRIES} times: try again")


# Within Maestro the name is its method's.
_Table = Table


class Maestro:
    """A Maestro server. The token needs the scope write for uploads, and read for all else."""

    def __init__(
        self, url: str, token: str, progress: Union[bool, Progress] = True, timeout: float = 60
    ) -> None:
        self._url, self._token, self._timeout = url.rstrip("/") + "/", token, timeout
        told: Progress = _say if progress is True else _say_nothing
        self._say = progress if callable(progress) else told

    def Table(
        self,
        table_id: Union[int, str],
        wait: bool = False,
        max_sleep: float = 60,
        gcs_fetch_path: Optional[str] = None,
        cleanup: bool = False,
        timeout: Optional[float] = None,
    ) -> _Table:
        """A table by its id or its name, `dataset.name`, to be used in a `with` block.

        wait: the block begins after the table's next success; of an external table, when a run
            waits for its files.
        max_sleep: the longest pause in seconds between two looks at the table.
        gcs_fetch_path: a directory that is there, for the files of the extract.
        cleanup: whether the downloaded files are deleted at the end of the block.
        timeout: seconds after which a wait is given up, with a TimeoutError.
        """
        return Table(self, table_id, wait, max_sleep, gcs_fetch_path, cleanup, timeout)

    def _call(self, path: str, fields: Optional[dict[str, str]] = None) -> dict[str, Any]:
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        headers = {"X-Api-Token": self._token, "Accept": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers)
        # Nobody knows whether what was sent has come.
        with _open(request, self._timeout, _TRIES if data is None else 1) as answer:
            return json.load(answer)


class _Told:
    """A stream that says how far it has been read, once every few seconds and at its end."""

    def __init__(self, stream: Any, length: int, what: str, say: Progress) -> None:
        self._stream, self._length, self._what, self._tell = stream, length, what, say
        self.done, self._start = 0, time.monotonic()
        self._next = self._start + 5

    def seek(self, position: int) -> None:
        self._stream.seek(position)
        self.done = position

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.done += len(chunk)
        now = time.monotonic()
        if not chunk or self.done == self._length or now >= self._next:
            if chunk or self._length < 1:
                seconds = max(now - self._start, 1e-6)
                share = f" of {self._length}" if self._length > 0 else ""
                rate = self.done / seconds / 1e6
                self._tell(f"{self._what}: {self.done}{share} bytes, {rate:.1f} MB/s")
            self._next = now + 5
        return chunk


class _Lines(io.RawIOBase):
    """Packed files one after another, without the headers of all but the first."""

    def __init__(self, urls: list[str], timeout: float) -> None:
        self._urls, self._timeout, self._is_first = iter(urls), timeout, True
        self._file: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._file is not None or self._open_next():
            chunk = self._file.read(len(buffer))
            if chunk:
                buffer[: len(chunk)] = chunk
                return len(chunk)
            self._file = None
        return 0

    def _open_next(self) -> bool:
        url = next(self._urls, None)
        if url is None:
            return False
        request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        self._file = gzip.GzipFile(fileobj=_open(request, self._timeout))
        if not self._is_first and urllib.parse.urlparse(url).path.endswith(".csv.gz"):
            self._file.readline()
        self._is_first = False
        return True


def _pg_column(field: dict[str, Any]) -> str:
    kind = _PG_TYPES.get(field["type"])
    if kind is None:
        raise MaestroError(f"{field['name']} is of an unknown type, {field['type']}")
    mode = field.get("mode") or "NULLABLE"
    array = "[]" if mode == "REPEATED" and kind != "jsonb" else ""
    required = " NOT NULL" if mode == "REQUIRED" else ""
    quoted = field["name"].replace('"', '""')
    return f'"{quoted}" {kind}{array}{required}'
