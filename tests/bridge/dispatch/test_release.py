"""When letters may be looked for, and when a release has ended."""

from msgspec.structs import replace

from bridge.dispatch.letters import FoundLetters, Wanted
from tests.bridge.dispatch.appends import record
from tests.bridge.dispatch.assignments import GENERATIONS, LOG, assignment_work, logged, perform_all, published
from tests.bridge.dispatch.simulated_worker import SimulatedWorker

KEY = "abc123"
WANTED = Wanted(KEY, release=7, after=-1)


def test_letters_are_looked_for_once_those_of_this_assignment_are_committed() -> None:
    work = assignment_work(quarantined=frozenset({KEY}), log_partitions=1)
    work.receive([logged(0)])
    work.quarantine.begin_releases({KEY: 7, "not quarantined": 8})
    assert work.quarantine.advance_releases(now=0) == []
    transaction = work.next_transaction()
    assert transaction is not None
    assert work.quarantine.advance_releases(now=0) == []
    work.committed(transaction, now=0)
    assert work.quarantine.advance_releases(now=0) == [WANTED]


def test_newer_records_wait_for_the_letters_and_the_table_forgets_after_the_window() -> None:
    work, worker = (
        assignment_work(offset=2, quarantined=frozenset({KEY}), log_partitions=1),
        SimulatedWorker(GENERATIONS),
    )
    work.quarantine.begin_releases({KEY: 7})
    work.receive([logged(2)])
    work.quarantine.take_letters(
        WANTED, FoundLetters([replace(record(0), partition=LOG.number, release=7)], 0, complete=True)
    )
    perform_all(work, worker)
    assert work.quarantine.advance_releases(now=10) == []
    assert work.appends.releases.ended() == {}, "it is not committed"
    letter, receipt = published(work)
    assert (letter.topic, receipt.topic, receipt.value) == ("instant_message_out", "dead_letter", None)
    work.quarantine.advance_releases(now=10)
    assert work.appends.releases.ended() == {KEY: 7}
    perform_all(work, worker)
    [newer] = published(work)
    assert b'"conversationMsgSeq":1' in (newer.value or b"")

    assert work.appends.releases.forgettable(before=10) == {}, "nobody was told"
    work.appends.releases.known(KEY, 7)
    assert work.appends.releases.forgettable(before=9) == {}
    assert work.appends.releases.forgettable(before=10) == {KEY: 7}
    work.appends.releases.forget(KEY, 7)
    assert work.appends.releases.forgettable(before=10) == {}
