"""The one door to the text index: which listings contain these words. Prices, filters and facets are not its business.

Layout of the folder (never open one that somebody else made: Whoosh keeps pickles in its files):

    CURRENT        name of the version in use, replaced in one step
    v-<time>-<x>/  one Whoosh index
    write.lock     held while anything is written; also while rows are read for writing, so that old text never overwrites new
    rebuild.lock   held by a rebuild
    journal        lines written during a rebuild, played into the new version before it becomes CURRENT

Several web processes read while one worker writes. Each thread has its own searcher, because a shared one breaks, and looks
for a newer state before every search. A process that is killed at any point leaves CURRENT pointing at a whole index.
"""

import fcntl
import itertools
import json
import os
import secrets
import shutil
import stat
import threading
import time
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog
from whoosh import fields, query
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.searching import Searcher
from whoosh.writing import SegmentWriter

from app.search.errors import SearchUnavailable
from app.search.marks import Kept, Marks, best_first, fitting, marks_of
from app.search.words import DocumentWords, QueryWords

log = structlog.get_logger("search")

T = TypeVar("T")

BATCH = 500
READ_TRIES = 3
REMEMBERED_HITS = 500_000  # ids kept of searches that were asked before, 8 bytes each
REMEMBERED_MARKS = 500_000  # ids kept of words that were asked before, 16 bytes each
EXACT_MODEL_SCORE = 1_000.0  # far above any BM25 sum of ten words: the model that was named comes before its relatives
STRONG_BOOST = 2.0


@dataclass(frozen=True, slots=True)
class Document:
    """One listing as it is indexed."""

    listing_id: int
    words: DocumentWords


@dataclass(frozen=True, slots=True)
class Health:
    """How the index is. `reason` says in English, for staff, why it is not ok; `documents` counts listings in it."""

    ok: bool
    documents: int = 0
    version: str = ""
    reason: str = ""


@dataclass(slots=True)
class _Open:
    version: str
    searcher: Searcher


class WhooshIndex:
    """The text index in one folder, for this process. Safe to share between threads.

    `lock_seconds`: how long a write waits for another writer before it gives up with SearchUnavailable.
    """

    def __init__(self, folder: Path | str, *, lock_seconds: float = 10.0) -> None:
        self.folder = Path(folder)
        self.lock_seconds = lock_seconds
        self._local = threading.local()
        self._orders: Kept[array[int]] = Kept(lambda: REMEMBERED_HITS)
        self._words: Kept[Marks] = Kept(lambda: REMEMBERED_MARKS)

    # -- reading ---------------------------------------------------------------------------------------------------------

    def match(self, words: QueryWords, *, limit: int | None = None, scored: bool = True) -> list[tuple[int, float]]:
        """Listings that contain all required words, best first when `scored`, otherwise by no special order with score 0.

        Raises SearchUnavailable when the index is missing or broken.
        """
        if words.is_empty:
            return []
        wanted = _whoosh_query(words, scored=scored)
        return self._read(lambda searcher: _matches(searcher, wanted, limit, scored))

    def ranked(self, words: QueryWords, *, scored: bool = True) -> tuple[Hashable, Sequence[int]]:
        """(state of the index, ids of ``match`` best first, of equal ones the newer first), kept while that state lasts.

        Raises SearchUnavailable.
        """
        return self._read(lambda searcher: self._ranked(searcher, words, scored))

    def _ranked(self, searcher: Searcher, words: QueryWords, scored: bool) -> tuple[Hashable, Sequence[int]]:
        state = (self._local.opened.version, searcher.reader().generation())
        key = (words.required, words.preferred, words.models, scored)
        ids = self._orders.get(state, key)
        if ids is None:
            wished = [self._marks(searcher, state, word) for word in words.preferred] if scored else []
            wished += [_model_marks(searcher, model) for model in words.models] if scored else []
            total = fitting([self._marks(searcher, state, word) for word in words.required], wished)
            ids = best_first(total) if scored else array("q", total)
            self._orders.put(state, key, ids)
        return state, ids

    def _marks(self, searcher: Searcher, state: Hashable, word: str) -> Marks:
        found = self._words.get(state, word)
        if found is None:
            self._words.put(state, word, found := _word_marks(searcher, word))
        return found

    def health(self) -> Health:
        """Whether the index can be read, looked at afresh and not through a searcher that is already open."""
        try:
            version = self._version()
            with self._open(version).reader() as reader:
                return Health(ok=True, documents=reader.doc_count(), version=version)
        except SearchUnavailable as trouble:
            return Health(ok=False, reason=str(trouble.values.get("reason", "")))
        except Exception as trouble:  # see _read(): what a broken file raises cannot be listed
            return Health(ok=False, reason=f"{type(trouble).__name__}: {trouble}")

    def listing_ids(self) -> set[int]:
        """Every listing in the index, for the check against the database. Raises SearchUnavailable."""
        return self._read(_all_ids)

    # -- writing ---------------------------------------------------------------------------------------------------------

    def index(self, batch: Iterable[Document]) -> int:
        """Add or replace listings; returns how many. Raises SearchUnavailable when there is no index yet or it is busy."""
        documents = list(batch)
        with self._lock("write.lock"):
            self._write(documents, [])
        return len(documents)

    def delete(self, listing_ids: Iterable[int]) -> None:
        """Take listings out. Ids that are not in the index are no error."""
        with self._lock("write.lock"):
            self._write([], list(listing_ids))

    def refresh(self, listing_ids: Sequence[int], read: Callable[[Sequence[int]], Iterable[Document]]) -> None:
        """Bring these listings to the state that `read` finds: the ones it returns are replaced, the others taken out.

        `read` runs while the write lock is held. So two jobs for one listing cannot pass each other with old text.
        """
        with self._lock("write.lock"):
            documents = list(read(listing_ids))
            found = {document.listing_id for document in documents}
            self._write(documents, [each for each in listing_ids if each not in found])

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Build a new version from all documents and put it in place in one step; returns how many documents it has.

        Reading and writing go on meanwhile; what is written during the rebuild is journalled and played into the new version.
        Raises SearchUnavailable when another rebuild is running.
        """
        self._make_folder()
        with self._lock("rebuild.lock", seconds=0):
            with self._lock("write.lock"):
                self._journal.write_bytes(b"")
            version = f"v-{int(time.time())}-{secrets.token_hex(4)}"
            try:
                count = self._build(version, documents)
                with self._lock("write.lock"):
                    self._replay(version)
                    before = self._version_or_none()
                    self._make_current(version)
                    self._journal.unlink(missing_ok=True)
            except BaseException:
                self._journal.unlink(missing_ok=True)
                shutil.rmtree(self.folder / version, ignore_errors=True)
                raise
            self._sweep({version, before})
        log.info("search_index_rebuilt", documents=count, version=version)
        return count

    # -- inside ----------------------------------------------------------------------------------------------------------

    @property
    def _journal(self) -> Path:
        return self.folder / "journal"

    def _read(self, look: Callable[[Searcher], T]) -> T:
        """Look with this thread's searcher; again when the files changed under it.

        A reader that was held up while two rebuilds finished finds its version gone: that is no fault of the index.
        """
        for attempt in range(1, READ_TRIES + 1):
            try:
                return look(self._searcher())
            except Exception as trouble:  # a broken or just replaced file shows as any error of Whoosh, struct, zlib or pickle
                self._forget()
                if attempt == READ_TRIES:
                    if isinstance(trouble, SearchUnavailable):
                        raise
                    raise SearchUnavailable(reason=f"{type(trouble).__name__}: {trouble}") from trouble
        raise AssertionError("unreachable")

    def _searcher(self) -> Searcher:
        """This thread's searcher in the newest state."""
        version = self._version()
        opened: _Open | None = getattr(self._local, "opened", None)
        if opened is not None and (opened.version != version or not opened.searcher.up_to_date()):
            # Opened anew: Searcher.refresh() keeps the reader of an unchanged segment, and with it listings deleted since.
            self._forget()
            opened = None
        if opened is None:
            opened = _Open(version, self._open(version).searcher())
            self._local.opened = opened
        return opened.searcher

    def _forget(self) -> None:
        opened: _Open | None = getattr(self._local, "opened", None)
        self._local.opened = None
        if opened is not None:
            opened.searcher.close()

    def _version(self) -> str:
        try:
            return (self.folder / "CURRENT").read_text(encoding="ascii").strip()
        except OSError as trouble:
            raise SearchUnavailable(reason="there is no index yet") from trouble

    def _version_or_none(self) -> str | None:
        try:
            return self._version()
        except SearchUnavailable:
            return None

    def _open(self, version: str) -> FileIndex:
        path = self.folder / version
        _refuse_foreign(self.folder)
        _refuse_foreign(path)
        try:
            return FileStorage(str(path)).open_index(schema=_schema())
        except Exception as trouble:  # see _read()
            raise SearchUnavailable(reason=f"{type(trouble).__name__}: {trouble}") from trouble

    def _write(self, documents: Sequence[Document], gone: Sequence[int]) -> None:
        if not documents and not gone:
            return
        index = self._open(self._version())
        for start in range(0, len(documents), BATCH):
            _commit(index, documents[start : start + BATCH], [])
        if gone:
            _commit(index, [], gone)
        if self._journal.exists():
            if self._is_rebuilding():
                self._append_journal(documents, gone)
            else:
                self._journal.unlink(missing_ok=True)  # its rebuild was killed

    def _build(self, version: str, documents: Iterable[Document]) -> int:
        path = self.folder / version
        path.mkdir(mode=0o700)
        index = FileStorage(str(path)).create_index(_schema())
        writer: SegmentWriter = index.writer(limitmb=64)
        count = 0
        try:
            for document in documents:
                writer.add_document(**_fields(document))
                count += 1
        except BaseException:
            writer.cancel()
            raise
        writer.commit()
        return count

    def _append_journal(self, documents: Sequence[Document], gone: Sequence[int]) -> None:
        with self._journal.open("a", encoding="utf-8") as journal:
            for document in documents:
                words = document.words
                line = {"id": document.listing_id, "strong": words.strong, "body": words.body, "model": words.model}
                journal.write(json.dumps(line) + "\n")
            for listing_id in gone:
                journal.write(json.dumps({"id": listing_id}) + "\n")

    def _replay(self, version: str) -> None:
        """The last line about a listing wins."""
        latest: dict[int, dict[str, Any]] = {}
        for line in self._journal.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            latest[entry["id"]] = entry
        documents = [
            Document(each["id"], DocumentWords(tuple(each["strong"]), tuple(each["body"]), each["model"]))
            for each in latest.values()
            if "model" in each
        ]
        gone = [each["id"] for each in latest.values() if "model" not in each]
        if latest:
            _commit(self._open(version), documents, gone)

    def _make_current(self, version: str) -> None:
        """Files of the version reach the disk before the name that makes them count."""
        for path in (*(self.folder / version).iterdir(), self.folder / version):
            _sync(path)
        draft = self.folder / f".CURRENT.{secrets.token_hex(4)}"
        draft.write_text(version + "\n", encoding="ascii")
        _sync(draft)
        draft.replace(self.folder / "CURRENT")
        _sync(self.folder)

    def _sweep(self, kept: set[str | None]) -> None:
        """Remove what killed rebuilds left and all versions but the newest and the one before, which a reader may just open."""
        for path in self.folder.glob("v-*"):
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.glob(".CURRENT.*"):
            path.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_foreign(self.folder)

    def _is_rebuilding(self) -> bool:
        try:
            with self._lock("rebuild.lock", seconds=0):
                return False
        except SearchUnavailable:
            return True

    @contextmanager
    def _lock(self, name: str, seconds: float | None = None) -> Iterator[None]:
        """Hold a lock file over processes and threads; freed by the system when its holder dies."""
        if not self.folder.is_dir():
            raise SearchUnavailable(reason="there is no index yet")
        until = time.monotonic() + (self.lock_seconds if seconds is None else seconds)
        with (self.folder / name).open("a") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as trouble:
                    if time.monotonic() >= until:
                        raise SearchUnavailable(reason=f"{name} is held by somebody else") from trouble
                    time.sleep(0.02)
            yield


def _schema() -> fields.Schema:
    """Nothing stored, no positions: only which listing has which word."""
    words = SpaceSeparatedTokenizer()
    return fields.Schema(
        lid=fields.NUMERIC(int, bits=64, unique=True, sortable=True),
        strong=fields.TEXT(analyzer=words, phrase=False),
        body=fields.TEXT(analyzer=words, phrase=False),
        model=fields.ID(),
    )


def _fields(document: Document) -> dict[str, Any]:
    words = document.words
    return {"lid": document.listing_id, "strong": " ".join(words.strong), "body": " ".join(words.body), "model": words.model}


def _matches(searcher: Searcher, wanted: query.Query, limit: int | None, scored: bool) -> list[tuple[int, float]]:
    if searcher.doc_count() == 0:
        return []
    ids = searcher.reader().column_reader("lid")
    if scored:
        return [(int(ids[number]), float(score)) for score, number in searcher.search(wanted, limit=limit).top_n]
    numbers = itertools.islice(searcher.docs_for_query(wanted), limit)
    return [(int(ids[number]), 0.0) for number in numbers]


def _word_marks(searcher: Searcher, word: str) -> Marks:
    """Whose text has the word, with the sum of its terms' scores."""
    total: dict[int, float] = {}
    for term in _terms(word):
        for each, score in _matches(searcher, term, None, True):
            total[each] = total.get(each, 0.0) + score
    return marks_of(total)


def _model_marks(searcher: Searcher, model: str) -> Marks:
    return marks_of({each: EXACT_MODEL_SCORE for each, _ in _matches(searcher, query.Term("model", model), None, False)})


def _all_ids(searcher: Searcher) -> set[int]:
    if searcher.doc_count() == 0:
        return set()
    ids = searcher.reader().column_reader("lid")
    return {int(ids[number]) for number in searcher.reader().all_doc_ids()}


def _whoosh_query(words: QueryWords, *, scored: bool) -> query.Query:
    """Built from terms only. User text never reaches Whoosh's query parser."""
    required = query.And([query.Or(_terms(word)) for word in words.required])
    if not scored:
        return required
    wishes: list[query.Query] = [query.Or(_terms(word)) for word in words.preferred]
    wishes.extend(query.ConstantScoreQuery(query.Term("model", model), score=EXACT_MODEL_SCORE) for model in words.models)
    return query.AndMaybe(required, query.Or(wishes)) if wishes else required


def _terms(word: str) -> list[query.Query]:
    return [query.Term("strong", word, boost=STRONG_BOOST), query.Term("body", word)]


def _commit(index: FileIndex, documents: Sequence[Document], gone: Sequence[int]) -> None:
    writer: SegmentWriter = index.writer()
    try:
        for listing_id in gone:
            writer.delete_by_term("lid", listing_id)
        for document in documents:
            writer.update_document(**_fields(document))
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


def _refuse_foreign(path: Path) -> None:
    """Index files are pickles and opening them runs what they say: only our own, written by nobody else."""
    try:
        status = path.stat()
    except OSError as trouble:
        raise SearchUnavailable(reason=f"{path.name} is not there") from trouble
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SearchUnavailable(reason=f"{path.name} belongs to or can be written by another user")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def from_settings(settings: Any) -> WhooshIndex:
    """The index of the running marketplace, in `index/` of its data directory."""
    return WhooshIndex(settings.folder("index"))
